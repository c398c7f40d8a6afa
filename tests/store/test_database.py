"""The door to the database: what happens when nobody opens."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

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
