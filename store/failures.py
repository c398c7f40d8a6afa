"""Write down why chunks failed: each gets its cause, each cause its counts over time.

Done where a chunk fails, in the same transaction; `sort_failures` does it afterwards for chunks
that failed under an older version. Reading it all is `store.failure_lists`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from store.causes import Cause, cause_of
from store.states import ChunkState
from store.tables import attempt, chunk
from store.tables_watch import cause, cause_minute

# The charts look back a week; somebody may want to see the one before.
COUNTS_KEPT = timedelta(days=15)
MINUTE = 60
# Of what a chunk said at its end, kept with its cause; its own page has all of it.
SAMPLE_LETTERS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One chunk that failed, and why."""

    chunk_id: int
    cause: Cause
    at: datetime


def note_failure(connection: Connection, failure: Failure) -> None:
    """A chunk has just failed for good; in the transaction that says so."""
    note_failures(connection, [failure])


def note_failures(connection: Connection, failures: Iterable[Failure]) -> None:
    """The same for several."""
    alike: dict[Cause, list[Failure]] = {}
    for failure in sorted(failures, key=lambda one: (one.cause.key, one.at, one.chunk_id)):
        alike.setdefault(failure.cause, []).append(failure)
    # Chunks before causes, and causes in one order, or two writers could wait for each other.
    for known, some in alike.items():
        _mark(connection, known.key, some)
    for some in alike.values():
        _count(connection, some)


def _mark(connection: Connection, key: str, failures: list[Failure]) -> None:
    again = case((chunk.c.cause.is_(None), None), else_=chunk.c.cause == key)
    ids = [failure.chunk_id for failure in failures]
    # Only an old row may lack the time, and then all of these are given the same.
    ended_at = func.coalesce(chunk.c.ended_at, failures[-1].at)
    connection.execute(
        update(chunk)
        .where(chunk.c.id.in_(ids), chunk.c.state == ChunkState.FAILED)
        .values(cause=key, same_cause=again, ended_at=ended_at)
    )


def _count(connection: Connection, failures: list[Failure]) -> None:
    """Add failures of one cause to its books."""
    insert = insert_sqlite if connection.dialect.name == "sqlite" else insert_postgresql
    known, first, last = failures[0].cause, failures[0].at, failures[-1].at
    named = insert(cause).values(
        key=known.key,
        error_type=known.error_type,
        message=known.message,
        frame=known.frame,
        first_at=first,
        last_at=last,
        sample=select(func.substr(chunk.c.error, 1, SAMPLE_LETTERS))
        .where(chunk.c.id == failures[-1].chunk_id)
        .scalar_subquery(),
    )
    new = named.excluded
    is_later = new.sample.is_not(None) & (new.last_at >= cause.c.last_at)
    connection.execute(
        named.on_conflict_do_update(
            index_elements=[cause.c.key],
            set_={
                "sample": case((is_later, new.sample), else_=cause.c.sample),
                "first_at": case(
                    (cause.c.first_at < new.first_at, cause.c.first_at), else_=new.first_at
                ),
                "last_at": case(
                    (cause.c.last_at > new.last_at, cause.c.last_at), else_=new.last_at
                ),
            },
        )
    )
    for minute, number in sorted(Counter(minute_of(one.at) for one in failures).items()):
        added = insert(cause_minute).values(cause=known.key, minute=minute, number=number)
        connection.execute(
            added.on_conflict_do_update(
                index_elements=[cause_minute.c.cause, cause_minute.c.minute],
                set_={"number": cause_minute.c.number + number},
            )
        )


def minute_of(moment: datetime) -> int:
    """The minute since 1970 that a time lies in."""
    return int(moment.timestamp()) // MINUTE


def sort_failures(connection: Connection, *, now: datetime, limit: int) -> int:
    """Give up to `limit` failed chunks that have no cause yet theirs; answers how many it were."""
    rows = connection.execute(
        select(chunk.c.id, chunk.c.error, chunk.c.ended_at)
        .where(chunk.c.state == ChunkState.FAILED, chunk.c.cause.is_(None))
        # In no order: by id, Postgres would pass by all that is sorted already, in every step.
        .limit(limit)
        .with_for_update()
    ).all()
    causes = causes_of(connection, {row.id: row.error for row in rows})
    note_failures(
        connection,
        [Failure(chunk_id=row.id, cause=causes[row.id], at=row.ended_at or now) for row in rows],
    )
    return len(rows)


def causes_of(connection: Connection, errors: Mapping[int, str | None]) -> dict[int, Cause]:
    """The cause of each of some chunks, given with their errors, by what its last attempt left."""
    found = {
        chunk_id: cause_of(error_type=None, error=error or "", traceback=None)
        for chunk_id, error in errors.items()
    }
    ended = connection.execute(
        select(attempt.c.chunk_id, attempt.c.error_type, attempt.c.error, attempt.c.traceback)
        .where(attempt.c.chunk_id.in_(errors))
        .order_by(attempt.c.number)
    )
    for row in ended:
        error = row.error or errors[row.chunk_id] or ""
        found[row.chunk_id] = cause_of(
            error_type=row.error_type, error=error, traceback=row.traceback
        )
    return found


def forget_counts(connection: Connection, *, now: datetime) -> None:
    """Drop counts that no chart asks for any more, and causes for which nothing fails since."""
    oldest = now - COUNTS_KEPT
    connection.execute(delete(cause_minute).where(cause_minute.c.minute < minute_of(oldest)))
    failing = select(chunk.c.id).where(
        chunk.c.state == ChunkState.FAILED, chunk.c.cause == cause.c.key
    )
    connection.execute(delete(cause).where(cause.c.last_at < oldest, ~failing.exists()))
