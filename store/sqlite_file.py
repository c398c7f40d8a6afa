"""SQLite's file: what is set when it is opened, and how it is made smaller."""

from __future__ import annotations

import logging
import sqlite3
import time

from sqlalchemy.pool import ConnectionPoolEntry

log = logging.getLogger(__name__)

# How long a writer waits for its turn, and how many pages are given back in one.
BUSY_SECONDS = 30
TURN_SECONDS = 0.02
SHRINK_PAGES = 4096


def prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    """What every connection is told first."""
    # The driver's own transaction handling gets in the way of BEGIN IMMEDIATE.
    connection.isolation_level = None
    for pragma in (
        # Only a database without tables yet takes this to heart; it must come first.
        "auto_vacuum=INCREMENTAL",
        # FULL costs nothing next to NORMAL with batches of our size, and survives a power cut.
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-65536",
        # In pages, 128 MiB: what many batches change is written to the file once.
        "wal_autocheckpoint=32768",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")
    _keep_a_log(connection)


def _keep_a_log(connection: sqlite3.Connection) -> None:
    """Write ahead. On a file that does so already, this changes nothing.

    When somebody else makes a new file do so at the very moment, SQLite does not wait by itself.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(TURN_SECONDS)
        else:
            return


def shrink(connection: sqlite3.Connection) -> None:
    """In steps, so that others may write in between; what cannot be done now keeps for later."""
    try:
        while connection.execute("PRAGMA freelist_count").fetchone()[0]:
            connection.execute(f"PRAGMA incremental_vacuum({SHRINK_PAGES})").fetchall()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.OperationalError as error:
        log.warning("the file keeps its size until the next deletion: %s", error)
