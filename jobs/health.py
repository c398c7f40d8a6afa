"""Workers and queue as they are: from the database, and from Redis where there is one.

Pure reads. RQ's own accessors are not used, because they clean registries up as they look.
Liveness is the subscription every living RQ worker holds; it survives a flush of Redis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from redis import Redis
from redis.exceptions import RedisError

from jobs.bell import QUEUE_NAME
from jobs.link import LinkState, QueueLink
from jobs.local import LOCK as LOCAL_LOCK
from store.chunks import AttemptView, Backlog, backlog, running_attempts
from store.clock import now_of, utc_now
from store.config import Config
from store.database import Database
from store.locks import holder
from store.states import EngineName

CHANNEL_PREFIX = "rq:pubsub:"
WORKER_KEY_PREFIX = "rq:worker:"
WORKERS_KEY = "rq:workers"
# An entry whose worker is not subscribed counts as dead for this long, then as a leftover.
GHOST_AFTER = timedelta(minutes=2)


class WorkerState(StrEnum):
    """What a worker is doing, or what became of it."""

    IDLE = "idle"
    BUSY = "busy"
    DRAINING = "draining"
    LATE = "late"  # busy, but its attempt has missed a beat
    UNREGISTERED = "unregistered"  # alive, but Redis has forgotten it
    PRESUMED_DEAD = "presumed dead"
    ORPHANED_HORSE = "orphaned horse"  # its attempt still beats, its worker is gone
    GHOST_ENTRY = "ghost entry"  # nothing but an old record


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerHealth:
    """One worker, its state, and the evidence for it. Sizes in bytes, times in UTC."""

    name: str
    engine: EngineName
    state: WorkerState
    host: str | None
    pid: int | None
    version: str | None  # of RQ, or of this program for local children
    subscribed: bool | None  # None where that is not how it is told
    registered: bool | None
    queues: tuple[str, ...]
    started_at: datetime | None
    beat_at: datetime | None  # RQ's own heartbeat
    done: int | None
    failed: int | None
    working_seconds: float | None
    current: AttemptView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueHealth:
    """What waits and who could take it. `hanging` counts the bells in Redis, None if unknown."""

    engine: EngineName
    link: LinkState | None
    backlog: Backlog
    hanging: int | None
    consumers: int

    @property
    def is_stuck(self) -> bool:
        """Work waits and nobody is there to take it."""
        return self.backlog.waiting > 0 and self.consumers == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Everything about workers and queue at one moment."""

    at: datetime
    queue: QueueHealth
    workers: tuple[WorkerHealth, ...]


def look(database: Database, *, config: Config, link: QueueLink | None, now: datetime) -> Health:
    """Look at workers and queue. Takes at most about a second when Redis is away."""
    with database.read() as connection:
        # Beats are dated by the database's clock, which may differ from this machine's.
        now += now_of(connection) - utc_now()
        waiting = backlog(connection)
        running = running_attempts(connection)
        local = holder(connection, LOCAL_LOCK, now=now)
    late_after = timedelta(seconds=config.beat_seconds * 2)
    workers = [_local_child(one, now=now, late_after=late_after) for one in _local(running)]
    hanging: int | None = None
    state = link.state() if link is not None else None
    if link is not None and state is not None and state.reachable:
        found, hanging = _redis_side(link.redis, running, now=now, late_after=late_after)
        workers += found
    consumers = sum(
        worker.engine is EngineName.RQ
        and worker.state not in (WorkerState.PRESUMED_DEAD, WorkerState.GHOST_ENTRY)
        for worker in workers
    )
    # The local thread and its children are one taker of work, whichever of them shows.
    here = local is not None or any(one.engine is EngineName.LOCAL for one in workers)
    queue = QueueHealth(
        engine=EngineName.RQ if link is not None else EngineName.LOCAL,
        link=state,
        backlog=waiting,
        hanging=hanging,
        consumers=consumers + here,
    )
    return Health(
        at=now, queue=queue, workers=tuple(sorted(workers, key=lambda worker: worker.name))
    )


def _local(running: list[AttemptView]) -> list[AttemptView]:
    return [one for one in running if one.engine is EngineName.LOCAL]


def _local_child(attempt: AttemptView, *, now: datetime, late_after: timedelta) -> WorkerHealth:
    late = now - attempt.seen_at > late_after
    return WorkerHealth(
        name=attempt.worker,
        engine=EngineName.LOCAL,
        state=WorkerState.LATE if late else WorkerState.BUSY,
        host=attempt.host,
        pid=attempt.pid,
        version=attempt.version,
        subscribed=None,
        registered=None,
        queues=(),
        started_at=attempt.started_at,
        beat_at=attempt.seen_at,
        done=None,
        failed=None,
        working_seconds=None,
        current=attempt,
    )


def _redis_side(
    redis: Redis, running: list[AttemptView], *, now: datetime, late_after: timedelta
) -> tuple[list[WorkerHealth], int | None]:
    try:
        subscribed = {
            _text(name).removeprefix(CHANNEL_PREFIX)
            for name in redis.pubsub_channels(f"{CHANNEL_PREFIX}*")
        }
        registered = {
            _text(key).removeprefix(WORKER_KEY_PREFIX) for key in redis.smembers(WORKERS_KEY)
        }
        attempts = {one.worker: one for one in running if one.engine is EngineName.RQ}
        names = sorted(subscribed | registered | set(attempts))
        records = _records(redis, names)
        hanging = int(redis.llen(f"rq:queue:{QUEUE_NAME}"))
    except RedisError:
        return [], None
    return [
        _rq_worker(
            name,
            records[name],
            alive=name in subscribed,
            attempt=attempts.get(name),
            now=now,
            late_after=late_after,
        )
        for name in names
    ], hanging


def _records(redis: Redis, names: list[str]) -> dict[str, dict[str, str]]:
    pipeline = redis.pipeline(transaction=False)
    for name in names:
        pipeline.hgetall(f"{WORKER_KEY_PREFIX}{name}")
    answers = pipeline.execute()
    return {
        name: {_text(key): _text(value) for key, value in answer.items()}
        for name, answer in zip(names, answers, strict=True)
    }


def _rq_worker(
    name: str,
    record: Mapping[str, str],
    *,
    alive: bool,
    attempt: AttemptView | None,
    now: datetime,
    late_after: timedelta,
) -> WorkerHealth:
    beat_at = _moment(record.get("last_heartbeat"))
    return WorkerHealth(
        name=name,
        engine=EngineName.RQ,
        state=_state(
            record, alive=alive, attempt=attempt, beat_at=beat_at, now=now, late_after=late_after
        ),
        host=record.get("hostname") or (attempt.host if attempt else None),
        pid=_whole(record.get("pid")),
        version=record.get("version") or None,
        subscribed=alive,
        registered=bool(record),
        queues=tuple(filter(None, record.get("queues", "").split(","))),
        started_at=_moment(record.get("birth")),
        beat_at=beat_at,
        done=_whole(record.get("successful_job_count")),
        failed=_whole(record.get("failed_job_count")),
        working_seconds=_number(record.get("total_working_time")),
        current=attempt,
    )


def _state(
    record: Mapping[str, str],
    *,
    alive: bool,
    attempt: AttemptView | None,
    beat_at: datetime | None,
    now: datetime,
    late_after: timedelta,
) -> WorkerState:
    beats = attempt is not None and now - attempt.seen_at <= late_after
    if not alive:
        if beats:
            return WorkerState.ORPHANED_HORSE
        old = beat_at is None or now - beat_at > GHOST_AFTER
        return WorkerState.GHOST_ENTRY if old and attempt is None else WorkerState.PRESUMED_DEAD
    if attempt is not None:
        return WorkerState.BUSY if beats else WorkerState.LATE
    if not record:
        return WorkerState.UNREGISTERED
    if record.get("shutdown_requested_date"):
        return WorkerState.DRAINING
    return WorkerState.BUSY if record.get("state") == "busy" else WorkerState.IDLE


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
