"""How often causes made chunks fail, over time: for bars, and for the last hour, day and week.

What was retried since counts as well: this is history, not what is wrong now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Integer, func, literal_column, select

from store.failures import MINUTE, minute_of
from store.tables_watch import cause_minute

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recently:
    """How many chunks failed in the last hour, day and week."""

    hour: int = 0
    day: int = 0
    week: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """How many chunks failed in one stretch of time; `is_open` when it has not ended yet."""

    at: datetime
    failed: int
    is_open: bool


def recently(connection: Connection, keys: Sequence[str], *, now: datetime) -> dict[str, Recently]:
    """For each cause that failed a chunk within the week."""
    minute, number = cause_minute.c.minute, cause_minute.c.number
    rows = connection.execute(
        select(
            cause_minute.c.cause,
            func.sum(number).filter(minute > minute_of(now - HOUR)).label("hour"),
            func.sum(number).filter(minute > minute_of(now - DAY)).label("day"),
            func.sum(number).label("week"),
        )
        .where(cause_minute.c.cause.in_(keys), minute > minute_of(now - WEEK))
        .group_by(cause_minute.c.cause)
    )
    return {
        row.cause: Recently(hour=int(row.hour or 0), day=int(row.day or 0), week=int(row.week))
        for row in rows
    }


def over_time(
    connection: Connection, keys: Sequence[str], *, until: datetime, step: timedelta, stretches: int
) -> dict[str, tuple[Stretch, ...]]:
    """The last `stretches` stretches of length `step` (whole minutes) of each cause."""
    width = int(step.total_seconds()) // MINUTE
    last = minute_of(until) // width
    first = last - stretches + 1
    # Spelled out, as Postgres does not take two parameters for the same expression.
    stretch = cause_minute.c.minute // literal_column(str(width), Integer)
    rows = connection.execute(
        select(cause_minute.c.cause, stretch.label("stretch"), func.sum(cause_minute.c.number))
        .where(cause_minute.c.cause.in_(keys), cause_minute.c.minute >= first * width)
        .group_by(cause_minute.c.cause, stretch)
    )
    counts = {(key, int(number)): int(failed) for key, number, failed in rows}
    return {
        key: tuple(
            Stretch(
                at=datetime.fromtimestamp(number * width * MINUTE, UTC),
                failed=counts.get((key, number), 0),
                is_open=number == last,
            )
            for number in range(first, last + 1)
        )
        for key in keys
    }
