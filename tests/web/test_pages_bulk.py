"""Acts on all jobs that match: counted first, then done in the background, job by job."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import Engine, event

from store.accounts import Role
from store.audit import entries
from store.states import JobState
from tests.jobs.floor import Floor
from tests.mboxes import letters
from tests.web.test_pages_failures import carry_out, fail_jobs
from tests.web.visiting import Visit


@pytest.fixture
def floors(here: Visit) -> list[Floor]:
    """A job that finished, one that waits, and two that failed."""
    finished = here.take_in(letters(5), filename="done.mbox")
    waiting = here.take_in(letters(4), filename="waiting.mbox", work=False)
    here.house.dispatch.pause(waiting.job_id, actor="account:admin")
    return [finished, waiting, *fail_jobs(here, 2)]


def states(floors: list[Floor]) -> list[JobState]:
    return [floor.job().state for floor in floors]


@pytest.mark.parametrize(
    ("query", "promise"),
    [
        ("act=retry&state=failed", "Retry 2 jobs"),
        ("act=retry&state=failed&q=LETTERS", "Retry 2 jobs"),
        ("act=retry&state=failed&state=finished&by=test", "Retry 2 jobs"),
        ("act=retry&by=somebody", "There is nothing to do."),
        ("act=retry&q=done", "There is nothing to do."),
        ("act=cancel", "Cancel 1 job"),
        ("act=resume", "Let 1 job go on"),
        ("act=resume&state=failed", "There is nothing to do."),
        ("act=pause", "There is nothing to do."),
        ("act=delete&q=done", "Delete 1 job"),
        ("act=delete&since=2001-01-01", "Delete 4 jobs"),
        ("act=delete&until=2001-01-01", "There is nothing to do."),
    ],
)
def test_the_dry_run_says_how_many_jobs_it_would_touch(
    here: Visit, floors: list[Floor], query: str, promise: str
) -> None:
    before = states(floors)

    assert promise in here.visitor().get(f"/jobs/bulk?{query}").text
    assert states(floors) == before


def test_all_that_match_are_retried_and_followed(here: Visit, floors: list[Floor]) -> None:
    visitor = here.visitor()

    answer = visitor.post("/jobs/bulk", data={"act": "retry", "state": "failed"})
    carry_out(here, answer.headers["Location"])

    assert "0 of 2 chunks have come to an end" in visitor.get(answer.headers["Location"]).text
    assert states(floors)[2:] == [JobState.QUEUED] * 2
    floors[2].run()
    assert "Failed again" in visitor.get(answer.headers["Location"]).text
    with here.house.database.read() as connection:
        acts = [act.action for act in entries(connection, subject=f"job:{floors[2].job_id}")]
    assert "job.retry" in acts


def test_all_that_match_are_cancelled(here: Visit, floors: list[Floor]) -> None:
    answer = here.visitor().post("/jobs/bulk", data={"act": "cancel", "q": "mbox"})
    carry_out(here, answer.headers["Location"])

    assert states(floors)[:2] == [JobState.FINISHED, JobState.CANCELLED]


def test_all_that_match_are_let_go_on_and_paused(here: Visit, floors: list[Floor]) -> None:
    visitor, waiting = here.visitor(), floors[1]

    resumed = visitor.post("/jobs/bulk", data={"act": "resume", "state": "paused"})
    carry_out(here, resumed.headers["Location"])
    assert waiting.job().standing == "queued"
    paused = visitor.post("/jobs/bulk", data={"act": "pause", "q": "mbox"})
    carry_out(here, paused.headers["Location"])

    assert waiting.job().standing == "paused"
    assert states(floors)[2:] == [JobState.FAILED] * 2
    assert "Jobs paused</dt><dd>1" in visitor.get(paused.headers["Location"]).text
    with here.house.database.read() as connection:
        acts = [act.action for act in entries(connection, subject=f"job:{waiting.job_id}")]
    assert {"job.resume", "job.pause"} <= set(acts)
    assert "paused jobs" in visitor.get("/audit").text


@pytest.mark.parametrize(
    ("query", "offered"),
    [
        ("", ["retry", "resume", "cancel", "delete"]),
        ("q=done", ["delete"]),
        ("state=failed", ["retry", "delete"]),
        ("state=paused", ["resume", "cancel", "delete"]),
        ("q=nothing-like-it", []),
    ],
)
def test_only_what_can_be_done_to_something_that_matches_is_offered(
    here: Visit, floors: list[Floor], query: str, offered: list[str]
) -> None:
    for at in ("/jobs", "/fragments/jobs"):
        page = here.visitor().get(f"{at}?{query}").text
        assert re.findall(r'name="act" value="(\w+)"', page) == offered

    assert 'name="act"' not in here.visitor(Role.VIEWER).get(f"/jobs?{query}").text


def test_a_list_asks_the_database_nothing_more_for_what_it_offers(
    here: Visit, floors: list[Floor]
) -> None:
    numbers = list[int]()
    for role in (Role.VIEWER, Role.OPERATOR):
        visitor, asked = here.visitor(role), list[str]()
        visitor.get("/fragments/jobs")

        def note(*told: Any, to: list[str] = asked) -> None:
            to.append(told[2])

        event.listen(Engine, "before_cursor_execute", note)
        visitor.get("/fragments/jobs")
        event.remove(Engine, "before_cursor_execute", note)
        numbers.append(len(asked))

    assert numbers[0] > 0
    assert numbers[0] == numbers[1]


def test_what_waits_can_be_paused_and_not_be_let_go_on(here: Visit) -> None:
    here.take_in(letters(4), filename="waiting.mbox", work=False)

    page = here.visitor().get("/jobs").text

    assert re.findall(r'name="act" value="(\w+)"', page) == ["pause", "cancel", "delete"]


def test_all_that_match_are_deleted_when_somebody_is_sure(here: Visit, floors: list[Floor]) -> None:
    visitor = here.visitor()
    wish = {"act": "delete", "state": "finished"}
    assert visitor.post("/jobs/bulk", data=wish).status_code == 400

    wish["sure"] = "yes"
    unsaid = visitor.post("/jobs/bulk", data=wish)
    assert unsaid.status_code == 409
    said = re.search(r'name="said" value="([^"]*)"', unsaid.text)
    assert said is not None

    answer = visitor.post("/jobs/bulk", data={**wish, "said": said[1]})
    carry_out(here, answer.headers["Location"])

    assert visitor.get(f"/jobs/{floors[0].job_id}").status_code == 404
    assert visitor.get(f"/jobs/{floors[2].job_id}").status_code == 200
    done = visitor.get(answer.headers["Location"]).text
    assert "Files deleted" in done
    assert "Messages removed" in done


def test_what_means_nothing_is_refused_and_does_not_mean_everything(here: Visit) -> None:
    visitor = here.visitor()

    for wrong in (
        {"act": "burn"},
        {"act": "cancel", "state": "x"},
        {"act": "cancel", "since": "x"},
    ):
        assert visitor.post("/jobs/bulk", data=wrong).status_code == 400
        assert visitor.get("/jobs/bulk", params=wrong).status_code == 400
    assert here.visitor(Role.VIEWER).get("/jobs/bulk?act=retry").status_code == 403


@pytest.mark.parametrize(
    "narrowed",
    [
        "state=finished",
        "q=nothing",
        "by=account:nobody",
        "since=2037-01-01",
        "until=1999-01-01",
        "ended=2037-01-01",
        "quarantined=2020-01-01",
        "archive=999",
    ],
)
def test_whatever_narrows_a_list_narrows_what_an_act_on_all_of_it_means(
    here: Visit, narrowed: str
) -> None:
    here.take_in(letters(3), work=False)
    visitor = here.visitor()

    listed = visitor.get(f"/jobs?{narrowed}").text
    asked = visitor.get(f"/jobs/bulk?act=delete&{narrowed}").text

    assert "<tbody>" not in listed
    assert 'id="passed-over"' not in asked
    assert "There is nothing to do." in asked
