"""What pages, API and probes say while no work can be done."""

from __future__ import annotations

import shutil
from collections import namedtuple

import pytest
from redis import Redis

from jobs.astray import KEY_PREFIX
from store.clock import utc_now
from store.database import Database
from store.standstill import rest
from tests.mboxes import letters
from tests.web.visiting import Visit, visit

Usage = namedtuple("Usage", "total used free")
FULL = "the database cannot be used: database or disk is full"


@pytest.fixture
def resting(here: Visit) -> Visit:
    """A console whose machine `barn <b>` cannot write to the database."""
    with here.house.database.write() as connection:
        rest(connection, "barn <b>", reason=FULL, seconds=60, now=utc_now())
    return here


def test_the_overview_says_why_nothing_moves_and_that_it_goes_on_by_itself(resting: Visit) -> None:
    resting.take_in(letters(2), work=False)

    page = resting.visitor().get("/").text

    assert "No work has been possible on barn &lt;b&gt; since" in page
    assert f"{FULL}. It goes on by itself" in page


def test_the_reason_is_told_in_the_language_of_the_reader(resting: Visit) -> None:
    resting.take_in(letters(2), work=False)

    page = resting.visitor(language="ko").get("/").text

    assert "데이터베이스를 쓸 수 없음: database or disk is full" in page


def test_a_job_that_is_not_over_says_what_keeps_it(resting: Visit) -> None:
    waiting = resting.take_in(letters(2), work=False)

    page = resting.visitor().get(f"/jobs/{waiting.job_id}").text
    told = resting.visitor().get(f"/api/jobs/{waiting.job_id}").json()

    assert FULL in page
    assert (told["status"], told["error"]) == ("queued", f"barn <b> rests: {FULL}")


def test_a_job_that_is_over_has_nothing_to_do_with_it(here: Visit) -> None:
    done = here.take_in(letters(2))
    with here.house.database.write() as connection:
        rest(connection, "barn", reason=FULL, seconds=60, now=utc_now())

    assert FULL not in here.visitor().get(f"/jobs/{done.job_id}").text
    assert here.visitor().get(f"/api/jobs/{done.job_id}").json()["error"] is None


def test_programs_are_told_of_machines_that_rest(resting: Visit) -> None:
    client = resting.visitor()

    (told,) = client.get("/api/health").json()["standstills"]

    assert (told["host"], told["reason"]) == ("barn <b>", FULL)
    assert client.get("/readyz").json()["checks"]["work"] == "warn"


def test_a_spool_that_is_not_mounted_is_said_to_be(here: Visit) -> None:
    here.take_in(letters(2))
    shutil.rmtree(here.house.spool.folder)

    page = here.visitor().get("/")
    ready = here.visitor().get("/readyz")

    assert page.status_code == 200
    assert "The spool is missing or empty" in page.text
    assert (ready.status_code, ready.json()["checks"]["spool"]) == (503, "fail")


def test_a_console_without_room_to_write_is_not_ready(
    here: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(1 << 30, 1 << 30, 0))

    ready = here.stranger().get("/readyz")

    assert (ready.status_code, ready.json()["checks"]["room"]) == (503, "fail")


def test_a_worker_at_another_database_is_named_on_overview_and_workers(
    sqlite_database: Database, tmp_path_factory: pytest.TempPathFactory, redis_url: str
) -> None:
    here = visit(sqlite_database, tmp_path_factory.mktemp("here"), REDIS_URL=redis_url)
    here.take_in(letters(2), work=False)
    redis = Redis.from_url(redis_url)
    redis.set(f"{KEY_PREFIX}lost-1", "other_database")
    listening = redis.pubsub()  # type: ignore[no-untyped-call]
    listening.subscribe("rq:pubsub:lost-1")
    listening.get_message(timeout=5)
    client = here.visitor()

    overview, workers, told = client.get("/"), client.get("/workers"), client.get("/api/health")
    listening.close()

    sentence = "The worker lost-1 looks at another database than this console."
    assert sentence in overview.text
    assert sentence in workers.text
    assert "Work waits and there is nobody to take it." in workers.text
    assert told.json()["astray"] == [{"name": "lost-1", "how": "other_database"}]
    assert told.json()["queue"]["stuck"] is True
    assert (told.json()["queue"]["consumers"], told.json()["queue"]["seem_free"]) == (0, 0)
    # In its own row too, and not as one that is idle.
    assert [one["state"] for one in told.json()["workers"]] == ["astray"]
    row = workers.text.split("<tbody>")[1].split("</tr>")[0]
    assert "Astray" in row
    assert "it looks at another database" in row
    assert "Idle" not in row
