"""How it has been: throughput and trouble from the attempts, the queue from its samples.

The attempts table is the history of the work already, so only the queue needs sampling; all of
it outlives Redis.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Integer, cast, delete, func, insert, select

from store.states import ChunkKind, Outcome
from store.tables import attempt, audit, chunk
from store.tables_watch import queue_sample

SAMPLES_KEPT = timedelta(days=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What happened in one stretch of time. `is_open`: it has not ended yet.

    `waiting` and `oldest_seconds` are the highest samples, None when there is no sample.
    """

    at: datetime
    seconds: float  # of it that have passed
    is_open: bool
    bytes: int
    messages: int
    failed: int  # attempts that raised
    lost: int  # attempts that died or fell silent
    waiting: int | None
    oldest_seconds: float | None

    @property
    def bytes_per_second(self) -> float:
        """Average over the part that has passed."""
        return self.bytes / max(self.seconds, 1.0)

    @property
    def messages_per_second(self) -> float:
        """Average over the part that has passed."""
        return self.messages / max(self.seconds, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something people did that explains a bend in a line."""

    at: datetime
    action: str
    subject: str
    actor: str


def add_sample(
    connection: Connection,
    *,
    now: datetime,
    waiting: int,
    running: int,
    oldest_seconds: float | None,
    consumers: int | None,
) -> None:
    """Write down how the queue looks, and forget samples that nobody can ask for any more."""
    connection.execute(
        insert(queue_sample).values(
            at=now,
            waiting=waiting,
            running=running,
            oldest_seconds=oldest_seconds,
            consumers=consumers,
        )
    )
    connection.execute(delete(queue_sample).where(queue_sample.c.at < now - SAMPLES_KEPT))


def history(
    connection: Connection, *, until: datetime, step: timedelta, buckets: int
) -> tuple[Bucket, ...]:
    """The last `buckets` stretches of length `step`, oldest first; the last is still open.

    An attempt counts where it was last seen. Attempts last seconds, so that is close enough.
    """
    width = int(step.total_seconds())
    last = int(until.timestamp()) // width
    first = last - buckets + 1
    since = datetime.fromtimestamp(first * width, UTC)
    done = _attempts_by_bucket(connection, since=since, width=width)
    queue = _samples_by_bucket(connection, since=since, width=width)
    return tuple(
        _bucket(number, width=width, until=until, done=done.get(number), queue=queue.get(number))
        for number in range(first, last + 1)
    )


def _number(
    connection: Connection, moment: ColumnElement[datetime], width: int
) -> ColumnElement[int]:
    if connection.dialect.name == "sqlite":
        return cast(func.strftime("%s", moment), Integer) // width
    return cast(func.floor(func.extract("epoch", moment) / width), Integer)


def _attempts_by_bucket(
    connection: Connection, *, since: datetime, width: int
) -> dict[int, tuple[int, int, int, int]]:
    number = _number(connection, attempt.c.seen_at, width).label("number")
    parsing = chunk.c.kind == ChunkKind.PARSE
    rows = connection.execute(
        select(
            number,
            func.sum(attempt.c.bytes).filter(parsing).label("bytes"),
            func.sum(attempt.c.messages).filter(parsing).label("messages"),
            func.count().filter(attempt.c.outcome == Outcome.FAILED).label("failed"),
            func.count().filter(attempt.c.outcome == Outcome.LOST).label("lost"),
        )
        .join(chunk, chunk.c.id == attempt.c.chunk_id)
        .where(attempt.c.seen_at >= since)
        .group_by(number)
    )
    return {
        int(row.number): (int(row.bytes or 0), int(row.messages or 0), row.failed, row.lost)
        for row in rows
    }


def _samples_by_bucket(
    connection: Connection, *, since: datetime, width: int
) -> dict[int, tuple[int, float | None]]:
    number = _number(connection, queue_sample.c.at, width).label("number")
    rows = connection.execute(
        select(
            number,
            func.max(queue_sample.c.waiting).label("waiting"),
            func.max(queue_sample.c.oldest_seconds).label("oldest"),
        )
        .where(queue_sample.c.at >= since)
        .group_by(number)
    )
    return {int(row.number): (row.waiting, row.oldest) for row in rows}


def _bucket(
    number: int,
    *,
    width: int,
    until: datetime,
    done: tuple[int, int, int, int] | None,
    queue: tuple[int, float | None] | None,
) -> Bucket:
    at = datetime.fromtimestamp(number * width, UTC)
    passed = min((until - at).total_seconds(), float(width))
    size, messages, failed, lost = done or (0, 0, 0, 0)
    return Bucket(
        at=at,
        seconds=passed,
        is_open=passed < width,
        bytes=size,
        messages=messages,
        failed=failed,
        lost=lost,
        waiting=queue[0] if queue else None,
        oldest_seconds=queue[1] if queue else None,
    )


def marks(connection: Connection, *, since: datetime, limit: int = 50) -> list[Mark]:
    """What people did to jobs since then, and when the console started; oldest first."""
    shown = ("job.retry", "job.cancel", "job.pause", "failures.retry_all", "console.start")
    rows = connection.execute(
        select(audit)
        .where(audit.c.at >= since, audit.c.action.in_(shown))
        .order_by(audit.c.id.desc())
        .limit(limit)
    ).all()
    return [
        Mark(at=row.at, action=row.action, subject=row.subject, actor=row.actor)
        for row in reversed(rows)
    ]
