"""What was done, minute by minute: sums of attempts that have ended, kept for the charts.

The sums are made in the background (`count_ended`), so that a week of charts is some thousand
minutes and not a million attempts; they also stay true when the file is deleted. By the minute,
over all files: whose mail it was, what it was called and who read it is not in them.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from store.causes import cause_of
from store.clock import now_of
from store.history import KEPT, UNCOUNTED, attempts_by_minute, minute_since_1970
from store.locks import insert_new
from store.states import Outcome
from store.tables import attempt
from store.tables_watch import past_work

SUMS = ("bytes", "messages", "failed", "lost")
COUNTED_AT_ONCE = 1_000


def count_ended(connection: Connection, *, limit: int = COUNTED_AT_ONCE) -> int:
    """Add up to `limit` attempts that have ended to the sums, once; answers how many it were.

    What did not succeed gets its cause on the way. What has ended changes no more. In a
    transaction of its own: charts see an attempt either here or by itself.
    """
    ended = (
        select(
            attempt.c.id,
            attempt.c.outcome,
            attempt.c.error_type,
            attempt.c.error,
            attempt.c.traceback,
        )
        .where(UNCOUNTED, attempt.c.ended_at.is_not(None))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(ended).all()
    alike: dict[str | None, list[str]] = {}
    for row in rows:
        cause = (
            None
            if row.outcome == Outcome.DONE
            else _cause(row.error_type, row.error, row.traceback)
        )
        alike.setdefault(cause, []).append(row.id)
    _count(connection, attempt.c.id.in_([row.id for row in rows]))
    for key, ids in alike.items():
        these = attempt.c.id.in_(ids)
        connection.execute(update(attempt).where(these).values(counted=True, cause=key))
    return len(rows)


def _cause(error_type: str | None, error: str | None, traceback: str | None) -> str:
    """The key of why an attempt did not succeed."""
    return cause_of(error_type=error_type, error=error or "", traceback=traceback).key


def delete_attempts(connection: Connection, which: ColumnElement[bool]) -> None:
    """Delete some attempts that have ended, and keep what charts tell of them."""
    # Nobody may count them meanwhile.
    held = select(attempt.c.id).where(which, UNCOUNTED).with_for_update().subquery()
    connection.execute(select(func.count()).select_from(held))
    _count(connection, which)
    connection.execute(delete(attempt).where(which))


def _count(connection: Connection, which: ColumnElement[bool]) -> None:
    """Add what is not in the sums yet, as far back as charts go."""
    summed = (
        {name: int(getattr(row, name) or 0) for name in SUMS}
        | {"minute": minute_since_1970(row.minute)}
        for row in attempts_by_minute(connection, which, since=now_of(connection) - KEPT)
    )
    _add(connection, [one for one in summed if any(one[name] for name in SUMS)])


def _add(connection: Connection, minutes: list[dict[str, int]]) -> None:
    if not minutes:
        return
    new = insert_new(connection, past_work)
    connection.execute(
        new.on_conflict_do_update(
            index_elements=[past_work.c.minute],
            set_={name: past_work.c[name] + new.excluded[name] for name in SUMS},
        ),
        minutes,
    )
