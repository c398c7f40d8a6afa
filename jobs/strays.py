"""The console's side of `jobs.astray`: which workers left a note that they went astray.

Pure reads, apart from `jobs.health` because they are no sign of life, and seldom there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from redis.exceptions import RedisError

from jobs.astray import KEY_PREFIX, Astray
from jobs.health import Health, look
from jobs.link import QueueLink
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
    """`jobs.health.look`, where those that went astray count as no takers of work."""
    health = look(database, config=config, link=link, now=now)
    astray = find_astray(link, health)
    if not astray or not health.queue.consumers:
        return health, astray
    takers = max(health.queue.consumers - len(astray), 0)
    return replace(health, queue=replace(health.queue, consumers=takers)), astray
