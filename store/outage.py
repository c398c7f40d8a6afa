"""Which trouble is the database's own and passes, and how to say it in one line."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

# No room, no right to write, a disk that fails, a file that cannot be opened, or one that is
# held by somebody else for longer than the half minute a writer waits.
_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
# Connection lost, resources (a full disk among them), shut down by hand, the system, read only.
_POSTGRES = ("08", "53", "57P", "58", "25006")

# Ended by Postgres so that others could go on: a deadlock, a conflict of serialisation.
_ENDED_FOR_OTHERS = ("40P01", "40001")


def is_outage(error: BaseException) -> bool:
    """True when the database is away or takes no writing, whatever it was asked.

    A deadlock, a statement that took too long, a table that is missing are not that.
    """
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    driver = error.orig
    code = getattr(driver, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _SQLITE
    state = getattr(driver, "sqlstate", None)
    # Without a state nobody answered: the connection itself is what failed.
    return state is None or state.startswith(_POSTGRES)


def in_one_line(error: BaseException) -> str:
    """What an error says, without the statement and the links that are added to it."""
    said = str(getattr(error, "orig", None) or error).strip()
    lines = [line for line in said.splitlines() if "sqlalche.me" not in line]
    return lines[0] if lines else type(error).__name__


def passes(error: BaseException) -> bool:
    """True when the same may be tried again as it is: an outage, or a deadlock that was ended."""
    driver = error.orig if isinstance(error, DBAPIError) else None
    return is_outage(error) or getattr(driver, "sqlstate", None) in _ENDED_FOR_OTHERS
