"""Keep a search within its time, whatever was asked for.

Postgres ends a statement by itself (`store.database` sets the limit on reading connections, and
here it is set for shorter searches);
SQLite has to be asked to look at the clock. A search of many short statements, between which it
looks at messages itself, is ended before the next one.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError

from store.database import READ_TIMEOUT_SECONDS

# Steps of SQLite's machine between two looks at the clock: some milliseconds.
_STEPS = 50_000


class SearchTooSlow(Exception):
    """The database could not answer in time; a narrower query may help."""


@contextmanager
def bounded(connection: Connection, *, seconds: float = READ_TIMEOUT_SECONDS) -> Iterator[None]:
    """Raise SearchTooSlow from within when it takes longer than `seconds`, ten at the most.

    A single statement of Postgres may take that long once more.
    """
    driver: Any = connection.connection.driver_connection
    is_sqlite = isinstance(driver, sqlite3.Connection)
    # Their limit is that of the connection, unless there is less time.
    is_shorter = not is_sqlite and seconds < READ_TIMEOUT_SECONDS
    deadline = time.monotonic() + seconds
    too_slow = SearchTooSlow(f"The search took longer than {seconds:g} seconds.")

    def look_at_the_clock(*_: object) -> None:
        if time.monotonic() > deadline:
            raise too_slow

    if is_shorter:
        _end_statements_after(connection, seconds)
    if is_sqlite:
        driver.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    event.listen(connection, "before_cursor_execute", look_at_the_clock)
    try:
        yield
    except DBAPIError as error:
        if _ran_out_of_time(error.orig):
            raise too_slow from error
        raise
    else:
        if is_shorter:
            _end_statements_after(connection, READ_TIMEOUT_SECONDS)
    finally:
        event.remove(connection, "before_cursor_execute", look_at_the_clock)
        if is_sqlite:
            driver.set_progress_handler(None, 0)


def _end_statements_after(connection: Connection, seconds: float) -> None:
    """In this transaction, of Postgres."""
    asked = text("SELECT set_config('statement_timeout', :limit, true)")
    connection.execute(asked, {"limit": str(int(seconds * 1000))})


def _ran_out_of_time(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT
    return isinstance(error, psycopg.errors.QueryCanceled)
