"""The tests' own servers do what tests rely on."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
import redis
from playwright.sync_api import Page
from sqlalchemy import func, insert, select

from store import tables
from store.database import Database
from tests.harness.processes import Process, bare_environment, start
from tests.harness.redis import RedisServer
from tests.harness.told import sendable
from tests.harness.waiting import free_port, wait_until

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("run", [1, 2])
def test_every_test_gets_an_empty_database(database: Database, run: int) -> None:
    with database.write() as connection:
        before = connection.scalar(select(func.count()).select_from(tables.task_lock))
        connection.execute(insert(tables.task_lock).values(name="x", owner=str(run), until=NOW))

    assert before == 0


def test_postgres_takes_any_letter_and_sorts_by_code_point(postgres_database: Database) -> None:
    with postgres_database.read() as connection:
        collation = connection.exec_driver_sql("SHOW lc_collate").scalar()
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()

    assert (collation, encoding) == ("C.UTF-8", "UTF8")


@pytest.mark.parametrize("run", [1, 2])
def test_every_test_gets_an_empty_redis(redis_url: str, run: int) -> None:
    with redis.Redis.from_url(redis_url) as client:
        before = client.dbsize()
        client.set("left behind", run)

    assert before == 0


def test_a_redis_that_keeps_data_survives_a_crash(own_redis: Callable[..., RedisServer]) -> None:
    server = own_redis(keeps_data=True)
    with server.client() as client:
        client.set("kept", "yes")
    server.process.kill()

    returned = server.restarted()

    with returned.client() as client:
        assert client.get("kept") == "yes"
    returned.process.stop()


def shell_with_a_child(folder: Path) -> tuple[Process, int]:
    """A process, and the id of another that it has started."""
    shell = start(
        ["sh", "-c", "sleep 600 & echo $!; wait"],
        name="shell",
        folder=folder,
        environ=bare_environment({}),
    )
    return shell, int(wait_until(lambda: shell.log().strip(), what="the child has started"))


def test_stopping_a_process_stops_what_it_started(tmp_path: Path) -> None:
    shell, child = shell_with_a_child(tmp_path)

    shell.stop()

    wait_until(lambda: not _exists(child), what="the child is gone")


def test_orphans_of_a_killed_process_are_stopped_too(tmp_path: Path) -> None:
    shell, child = shell_with_a_child(tmp_path)

    shell.kill()
    lived_on = _exists(child)
    shell.stop()

    assert lived_on
    wait_until(lambda: not _exists(child), what="the child is gone")


def test_a_plain_rq_worker_listens(rq_worker: Callable[..., Process], redis_url: str) -> None:
    worker = rq_worker({"REDIS_URL": redis_url})

    assert "default" in worker.log()


def test_a_browser_shows_a_page(page: Page) -> None:
    page.set_content("<h1>여보세요</h1>")

    assert page.locator("h1").inner_text() == "여보세요"


def test_the_corpus_lies_beside_the_project(corpus: Path) -> None:
    assert (corpus / "MANIFEST.json").is_file()


def _exists(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_what_a_report_tells_can_be_sent_whatever_letters_are_in_it() -> None:
    told = {"said": ["half \ud83d", ("\udc80", 7)], "whole": "결제 📧", "none": None}

    sent = sendable(told)

    assert sent == {"said": ["half \\ud83d", ("\\udc80", 7)], "whole": "결제 📧", "none": None}


class Pair(NamedTuple):
    """A tuple that is made of its parts one by one."""

    left: str
    right: int


def test_named_tuples_are_sent_as_plain_ones() -> None:
    sent = sendable([Pair("half \ud83d", 7)])

    assert sent == [("half \\ud83d", 7)]
    assert type(sent[0]) is tuple


def test_a_free_port_is_one_that_nobody_has_and_no_client_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clients_from = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    taken = free_port()

    with socket.create_server(("127.0.0.1", taken)):
        free = free_port()
        monkeypatch.setattr("tests.harness.waiting.PORTS", (taken, free))
        found = {free_port() for _ in range(20)}

    assert max(taken, free) < clients_from
    assert found == {free}
