"""Write down every so often how the queue looks, for the charts."""

from __future__ import annotations

from jobs.health import look
from jobs.link import QueueLink
from jobs.workshop import Workshop
from store.clock import utc_now
from store.failures import forget_counts
from store.history import add_sample

SAMPLE_SECONDS = 15.0


def take_sample(workshop: Workshop, link: QueueLink | None) -> None:
    """Look at the queue once and write it down."""
    now = utc_now()
    health = look(workshop.database, config=workshop.config, link=link, now=now)
    waiting = health.queue.backlog
    oldest = waiting.oldest_since
    with workshop.database.write() as connection:
        add_sample(
            connection,
            now=now,
            waiting=waiting.waiting,
            running=waiting.running,
            oldest_seconds=None if oldest is None else max((now - oldest).total_seconds(), 0.0),
            consumers=health.queue.consumers,
        )
        forget_counts(connection, now=now)
