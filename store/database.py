"""The door to the database: one engine for reading, one for writing.

Knows the two databases and their manners; knows no table.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DataError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

log = logging.getLogger(__name__)

Dialect = Literal["sqlite", "postgresql"]

# Search promises an answer in bounded time; a page must never wait for longer than this.
READ_TIMEOUT_SECONDS = 10
# How long a server that does not answer is waited for, at the beginning and in between.
CONNECT_SECONDS = 5
SILENCE_SECONDS = 30
# SQLite: how long a writer waits for its turn, and how many pages are given back in one.
BUSY_SECONDS = 30
SHRINK_PAGES = 4096
# Nothing here keeps a write transaction open while it does something else.
FROZEN_SECONDS = 60


class Database:
    """Hands out connections. Reads never block writes; a write is one transaction.

    On SQLite every write begins with BEGIN IMMEDIATE: a deferred transaction that reads first
    and writes later fails at once when another writer came between (79 of 120, measured).
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.dialect: Dialect = "sqlite" if url.startswith("sqlite") else "postgresql"
        self._writer = _engine(url, immediate=True)
        self._reader = _engine(url, immediate=False)
        # A forked work-horse must not share its parent's sockets.
        os.register_at_fork(after_in_child=self._forget_connections)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading; whatever it does is rolled back."""
        with self._reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back when an exception leaves it."""
        with self._writer.begin() as connection:
            yield connection

    def give_back_space(self) -> None:
        """After much was deleted: let the file shrink (SQLite; Postgres vacuums by itself)."""
        if self.dialect == "sqlite":
            with self._writer.connect() as connection:
                raw = connection.connection.driver_connection
                if raw is not None:  # outside of any transaction, and to the last row
                    _shrink(raw)

    @property
    def engine(self) -> Engine:
        """The writing engine, for migrations."""
        return self._writer

    def close(self) -> None:
        """Give back every pooled connection."""
        self._writer.dispose()
        self._reader.dispose()

    def _forget_connections(self) -> None:
        self._writer.dispose(close=False)
        self._reader.dispose(close=False)


def _engine(url: str, *, immediate: bool) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(
            url,
            pool_pre_ping=True,
            pool_size=8,
            max_overflow=24,
            connect_args=_postgres_manners(reading=not immediate),
        )
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate if immediate else _begin_deferred)
    return engine


def _postgres_manners(*, reading: bool) -> dict[str, Any]:
    """What libpq tells the server, and how long it waits for one that does not answer.

    The server keeps the time, so that it also ends a runaway query, and a process that was
    frozen in the middle of a transaction, whose locks would hold everybody else up.
    """
    name, seconds = (
        ("statement_timeout", READ_TIMEOUT_SECONDS)
        if reading
        else ("idle_in_transaction_session_timeout", FROZEN_SECONDS)
    )
    return {
        "options": f"-c {name}={seconds * 1000}",
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": SILENCE_SECONDS // 3,
        "keepalives_interval": SILENCE_SECONDS // 6,
        "keepalives_count": 4,
        "tcp_user_timeout": SILENCE_SECONDS * 1000,
    }


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # The driver's own transaction handling gets in the way of BEGIN IMMEDIATE.
    connection.isolation_level = None
    for pragma in (
        # Only a database without tables yet takes this to heart; it must come first.
        "auto_vacuum=INCREMENTAL",
        "journal_mode=WAL",
        # FULL costs nothing next to NORMAL with batches of our size, and survives a power cut.
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-65536",
        # In pages, 16 MiB: what several batches change is written to the file once.
        "wal_autocheckpoint=4096",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _shrink(connection: sqlite3.Connection) -> None:
    """In steps, so that others may write in between; what cannot be done now keeps for later."""
    try:
        while connection.execute("PRAGMA freelist_count").fetchone()[0]:
            connection.execute(f"PRAGMA incremental_vacuum({SHRINK_PAGES})").fetchall()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.OperationalError as error:
        log.warning("the file keeps its size until the next deletion: %s", error)


def _begin_immediate(connection: Connection) -> Any:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: Connection) -> Any:
    connection.exec_driver_sql("BEGIN")


# What a driver raises when the database is away, locked or full, and no statement is to blame.
# InternalError is what Postgres calls a transaction that it ended, and a replica that it became.
OUTAGES: tuple[type[Exception], ...] = (
    OperationalError,
    InterfaceError,
    InternalError,
    PoolTimeoutError,
)
# What it raises for a value that no column can hold: a NUL in a text, a number beyond bounds.
UnfitValue = DataError
