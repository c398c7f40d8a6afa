"""The console's side of `jobs.astray`: which workers left a note that they went astray.

Pure reads, apart from `jobs.health` because they are no sign of life, and seldom there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from redis import Redis
from redis.exceptions import RedisError

from jobs.astray import KEY_PREFIX, Astray
from jobs.health import look
from jobs.health_view import Health, WorkerHealth
from jobs.link import QueueLink
from jobs.record import moment_of, word_of
from jobs.sightings import WORKER_KEY_PREFIX
from jobs.standing import WorkerState
from store.config import Config
from store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class AstrayWorker:
    """A worker that takes bells and finds nothing behind them."""

    name: str
    how: Astray


def find_astray(link: QueueLink | None, health: Health) -> tuple[AstrayWorker, ...]:
    """Which of the living workers left a note. A pure read; none while Redis is away."""
    names = [worker.name for worker in health.workers if worker.subscribed]
    if link is None or not names or not link.state().reachable:
        return ()
    try:
        kept = link.redis.mget([f"{KEY_PREFIX}{name}" for name in names])
        notes = {name: word_of(note) for name, note in zip(names, kept, strict=True) if note}
        births = _births(link.redis, notes)
    except RedisError:
        return ()
    found = {name: _how(note, born_at=births[name]) for name, note in notes.items()}
    return tuple(AstrayWorker(name=name, how=how) for name, how in found.items() if how)


def _births(redis: Redis, names: Iterable[str]) -> dict[str, datetime | None]:
    """Since when workers are there, as far as RQ's records tell. Raises RedisError."""
    wanted = list(names)
    pipeline = redis.pipeline(transaction=False)
    for name in wanted:
        pipeline.hget(WORKER_KEY_PREFIX + name, "birth")
    found = zip(wanted, pipeline.execute(), strict=True) if wanted else ()
    return {name: moment_of(word_of(birth) if birth else None) for name, birth in found}


def _how(note: str, *, born_at: datetime | None) -> Astray | None:
    """What a note says; None when it is of an earlier worker of the same name."""
    text, _, noted = note.partition(" ")
    noted_at = moment_of(noted)
    if born_at is not None and noted_at is not None and noted_at < born_at:
        return None
    return next((word for word in Astray if word.value == text), None)


def look_with_strays(
    database: Database, *, config: Config, link: QueueLink | None, now: datetime
) -> tuple[Health, tuple[AstrayWorker, ...]]:
    """`jobs.health.look`, where those that went astray stand so and count as no takers of work."""
    health = look(database, config=config, link=link, now=now)
    astray = find_astray(link, health)
    if not astray:
        return health, astray
    how = {one.name: one.how for one in astray}
    workers = [_as_astray(one, how.get(one.name)) for one in health.workers]
    lost = sum(worker.state is WorkerState.ASTRAY for worker in workers)
    queue, consumers = health.queue, health.queue.consumers
    if consumers:
        left, free = max(consumers - lost, 0), max((queue.seem_free or 0) - lost, 0)
        since = queue.unmoved_since if left else None
        queue = replace(queue, consumers=left, seem_free=free, unmoved_since=since)
    in_order = tuple(sorted(workers, key=lambda worker: worker.place))
    return replace(health, queue=queue, workers=in_order), astray


def _as_astray(worker: WorkerHealth, how: Astray | None) -> WorkerHealth:
    """What holds a chunk of ours has found its way; what is late or ends is told so first."""
    if how is None or worker.current is not None or not worker.state.takes_work:
        return worker
    return replace(worker, state=WorkerState.ASTRAY, astray=how.value, answers_bell=False)
