"""Workers that took a bell and claim nothing, though work is due.

Their work-horse hangs before its first chunk or between two, where no attempt tells of it, while
the worker above it beats on and looks well. Pure reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from redis import Redis
from redis.exceptions import RedisError

from jobs.record import number_of, word_of
from jobs.sightings import WORKER_KEY_PREFIX, Sighting
from jobs.worker_kinds import WorkerKind, kind_of
from store.database import Database
from store.tallies import last_heard_of

# A bell is answered within moments: by a claim, or by its end when there is nothing to claim.
STALLED_AFTER = timedelta(seconds=45)
# A busy worker beats so often: RQ's own, unless its record tells otherwise, and ours oftener.
BEATS_APART = timedelta(seconds=30)
# Beats come this much late, and times that should be the same are this much apart.
PATIENCE = timedelta(seconds=5)
_OURS = "chunk-"  # RQ jobs of others may hang in the same queue, and take as long as they like


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """About when a worker took its bell, and when a chunk claimed after that was last heard of.

    `heard_at` is None when it claimed none at all. As nobody knows exactly when it took the bell,
    it may be a little earlier than `took_at`.
    """

    took_at: datetime
    heard_at: datetime | None

    @property
    def since(self) -> datetime:
        """Since when it has claimed nothing."""
        return self.heard_at or self.took_at


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taking:
    """When a bell was taken, by our clock: most likely, and at the earliest."""

    at: datetime
    earliest: datetime


def find_stalls(
    database: Database, redis: Redis, workers: Iterable[Sighting], *, now: datetime
) -> dict[str, Stall]:
    """Which of these workers hang, of those that are busy and hold no chunk; none without Redis.

    Only meaningful while work is due. Two round trips to Redis, however many they are.
    """
    try:
        taken = _bells_taken(redis, list(workers), now=now)
    except RedisError:
        return {}
    old = {name: one for name, one in taken.items() if now - one.at > STALLED_AFTER}
    if not old:
        return {}
    with database.read() as connection:
        since = min(one.earliest for one in old.values())
        heard = last_heard_of(connection, old, since=since)
    stalls = {name: _stall(one, heard_at=heard.get(name)) for name, one in old.items()}
    return {name: one for name, one in stalls.items() if now - one.since > STALLED_AFTER}


def _stall(taking: _Taking, *, heard_at: datetime | None) -> Stall:
    is_of_this_bell = heard_at is not None and heard_at > taking.earliest
    return Stall(took_at=taking.at, heard_at=heard_at if is_of_this_bell else None)


def _bells_taken(redis: Redis, workers: list[Sighting], *, now: datetime) -> dict[str, _Taking]:
    """When each took the bell it is on, by our clock. Raises RedisError.

    RQ's worker notes an execution before it forks the horse, and keeps it while that lives.
    """
    pipeline = redis.pipeline(transaction=False)
    for worker in workers:
        pipeline.smembers(f"{WORKER_KEY_PREFIX}{worker.name}:executions")
    found = zip(workers, pipeline.execute(), strict=True)
    executions = [
        (worker, key)
        for worker, keys in found
        for key in map(word_of, keys)
        if key.startswith(_OURS)
    ]
    for _, key in executions:
        pipeline.hmget(f"rq:execution:{key}", "created_at", "last_heartbeat")
    taken: dict[str, _Taking] = {}
    for (worker, _), values in zip(executions, pipeline.execute(), strict=True):
        begun, beaten = map(_moment, values)
        if begun is not None:
            one = _by_our_clock(begun, beaten, apart=_beats_apart(worker, now=now), now=now)
            before = taken.get(worker.name)
            if before is None or one.at > before.at:
                taken[worker.name] = one
    return taken


def _moment(value: bytes | str | None) -> datetime | None:
    seconds = number_of(word_of(value)) if value is not None else None
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=UTC)


def _beats_apart(worker: Sighting, *, now: datetime) -> timedelta:
    """How often it beats at least. Ours cannot be told to beat seldom, a plain one can.

    Its record tells, as far as its clock is right: one that is late looks as if it beat seldom.
    """
    if kind_of(worker.name, worker.record) is WorkerKind.OURS:
        return BEATS_APART
    return max(timedelta(seconds=worker.beat_seconds(now=now) or 0), BEATS_APART)


def _by_our_clock(
    begun: datetime, beaten: datetime | None, *, apart: timedelta, now: datetime
) -> _Taking:
    """When a bell was taken, whatever the worker's clock says.

    By that clock alone it worked until its last beat, which cannot be much longer ago than beats
    are `apart`; nor are they farther apart than it worked when it had beaten on this bell.
    """
    if beaten is None:
        return _Taking(at=begun, earliest=begun - PATIENCE)
    worked = beaten - begun
    if worked > PATIENCE:
        apart = min(apart, max(worked, BEATS_APART))
    latest = now - worked
    at = min(max(begun, latest - apart), latest)
    return _Taking(at=at, earliest=latest - apart - PATIENCE)
