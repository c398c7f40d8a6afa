"""How it has been: throughput and trouble from the attempts, the queue from its samples.

The attempts are the history of the work, so only the queue needs sampling; all of it outlives
Redis. What ended a while ago is added up by the minute already, see `store.past_work`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Text,
    cast,
    delete,
    func,
    insert,
    select,
    type_coerce,
)

from store.states import ChunkKind, Outcome
from store.tables import attempt, chunk
from store.tables_watch import past_work, queue_sample

KEPT = timedelta(days=15)
# Attempts that the sums of `store.past_work` do not hold yet.
UNCOUNTED: ColumnElement[bool] = attempt.c.counted.is_(None)


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
    def longest_wait(self) -> float | None:
        """Seconds; nothing waited where the sample says so, None where there is no sample."""
        return 0.0 if self.waiting == 0 else self.oldest_seconds

    @property
    def bytes_per_second(self) -> float:
        """Average over the part that has passed."""
        return self.bytes / max(self.seconds, 1.0)

    @property
    def messages_per_second(self) -> float:
        """Average over the part that has passed."""
        return self.messages / max(self.seconds, 1.0)


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
    oldest = now - KEPT
    connection.execute(delete(queue_sample).where(queue_sample.c.at < oldest))
    forgotten = past_work.c.minute < int(oldest.timestamp()) // 60
    connection.execute(delete(past_work).where(forgotten))


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumers:
    """How many could take work when that was last known."""

    at: datetime
    number: int


def last_consumers(connection: Connection) -> Consumers | None:
    """The newest sample for which Redis could be asked, or None."""
    row = connection.execute(
        select(queue_sample.c.at, queue_sample.c.consumers)
        .where(queue_sample.c.consumers.is_not(None))
        .order_by(queue_sample.c.at.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Consumers(at=row.at, number=row.consumers)


def history(
    connection: Connection, *, until: datetime, step: timedelta, buckets: int
) -> tuple[Bucket, ...]:
    """The last `buckets` stretches of length `step` before `until`, oldest first; the last is open
    unless it ends just then.

    `step` is whole minutes. An attempt counts where it was last seen: attempts last seconds.
    """
    width = int(step.total_seconds())
    last = ceil(until.timestamp() / width) - 1
    first = last - buckets + 1
    since = datetime.fromtimestamp(first * width, UTC)
    done = _attempts_by_bucket(connection, since=since, until=until, width=width)
    queue = _samples_by_bucket(connection, since=since, until=until, width=width)
    return tuple(
        _bucket(number, width=width, until=until, done=done.get(number), queue=queue.get(number))
        for number in range(first, last + 1)
    )


def _minute(connection: Connection, moment: ColumnElement[datetime]) -> ColumnElement[Any]:
    """The minute of a time, as the database tells it most cheaply; `_bucket_of` reads it."""
    if connection.dialect.name == "sqlite":
        return func.substr(type_coerce(moment, Text), 1, 16)
    return cast(func.floor(func.extract("epoch", moment) / 60), Integer)


def minute_since_1970(minute: str | int) -> int:
    """A minute as a database tells it cheaply, as a number."""
    if isinstance(minute, int):
        return minute
    return int(datetime.fromisoformat(minute).replace(tzinfo=UTC).timestamp()) // 60


def _bucket_of(minute: str | int, *, width: int) -> int:
    return minute_since_1970(minute) * 60 // width


def _attempts_by_bucket(
    connection: Connection, *, since: datetime, until: datetime, width: int
) -> dict[int, tuple[int, int, int, int]]:
    sums: dict[int, tuple[int, int, int, int]] = {}
    first, last = (int(at.timestamp()) // 60 for at in (since, until))
    minutes = select(past_work).where(past_work.c.minute.between(first, last))
    counted, before = connection.execute(minutes).all(), attempt.c.seen_at <= until
    for row in [*attempts_by_minute(connection, before, since=since), *counted]:
        number = _bucket_of(row.minute, width=width)
        size, messages, failed, lost = sums.get(number, (0, 0, 0, 0))
        sums[number] = (
            size + int(row.bytes or 0),
            messages + int(row.messages or 0),
            failed + row.failed,
            lost + row.lost,
        )
    return sums


def attempts_by_minute(
    connection: Connection, which: ColumnElement[bool], *, since: datetime
) -> Sequence[Row[Any]]:
    """(minute, bytes, messages, failed, lost) of some attempts that are not counted, in order.

    For the minute see `minute_since_1970`.
    """
    minute = _minute(connection, attempt.c.seen_at).label("minute")
    parsing = chunk.c.kind == ChunkKind.PARSE
    return connection.execute(
        select(
            minute,
            func.sum(attempt.c.bytes).filter(parsing).label("bytes"),
            func.sum(attempt.c.messages).filter(parsing).label("messages"),
            func.count().filter(attempt.c.outcome == Outcome.FAILED).label("failed"),
            func.count().filter(attempt.c.outcome == Outcome.LOST).label("lost"),
        )
        .join(chunk, chunk.c.id == attempt.c.chunk_id)
        .where(attempt.c.seen_at >= since, UNCOUNTED, which)
        .group_by(minute)
        .order_by(minute)
    ).all()


def _samples_by_bucket(
    connection: Connection, *, since: datetime, until: datetime, width: int
) -> dict[int, tuple[int, float | None]]:
    minute = _minute(connection, queue_sample.c.at).label("minute")
    rows = connection.execute(
        select(
            minute,
            func.max(queue_sample.c.waiting).label("waiting"),
            func.max(queue_sample.c.oldest_seconds).label("oldest"),
        )
        .where(queue_sample.c.at >= since, queue_sample.c.at <= until)
        .group_by(minute)
    )
    most: dict[int, tuple[int, float | None]] = {}
    for row in rows:
        number = _bucket_of(row.minute, width=width)
        waiting, oldest = most.get(number, (0, None))
        ages = [age for age in (oldest, row.oldest) if age is not None]
        most[number] = (max(waiting, row.waiting), max(ages, default=None))
    return most


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
