"""The door to the database: one engine for reading, one for writing.

Knows the two databases and their manners; knows no table.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    DataError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from store.clock import utc_now
from store.outage import in_one_line
from store.privacy import FILE_MODE, make_private, tighten
from store.sqlite_file import BUSY_SECONDS, prepare, shrink

log = logging.getLogger(__name__)

# For rooms that hand one on and do not know SQLAlchemy.
Transaction = Connection

Dialect = Literal["sqlite", "postgresql"]

# Search promises an answer in bounded time; a page must never wait for longer than this.
READ_TIMEOUT_SECONDS = 10
# How long a server that does not answer is waited for, at the beginning and in between.
CONNECT_SECONDS = 5
SILENCE_SECONDS = 30
# SQLite: how large its log may grow, and how long others are waited for before it begins anew.
LOG_BYTES = 128 << 20
LOG_BUSY_MS = 250
# Nothing here keeps a transaction open while it does something else.
FROZEN_SECONDS = 60


class Database:
    """Hands out connections. Reads never block writes; a write is one transaction.

    On SQLite every write begins with BEGIN IMMEDIATE: a deferred transaction that reads first
    and writes later fails at once when another writer came between (79 of 120, measured).
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.dialect: Dialect = "sqlite" if url.startswith("sqlite") else "postgresql"
        if self.file is not None:
            # SQLite takes an empty file for a new database, and gives its mode to those beside it.
            make_private(self.file)
        self._writer = _engine(url, immediate=True)
        self._reader = _engine(url, immediate=False)
        self._moment = threading.local()
        # When it last did what it was asked, for telling since when it is away.
        self.answered_at: datetime | None = None
        # A forked work-horse must not share its parent's sockets.
        os.register_at_fork(after_in_child=self._forget_connections)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading; whatever it does is rolled back."""
        shared: Connection | None = getattr(self._moment, "connection", None)
        if shared is not None:
            yield shared
            return
        with self._reader.connect() as connection:
            yield connection
        self.answered_at = utc_now()

    @contextmanager
    def one_moment(self) -> Iterator[None]:
        """Whatever this thread reads inside, it reads as it stood at one moment.

        Postgres would else show every statement what was committed by then. Nobody is held up,
        but what was deleted is kept meanwhile: not for anything that waits for somebody.
        """
        with self.read() as connection:
            if self.dialect == "postgresql" and not connection.in_transaction():
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            before = getattr(self._moment, "connection", None)
            self._moment.connection = connection
            try:
                yield
            finally:
                self._moment.connection = before

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back when an exception leaves it."""
        with self._writer.begin() as connection:
            yield connection
        self.answered_at = utc_now()

    @property
    def file(self) -> Path | None:
        """The SQLite file; None where a server keeps the data."""
        return database_file(self.url)

    def free_bytes(self) -> int | None:
        """Free bytes of the disk under a SQLite file; None elsewhere. Raises OSError."""
        return shutil.disk_usage(self.file.parent).free if self.file else None

    def keep_private(self) -> None:
        """Take a SQLite file from others. Only once it is known to be ours, by its schema."""
        if self.file is None:
            return
        for path in [Path(f"{self.file}{suffix}") for suffix in ("", "-wal", "-shm")]:
            if path.is_file():
                tighten(path, FILE_MODE)

    def give_back_space(self, tables: Sequence[str]) -> None:
        """After much was deleted from some tables: let the file shrink (SQLite), or vacuum them.

        Postgres gives back to the system what lies free at the end of a table, and uses the rest
        for what comes next. Outside of any transaction.
        """
        with self._writer.connect() as connection:
            if self.dialect == "postgresql":
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql(f"VACUUM {', '.join(tables)}")
            elif raw := connection.connection.driver_connection:
                shrink(raw)  # to the last row

    def begin_log_anew(self) -> None:
        """SQLite: write its log back into the file once it has grown, and use it from the front.

        By itself SQLite only does so when nobody has written meanwhile, which with two workers is
        never: after a million messages the log held a gigabyte. Outside of any transaction; what
        somebody holds up is left for the next time.
        """
        log_file = Path(f"{self.file}-wal")
        if self.file is None or not log_file.exists() or log_file.stat().st_size < LOG_BYTES:
            return
        with self._writer.connect() as connection:
            if raw := connection.connection.driver_connection:
                raw.execute(f"PRAGMA busy_timeout={LOG_BUSY_MS}")
                try:
                    raw.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
                except sqlite3.OperationalError as error:
                    log.warning("the database's log keeps growing: %s", error)
                finally:
                    raw.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")

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


def database_file(url: str) -> Path | None:
    """The SQLite file that an address names, there or not; None where a server keeps the data."""
    named = make_url(url)
    if named.get_backend_name() != "sqlite" or not named.database:
        return None
    return Path(named.database)


class DatabaseUnusable(Exception):
    """What DATABASE_URL names cannot be used; the text is one line, without secrets."""


class DatabaseAway(Exception):
    """What DATABASE_URL names does not answer; the text is one line, without secrets."""


def require_database(url: str, *, fits: Callable[[Connection], bool]) -> None:
    """Connect once, and see that the schema fits this version.

    Raises DatabaseUnusable for good, DatabaseAway for now.
    """
    try:
        database = Database(url)
    except (SQLAlchemyError, ValueError, TypeError) as error:
        raise DatabaseUnusable(f"is none that can be used: {in_one_line(error)}") from None
    try:
        with database.read() as connection:
            if not fits(connection):
                raise DatabaseUnusable("was last used by a newer version of this program")
    except OUTAGES as error:
        raise DatabaseAway(f"cannot be reached: {in_one_line(error)}") from None
    except (SQLAlchemyError, ValueError, TypeError) as error:
        raise DatabaseUnusable(f"cannot be used: {in_one_line(error)}") from None
    finally:
        database.close()


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
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _begin_immediate if immediate else _begin_deferred)
    return engine


def _postgres_manners(*, reading: bool) -> dict[str, Any]:
    """What libpq tells the server, and how long it waits for one that does not answer.

    The server keeps the time, so that it also ends a runaway query, and a process that was
    frozen in the middle of a transaction, whose locks would hold everybody else up, or whose
    moment would keep what was deleted.
    """
    query = f" -c statement_timeout={READ_TIMEOUT_SECONDS * 1000}" if reading else ""
    return {
        # Compiling a query takes longer than any of ours takes to run, and how a word is best
        # looked for depends on the word.
        "options": f"-c idle_in_transaction_session_timeout={FROZEN_SECONDS * 1000}{query}"
        " -c jit=off -c plan_cache_mode=force_custom_plan",
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": SILENCE_SECONDS // 3,
        "keepalives_interval": SILENCE_SECONDS // 6,
        "keepalives_count": 4,
        "tcp_user_timeout": SILENCE_SECONDS * 1000,
    }


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
