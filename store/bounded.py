"""Keep a search within its time, whatever was asked for.

Postgres ends a statement by itself (`store.database` sets the limit on reading connections);
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
from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError

from store.database import READ_TIMEOUT_SECONDS

# Steps of SQLite's machine between two looks at the clock: some milliseconds.
_STEPS = 50_000


class SearchTooSlow(Exception):
    """The database could not answer in time; a narrower query may help."""


@contextmanager
def bounded(connection: Connection, *, seconds: float = READ_TIMEOUT_SECONDS) -> Iterator[None]:
    """Raise SearchTooSlow from within when it takes longer than `seconds`.

    A single statement of Postgres may take that long once more.
    """
    driver: Any = connection.connection.driver_connection
    is_sqlite = isinstance(driver, sqlite3.Connection)
    deadline = time.monotonic() + seconds
    too_slow = SearchTooSlow(f"The search took longer than {seconds:g} seconds.")

    def look_at_the_clock(*_: object) -> None:
        if time.monotonic() > deadline:
            raise too_slow

    if is_sqlite:
        driver.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    event.listen(connection, "before_cursor_execute", look_at_the_clock)
    try:
        yield
    except DBAPIError as error:
        if _ran_out_of_time(error.orig):
            raise too_slow from error
        raise
    finally:
        event.remove(connection, "before_cursor_execute", look_at_the_clock)
        if is_sqlite:
            driver.set_progress_handler(None, 0)


def _ran_out_of_time(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT
    return isinstance(error, psycopg.errors.QueryCanceled)
