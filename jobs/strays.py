"""The console's side of `jobs.astray`: which workers left a note that they went astray.

Pure reads, apart from `jobs.health` because they are no sign of life, and seldom there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from redis.exceptions import RedisError

from jobs.astray import KEY_PREFIX, Astray
from jobs.health import Health, WorkerHealth, look
from jobs.link import QueueLink
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
        notes = link.redis.mget([f"{KEY_PREFIX}{name}" for name in names])
    except RedisError:
        return ()
    found = zip(names, map(_word, notes), strict=True)
    return tuple(AstrayWorker(name=name, how=how) for name, how in found if how is not None)


def _word(note: bytes | str | None) -> Astray | None:
    text = note.decode("utf-8", "replace") if isinstance(note, bytes) else note
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
    lost = sum(one.name in how and one.state.takes_work for one in health.workers)
    queue, consumers = health.queue, health.queue.consumers
    if consumers:
        queue = replace(queue, consumers=max(consumers - lost, 0))
    in_order = tuple(sorted(workers, key=lambda worker: worker.place))
    return replace(health, queue=queue, workers=in_order), astray


def _as_astray(worker: WorkerHealth, how: Astray | None) -> WorkerHealth:
    """What holds a chunk of ours has found its way; what is late or ends is told so first."""
    if how is None or worker.current is not None or not worker.state.takes_work:
        return worker
    return replace(worker, state=WorkerState.ASTRAY, astray=how.value, answers_bell=False)
