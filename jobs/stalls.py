"""Workers that took a bell and claim nothing, though work is due.

Their work-horse hangs before its first chunk or between two, where no attempt tells of it, while
the worker above it beats on and looks well. Pure reads.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from redis import Redis
from redis.exceptions import RedisError

from jobs.record import number_of, word_of
from jobs.sightings import WORKER_KEY_PREFIX
from store.database import Database
from store.tallies import last_heard_of

# A bell is answered within moments: by a claim, or by its end when there is nothing to claim.
STALLED_AFTER = timedelta(seconds=45)
# A busy worker beats so often at least: RQ's own, unless it was told otherwise, and ours oftener.
BEATS_APART = timedelta(seconds=30)
_OURS = "chunk-"  # RQ jobs of others may hang in the same queue, and take as long as they like


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """About when a worker took its bell, and when a chunk claimed after that was last heard of.

    `heard_at` is None when it claimed none at all.
    """

    took_at: datetime
    heard_at: datetime | None

    @property
    def since(self) -> datetime:
        """Since when it has claimed nothing."""
        return self.heard_at or self.took_at


def find_stalls(
    database: Database, redis: Redis, workers: Collection[str], *, now: datetime
) -> dict[str, Stall]:
    """Which of these workers hang, of those that are busy and hold no chunk; none without Redis.

    Only meaningful while work is due. Two round trips to Redis, however many they are.
    """
    try:
        taken = _bells_taken(redis, workers, now=now)
    except RedisError:
        return {}
    old = {name: at for name, at in taken.items() if now - at > STALLED_AFTER}
    if not old:
        return {}
    with database.read() as connection:
        heard = last_heard_of(connection, old, since=min(old.values()))
    stalls = {name: _stall(took_at=at, heard_at=heard.get(name)) for name, at in old.items()}
    return {name: one for name, one in stalls.items() if now - one.since > STALLED_AFTER}


def _stall(*, took_at: datetime, heard_at: datetime | None) -> Stall:
    is_of_this_bell = heard_at is not None and heard_at > took_at
    return Stall(took_at=took_at, heard_at=heard_at if is_of_this_bell else None)


def _bells_taken(redis: Redis, workers: Collection[str], *, now: datetime) -> dict[str, datetime]:
    """When each took the bell it is on, by our clock. Raises RedisError.

    RQ's worker notes an execution before it forks the horse, and keeps it while that lives.
    """
    pipeline = redis.pipeline(transaction=False)
    for worker in workers:
        pipeline.smembers(f"{WORKER_KEY_PREFIX}{worker}:executions")
    found = zip(workers, pipeline.execute(), strict=True)
    executions = [
        (worker, key)
        for worker, keys in found
        for key in map(word_of, keys)
        if key.startswith(_OURS)
    ]
    for _, key in executions:
        pipeline.hmget(f"rq:execution:{key}", "created_at", "last_heartbeat")
    taken: dict[str, datetime] = {}
    for (worker, _), values in zip(executions, pipeline.execute(), strict=True):
        begun, beaten = map(_moment, values)
        if begun is not None:
            at = _by_our_clock(begun, beaten, now=now)
            taken[worker] = max(taken.get(worker, at), at)
    return taken


def _moment(value: bytes | str | None) -> datetime | None:
    seconds = number_of(word_of(value)) if value is not None else None
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=UTC)


def _by_our_clock(begun: datetime, beaten: datetime | None, *, now: datetime) -> datetime:
    """When a bell was taken, whatever the worker's clock says.

    By that clock alone it worked until its last beat, which cannot be much longer ago.
    """
    if beaten is None:
        return begun
    latest = now - (beaten - begun)
    return min(max(begun, latest - BEATS_APART), latest)
