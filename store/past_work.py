"""What was done stays true when the file it was done on is deleted: sums of its attempts, kept.

By the minute, over all files: whose mail it was, what it was called and who read it is not in them.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, delete

from store.clock import now_of
from store.history import KEPT, attempts_by_minute, minute_since_1970
from store.locks import insert_new
from store.tables import attempt
from store.tables_watch import past_work

SUMS = ("bytes", "messages", "failed", "lost")


def delete_attempts(connection: Connection, which: ColumnElement[bool]) -> None:
    """Delete some attempts that have ended, and keep what charts tell of them."""
    summed = (
        {name: int(getattr(row, name) or 0) for name in SUMS}
        | {"minute": minute_since_1970(row.minute)}
        for row in attempts_by_minute(connection, which, since=now_of(connection) - KEPT)
    )
    _add(connection, [one for one in summed if any(one[name] for name in SUMS)])
    connection.execute(delete(attempt).where(which))


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
