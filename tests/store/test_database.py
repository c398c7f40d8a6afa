"""The door to the database: what happens when nobody opens."""

from __future__ import annotations

import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from store.database import OUTAGES, Database


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Somebody takes the connection and says nothing, like a server whose machine is stuck."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(
    silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.database.CONNECT_SECONDS", 2)
    database = Database(f"postgresql+psycopg://a:b@127.0.0.1:{silent_port}/mail")

    def knock() -> None:
        with database.read():
            pass

    pool = ThreadPoolExecutor(max_workers=1)
    knocking = pool.submit(knock)
    pool.shutdown(wait=False)

    assert isinstance(knocking.exception(timeout=15), OUTAGES)


def test_space_that_cannot_be_given_back_now_is_no_error(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.database.BUSY_SECONDS", 0.1)
    hurried = Database(sqlite_database.url)
    hurried.give_back_space(())
    with sqlite_database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE litter (bytes BLOB)")
        connection.exec_driver_sql("INSERT INTO litter VALUES (zeroblob(1000000))")
    with sqlite_database.write() as connection:
        connection.exec_driver_sql("DROP TABLE litter")

    with sqlite_database.write():
        hurried.give_back_space(())
    with sqlite_database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA freelist_count").scalar_one() > 0
    hurried.give_back_space(())

    with sqlite_database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA freelist_count").scalar_one() == 0


def log_bytes(database: Database) -> int:
    """How large the log is. Begun anew it keeps its size until it is full again."""
    return Path(f"{database.file}-wal").stat().st_size


def fill(database: Database, times: int) -> None:
    """Write some 100 kB each time."""
    for _ in range(times):
        with database.write() as connection:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS filling (stuff BLOB)")
            connection.exec_driver_sql("INSERT INTO filling VALUES (randomblob(100000))")


def test_the_log_begins_anew_once_it_has_grown(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sqlite_database, 5)
    sqlite_database.begin_log_anew()
    before = log_bytes(sqlite_database)
    fill(sqlite_database, 5)
    grown = log_bytes(sqlite_database)

    monkeypatch.setattr("store.database.LOG_BYTES", 500_000)
    sqlite_database.begin_log_anew()
    fill(sqlite_database, 5)

    assert before > 500_000
    assert grown > before + 500_000
    assert log_bytes(sqlite_database) == grown


def test_a_log_that_somebody_reads_is_left_for_the_next_time(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.database.LOG_BYTES", 500_000)
    fill(sqlite_database, 10)

    with sqlite_database.read() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM filling").scalar_one()
        fill(sqlite_database, 1)
        sqlite_database.begin_log_anew()
        held_up = log_bytes(sqlite_database)
        fill(sqlite_database, 5)
    grown = log_bytes(sqlite_database)
    sqlite_database.begin_log_anew()
    fill(sqlite_database, 5)

    assert grown > held_up + 500_000
    assert log_bytes(sqlite_database) == grown


def test_a_new_file_that_somebody_is_just_writing_to_is_waited_for(tmp_path: Path) -> None:
    # Still in the mode that knows no log: there SQLite gives up at once.
    other = sqlite3.connect(tmp_path / "mail.db", isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE t (x)")
    other.execute("BEGIN IMMEDIATE")
    done = threading.Timer(0.3, other.execute, ["COMMIT"])
    done.start()
    database = Database(f"sqlite:///{tmp_path}/mail.db")

    with database.read() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()

    assert mode == "wal"
    database.close()
    done.join()
    other.close()


@pytest.mark.parametrize("door", ["read", "write"])
def test_postgres_ends_a_transaction_that_nobody_goes_on_with(
    postgres_database: Database, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    monkeypatch.setattr("store.database.FROZEN_SECONDS", 1)
    frozen = Database(postgres_database.url)

    def freeze() -> None:
        with getattr(frozen, door)() as connection:
            connection.exec_driver_sql("SELECT 1")
            time.sleep(2)
            connection.exec_driver_sql("SELECT 1")

    with pytest.raises(OUTAGES):
        freeze()
    frozen.close()
