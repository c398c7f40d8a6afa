"""Workers that hear nothing of what they are asked: what is said of them, and what to do."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from jobs.astray import KEY_PREFIX
from jobs.engine import build
from ops.checkups.queue import look_at_workers
from store.claims import WorkerIdentity, claim_next
from store.clock import utc_now
from store.states import EngineName
from store.tables import attempt, job
from tests.mboxes import letters
from tests.web.hall import Hall
from tests.web.test_pages_workers import words_of
from tests.web.test_stalled_workers import NAME, leave_untaken
from tests.web.visiting import Visit


def asked(there: Visit, *, act: str = "drain", name: str = NAME, language: str = "en") -> str:
    page = there.visitor(language=language).get(f"/workers/{act}?name={name}").text
    return words_of(page)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "No other worker takes work just now: 3 are late, draining, stuck or astray."),
        ("ko", "지금 일을 받는 다른 작업자가 없습니다(3개가 늦거나"),
    ],
)
def test_others_that_take_no_work_are_told_from_none_at_all(
    hall: Hall, there: Visit, language: str, told: str
) -> None:
    hall.enlist(NAME)
    hall.enlist("silent-1", beat_ago=110)
    hall.enlist("draining-1", shutdown_requested_date=utc_now().isoformat())
    hall.enlist("astray-1")
    hall.redis.set(f"{KEY_PREFIX}astray-1", "other_database")
    hall.enlist("theirs", more={"queues": "mail"})
    hall.wait(5)

    page = asked(there, language=language)

    assert told in page
    assert "No other worker is there" not in page


@pytest.mark.parametrize("act", ["drain", "stop"])
@pytest.mark.parametrize(
    ("language", "told", "never"),
    [
        ("en", r"has not been heard of for 1 min 5\d s, and hears of this only when", "ends at on"),
        ("ko", r"1분 5\d초 동안 소식이 없으며", "바로 종료됩니다"),
    ],
)
def test_of_a_worker_that_is_late_it_is_not_said_that_it_ends_at_once(
    hall: Hall, there: Visit, language: str, told: str, never: str, act: str
) -> None:
    hall.enlist(NAME, beat_ago=115)
    hall.wait(1)

    page = asked(there, act=act, language=language)

    assert re.search(told, page)
    assert never not in page
    everybody = words_of(there.visitor().get(f"/workers/{act}?all=yes").text)
    assert "1 of them is late, and hears of it when" in everybody


def test_of_a_late_worker_without_a_beat_no_time_is_told(hall: Hall, there: Visit) -> None:
    hall.enlist(NAME)
    hall.redis.delete(f"rq:worker:{NAME}")
    hall.wait(1)

    page = asked(there)

    assert "It has not been heard of for long, and hears of this only when" in page
    assert "ends at once" not in page


def test_of_a_worker_whose_attempt_is_late_its_work_horse_is_doubted(
    hall: Hall, there: Visit
) -> None:
    floor = there.take_in(letters(3), work=False)
    worker = WorkerIdentity(engine=EngineName.RQ, name=NAME, host="h", pid=7, version="1")
    with floor.workshop.database.write() as connection:
        assert claim_next(connection, worker=worker, now=utc_now(), lease_seconds=600)
        silent = utc_now() - timedelta(seconds=100)
        connection.execute(update(attempt).values(seen_at=silent))
    hall.enlist(NAME, state="busy", kept_seconds=70)
    hall.wait(1)

    drained, stopped = asked(there), asked(there, act="stop")

    doubt = r"Nothing has been heard of that chunk for 1 min 4\d s: while its work-horse hangs"
    assert re.search(doubt, drained)
    assert "has not been heard of for" not in drained.replace("Nothing has been heard of", "")
    assert "Its work-horse is killed" in stopped


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("act", ["drain", "stop"])
def test_whoever_ends_a_frozen_worker_is_told_what_ends_it(
    hall: Hall, there: Visit, act: str, language: str
) -> None:
    leave_untaken(hall, there)

    page = asked(there, act=act, language=language)

    assert "kill -CONT 4711" in page
    assert "kill -KILL 4711" in page


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("beat_ago", [200, 5])
def test_beside_work_that_nobody_moves_it_is_said_what_a_frozen_worker_hears(
    hall: Hall, there: Visit, beat_ago: float, language: str
) -> None:
    """Also where it is not known which is frozen."""
    leave_untaken(hall, there, beat_ago=beat_ago)

    page = words_of(there.visitor(language=language).get("/workers").text)

    assert "kill -CONT" in page
    assert "kill -KILL" in page
    assert "Stop the one" not in page


@pytest.mark.parametrize("beat_ago", [200, 5])
def test_the_doctor_says_what_a_frozen_worker_hears(
    hall: Hall, there: Visit, beat_ago: float
) -> None:
    leave_untaken(hall, there, beat_ago=beat_ago)

    found = look_at_workers(build(there.house.config))

    remedies = " ".join(one.remedy or "" for one in found)
    assert "kill -CONT" in remedies
    assert "kill -KILL" in remedies
    assert "--now" not in remedies


def test_the_overview_tells_since_when_nothing_moved_as_the_workers_page_does(
    hall: Hall, there: Visit
) -> None:
    floor = there.take_in(letters(3), work=False)
    begun = utc_now() - timedelta(hours=3)
    with there.house.database.write() as connection:
        connection.execute(update(job).values(created_at=begun))
    worker = WorkerIdentity(engine=EngineName.RQ, name="before", host="h", pid=7, version="1")
    with floor.workshop.database.write() as connection:
        found = claim_next(connection, worker=worker, now=utc_now(), lease_seconds=60)
    assert found is not None
    floor.finish_claimed(found)
    heard = utc_now() - timedelta(seconds=300)
    with there.house.database.write() as connection:
        connection.execute(update(attempt).values(started_at=heard, seen_at=heard, ended_at=heard))
        # A chunk that waits since the job came, beside the one that was read.
        connection.execute(update(job).values(created_at=begun))
    hall.enlist(NAME)
    hall.wait(1)
    visitor = there.visitor()

    since = visitor.get("/api/health").json()["queue"]["unmoved_since"]
    overview, workers = (words_of(visitor.get(page).text) for page in ("/", "/workers"))

    told = heard.strftime("%H:%M:%S")
    assert since.startswith(heard.isoformat()[:19])
    assert re.search(rf"Nothing has moved since [^;]*?{told}", workers)
    told_there = rf"somebody could take (it|them), and nobody has since [^;]*?{told}"
    assert re.search(told_there, overview)
