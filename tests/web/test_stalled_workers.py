"""A worker that took a job and claims nothing, while its record looks well, is told as stuck."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from jobs.astray import KEY_PREFIX
from jobs.stalls import STALLED_AFTER
from store.clock import utc_now
from store.tables import chunk, job
from tests.jobs.floor import Floor
from tests.mboxes import letters
from tests.web.hall import Hall
from tests.web.test_bells_taken import claimed
from tests.web.test_pages_workers import words_of
from tests.web.visiting import Visit

NAME = "node-1-4711-0fa9c1"


def on_a_bell(hall: Hall, *, ago: float, bell: str = "chunk-1-0fa9c1d2") -> None:
    """A worker in good health that took a job so many seconds ago."""
    hall.enlist(NAME, state="busy", kept_seconds=70)
    hall.give_bell(NAME, ago=ago, bell=bell)
    hall.wait(1)


def done_with_a_chunk(floor: Floor, *, ago: float) -> None:
    """The worker has ended an attempt so many seconds ago; further chunks wait."""
    claimed(floor, begun_ago=ago + 1, heard_ago=ago, name=NAME)


def row_of(there: Visit, language: str = "en") -> str:
    page = there.visitor(language=language).get("/fragments/workers").text
    return words_of(page.split("<tbody>")[1].split("</tbody>")[0])


@pytest.mark.parametrize(
    ("language", "state", "evidence"),
    [
        ("en", "Stuck", r"took a job 5\d s ago and has claimed nothing since; last beat"),
        ("ko", "막힘", r"5\d초 전에 작업을 받은 뒤 아무것도 맡지 않음; "),
    ],
)
def test_a_worker_that_took_a_job_and_claims_nothing_is_stuck_and_the_evidence_says_so(
    hall: Hall, there: Visit, language: str, state: str, evidence: str
) -> None:
    there.take_in(letters(3), work=False)
    on_a_bell(hall, ago=52)

    row = row_of(there, language)

    assert state in row
    assert re.search(evidence, row)
    assert "holds no chunk" not in row


def test_a_worker_that_hangs_after_a_chunk_is_stuck_too(hall: Hall, there: Visit) -> None:
    done_with_a_chunk(there.take_in(letters(3), work=False), ago=71)
    on_a_bell(hall, ago=300)

    row = row_of(there)

    told = r"took a job 5 min( \d+ s)? ago, was done with a chunk 1 min 1\d s ago and has claimed"
    assert "Stuck" in row
    assert re.search(told, row)


def test_a_worker_that_was_done_with_a_chunk_just_now_is_not_stuck(
    hall: Hall, there: Visit
) -> None:
    done_with_a_chunk(there.take_in(letters(3), work=False), ago=20)
    on_a_bell(hall, ago=300)

    (told,) = there.visitor().get("/api/health").json()["workers"]

    assert (told["state"], told["claims_nothing"]) == ("idle", None)


@pytest.mark.parametrize("heard_ago", [None, 400.0])
def test_a_stall_is_told_to_programs_with_since_when(
    hall: Hall, there: Visit, heard_ago: float | None
) -> None:
    floor = there.take_in(letters(3), work=False)
    if heard_ago is not None:
        done_with_a_chunk(floor, ago=heard_ago)
    on_a_bell(hall, ago=300)

    (told,) = there.visitor().get("/api/health").json()["workers"]

    # What it did before it took that job is no claim for it.
    since = datetime.fromisoformat(told["claims_nothing"]["since"])
    assert (told["state"], told["takes_work"]) == ("stuck", False)
    assert told["claims_nothing"]["took_job_at"] == told["claims_nothing"]["since"]
    assert timedelta(seconds=299) < utc_now() - since < timedelta(seconds=330)


@pytest.mark.parametrize(
    ("ago", "bell"),
    [
        (STALLED_AFTER.total_seconds() - 20, "chunk-1-0fa9c1d2"),
        (300, "4f0c3a5e-somebody-elses"),
    ],
)
def test_a_worker_on_a_fresh_bell_or_on_a_job_of_others_is_not_stuck(
    hall: Hall, there: Visit, ago: float, bell: str
) -> None:
    there.take_in(letters(3), work=False)
    on_a_bell(hall, ago=ago, bell=bell)

    assert "Idle" in row_of(there)


@pytest.mark.parametrize("clock_ahead", [-120, 120])
@pytest.mark.parametrize(("ago", "state"), [(2, "idle"), (10, "idle"), (90, "stuck")])
def test_a_worker_whose_clock_is_wrong_is_judged_by_how_long_it_has_the_bell(
    hall: Hall, there: Visit, ago: float, state: str, clock_ahead: int
) -> None:
    there.take_in(letters(3), work=False)
    hall.enlist(NAME, state="busy", beat_ago=-clock_ahead, kept_seconds=70 - clock_ahead)
    hall.give_bell(NAME, ago=ago, clock_ahead=clock_ahead)
    hall.wait(1)

    (told,) = there.visitor().get("/api/health").json()["workers"]

    assert told["state"] == state


@pytest.mark.parametrize("why", ["nothing waits", "it rests", "it is paused"])
def test_while_no_work_is_due_nobody_is_stuck_on_a_bell(hall: Hall, there: Visit, why: str) -> None:
    there.take_in(letters(3), work=why == "nothing waits")
    later = {"not_before": utc_now() + timedelta(hours=1)}
    with there.house.database.write() as connection:
        if why == "it rests":
            connection.execute(update(chunk).values(later))
        if why == "it is paused":
            connection.execute(update(job).values(paused_at=utc_now()))
    on_a_bell(hall, ago=300)

    assert "Idle" in row_of(there)


@pytest.mark.parametrize(
    ("language", "state", "evidence"),
    [
        ("en", "Stuck", r"not moved since \d\d:\d\d:\d\d \(3 min( \d+ s)? ago\), though work"),
        ("ko", "막힘", r"3분( \d+초)? 전\)부터 움직이지 않음"),
    ],
)
def test_a_worker_that_leaves_calls_untaken_has_not_moved_since_and_that_is_told(
    hall: Hall, there: Visit, language: str, state: str, evidence: str
) -> None:
    leave_untaken(hall, there, waits=400, beat_ago=200)

    row = row_of(there, language)

    assert state in row
    assert re.search(evidence, row)


def leave_untaken(hall: Hall, there: Visit, *, waits: float = 400, beat_ago: float = 200) -> None:
    """Work is due for so many seconds, a wake-up call for it hangs, and a worker looks idle."""
    there.take_in(letters(3), work=False)
    begun = utc_now() - timedelta(seconds=waits)
    with there.house.database.write() as connection:
        connection.execute(update(job).values(created_at=begun))
    hall.redis.rpush("rq:queue:default", "chunk-1-0fa9c1d2")
    hall.enlist(NAME, beat_ago=beat_ago, kept_seconds=480)
    hall.wait(1)


def test_a_frozen_worker_is_told_to_programs_and_takes_no_work(hall: Hall, there: Visit) -> None:
    leave_untaken(hall, there, waits=400, beat_ago=200)

    health = there.visitor().get("/api/health").json()

    (told,) = health["workers"]
    since = datetime.fromisoformat(told["unmoved_since"])
    assert (told["state"], told["takes_work"], told["claims_nothing"]) == ("stuck", False, None)
    assert timedelta(seconds=199) < utc_now() - since < timedelta(seconds=230)
    assert (health["queue"]["consumers"], health["queue"]["stuck"]) == (0, True)


def test_a_worker_that_came_just_now_is_given_time_to_take_its_first(
    hall: Hall, there: Visit
) -> None:
    leave_untaken(hall, there, waits=400, beat_ago=5)

    health = there.visitor().get("/api/health").json()

    assert [one["state"] for one in health["workers"]] == ["idle"]
    assert (health["queue"]["unmoved"], health["queue"]["seem_free"]) == (True, 1)
    since = datetime.fromisoformat(health["queue"]["unmoved_since"])
    assert timedelta(seconds=399) < utc_now() - since < timedelta(seconds=430)
    assert "1 seems free" in there.visitor().get("/workers").text


@pytest.mark.parametrize(
    ("act", "told"),
    [("drain", "does not end: stop it instead"), ("stop", "is killed, and the worker ends")],
)
def test_whoever_drains_a_worker_that_hangs_is_told_that_it_does_not_end(
    hall: Hall, there: Visit, act: str, told: str
) -> None:
    there.take_in(letters(3), work=False)
    on_a_bell(hall, ago=52)
    visitor = there.visitor()

    one = visitor.get(f"/workers/{act}?name={NAME}").text
    everybody = visitor.get(f"/workers/{act}?all=yes").text

    assert told in one
    assert "ends at once; nothing is left" not in one
    assert ("The work-horse of 1 of them hangs" in everybody) is (act == "drain")


@pytest.mark.parametrize(
    ("language", "told"), [("en", "hears of it only when it goes on"), ("ko", "다시 움직일 때")]
)
@pytest.mark.parametrize("act", ["drain", "stop"])
def test_whoever_ends_a_frozen_worker_is_told_that_it_hears_nothing(
    hall: Hall, there: Visit, act: str, language: str, told: str
) -> None:
    leave_untaken(hall, there, waits=400, beat_ago=200)
    visitor = there.visitor(language=language)

    for query in (f"name={NAME}", "all=yes"):
        assert told in visitor.get(f"/workers/{act}?{query}").text


def test_where_no_worker_holds_a_chunk_the_question_lists_none(hall: Hall, there: Visit) -> None:
    hall.enlist(NAME)
    hall.wait(1)

    page = there.visitor().get("/workers/drain?all=yes").text

    assert "0 of them hold a chunk.</p>" in page
    assert "<ul>\n</ul>" not in page


def test_the_question_about_a_worker_astray_calls_it_astray(hall: Hall, there: Visit) -> None:
    hall.redis.set(f"{KEY_PREFIX}{NAME}", "other_database")
    hall.enlist(NAME)
    hall.wait(1)

    page = words_of(there.visitor().get(f"/workers/drain?name={NAME}").text)

    assert "Astray" in page
    assert "Idle" not in page


def test_only_workers_that_take_work_are_said_to_go_on_taking_it(hall: Hall, there: Visit) -> None:
    there.take_in(letters(3), work=False)
    hall.enlist("well-1")
    hall.enlist("well-2")
    hall.enlist("silent-1", beat_ago=110)
    hall.enlist("astray-1")
    hall.redis.set(f"{KEY_PREFIX}astray-1", "other_database")
    hall.enlist(NAME, state="busy", kept_seconds=70)
    hall.give_bell(NAME, ago=52)
    hall.wait(5)

    page = words_of(there.visitor().get("/workers/drain?name=well-1").text)

    assert "1 other worker goes on taking work." in page
