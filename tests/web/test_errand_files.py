"""Errands say which file they are about, before and after it is gone."""

from __future__ import annotations

import re

import pytest

from store.errands import ErrandKind
from store.uploads import forget_upload, mark_deleting
from tests.jobs.asked import ask, carry_out, look_up
from tests.jobs.floor import Floor
from tests.mboxes import letters
from tests.web.test_pages_failures import cause_in, fail_jobs
from tests.web.visiting import Visit

NAME = "<b>letters & \u05d0more.mbox"
SHOWN = "<bdi>&lt;b&gt;letters &amp; \u05d0more.mbox</bdi>"
OF_A_JOB = (
    ErrandKind.READ_AGAIN,
    ErrandKind.PAUSE_MEMBERS,
    ErrandKind.CANCEL_MEMBERS,
    ErrandKind.RETRY_MEMBERS,
)


@pytest.fixture
def floor(here: Visit) -> Floor:
    return here.take_in(letters(3), filename=NAME)


def test_a_deletion_names_its_file_while_it_waits_and_when_it_has_ended(
    here: Visit, floor: Floor
) -> None:
    errand = ask(floor, ErrandKind.DELETE_UPLOAD, upload_id=floor.upload_id)
    visitor = here.visitor()

    for _ in ("waiting", "done"):
        for at in ("/errands", "/fragments/errands", f"/errands/{errand.id}"):
            assert visitor.get(at).text.count(SHOWN) == 1
        carry_out(floor, errand)


@pytest.mark.parametrize("kind", OF_A_JOB)
def test_an_errand_about_a_job_names_the_file_of_the_job(
    here: Visit, floor: Floor, kind: ErrandKind
) -> None:
    errand = ask(floor, kind, job_id=floor.job_id)
    visitor = here.visitor()

    page = visitor.get(f"/errands/{errand.id}").text

    assert SHOWN in visitor.get("/errands").text
    assert SHOWN in page
    assert f'href="/jobs/{floor.job_id}"' in page


def test_an_errand_leads_to_no_job_whose_file_was_deleted(here: Visit, floor: Floor) -> None:
    errand = ask(floor, ErrandKind.READ_AGAIN, job_id=floor.job_id)
    delete(here, floor.upload_id)

    page = here.visitor().get(f"/errands/{errand.id}").text

    assert SHOWN in page
    assert "Deleted since" in page
    assert "/jobs/" not in re.sub(r"<nav.*?</nav>", "", page, flags=re.DOTALL)


MANY = (
    ErrandKind.RETRY_JOBS,
    ErrandKind.PAUSE_JOBS,
    ErrandKind.CANCEL_JOBS,
    ErrandKind.DELETE_JOBS,
)


@pytest.mark.parametrize("kind", MANY)
def test_an_errand_over_many_names_the_first_files_that_it_reached(
    here: Visit, kind: ErrandKind
) -> None:
    names = [f"file-{number}.mbox" for number in range(5)]
    floors = [
        here.take_in(letters(3 + number), filename=name, work=False)
        for number, name in enumerate(names)
    ]
    if kind is ErrandKind.RETRY_JOBS:
        for floor in floors:
            here.house.dispatch.cancel(floor.job_id, actor="test")
    errand = here.house.dispatch.ask(kind, {"q": "file-"}, actor="account:ann")

    carry_out(floors[0], look_up(floors[0], errand))

    visitor = here.visitor()
    acts = visitor.get(f"/audit?kind=errand&id={errand}").text
    for shown in (visitor.get("/errands").text, visitor.get(f"/errands/{errand}").text, acts):
        assert len(set(re.findall(r"file-\d\.mbox", shown))) == 3
        assert "and 2 more" in shown
    assert acts.count("and 2 more") == 2  # as it was asked for, and as it ended


def test_an_errand_over_many_that_reached_one_file_names_it_and_leads_to_it(here: Visit) -> None:
    other = here.take_in(letters(3), filename="other.mbox")
    (floor,) = fail_jobs(here, 1)
    visitor = here.visitor()
    for act in ("/jobs/bulk", "/failures/retry"):
        at = visitor.post(act, data={"act": "retry"}).headers["Location"]
        carry_out(floor, look_up(floor, int(at.rpartition("/")[2])))
        floor.run()

        page = visitor.get(at).text

        assert f'href="/jobs/{floor.job_id}"' in page
        assert floor.job().filename in page
        assert other.job_id not in page
        assert "other.mbox" not in page


def test_a_retry_of_many_failures_that_is_begun_again_still_names_what_it_was_for(
    here: Visit,
) -> None:
    floors = fail_jobs(here, 5)
    errand = ask(floors[0], ErrandKind.RETRY_FAILED)
    cut_short = carry_out(floors[0], errand, still_mine=lambda: False)
    carry_out(floors[0], cut_short)

    assert "and 2 more" in here.visitor().get(f"/errands/{errand.id}").text


def test_a_retry_of_many_failures_that_is_stopped_at_once_names_no_file(here: Visit) -> None:
    """Those it was for are named while it is open only: none of them was reached."""
    floors = fail_jobs(here, 2)
    errand = ask(floors[0], ErrandKind.RETRY_FAILED)
    begun = carry_out(floors[0], errand, still_mine=lambda: False)
    visitor = here.visitor()
    assert begun.done == 0
    assert "letters.mbox" in main_of(visitor.get(f"/errands/{errand.id}").text)

    assert here.house.dispatch.stop_errand(errand.id, actor="test")

    assert "letters.mbox" not in main_of(visitor.get(f"/errands/{errand.id}").text)
    assert "letters.mbox" not in visitor.get(f"/audit?kind=errand&id={errand.id}").text


@pytest.mark.parametrize("kind", [ErrandKind.RETRY_FAILED, ErrandKind.RETRY_JOBS])
def test_files_whose_chunks_were_all_put_back_are_not_named_as_reached(
    here: Visit, kind: ErrandKind
) -> None:
    floors = fail_jobs(here, 2)
    errand = ask(floors[0], kind)
    done = carry_out(floors[0], errand)
    assert done.done == 2

    assert here.house.dispatch.stop_errand(errand.id, actor="test")

    page = main_of(here.visitor().get(f"/errands/{errand.id}").text)
    assert "letters.mbox" not in page
    assert "2 were put back, retried anew or deleted since" in page


def test_of_files_some_chunks_of_which_were_begun_those_are_named(here: Visit) -> None:
    floors = fail_jobs(here, 2)
    errand = ask(floors[0], ErrandKind.RETRY_FAILED)
    carry_out(floors[0], errand)
    claimed = floors[0].must_claim()

    assert here.house.dispatch.stop_errand(errand.id, actor="test")

    page = main_of(here.visitor().get(f"/errands/{errand.id}").text)
    assert f'href="/jobs/{claimed.job_id}"' in page
    assert "more" not in page.partition("<dl")[2]


def main_of(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


def test_a_trial_names_its_file(here: Visit) -> None:
    (floor,) = fail_jobs(here, 1)
    visitor = here.visitor()
    key = cause_in(visitor.get("/failures").text)

    visitor.post(f"/failures/{key}/trial")

    assert floor.job().filename in visitor.get("/errands").text


def delete(here: Visit, upload_id: int) -> None:
    with here.house.database.write() as connection:
        mark_deleting(connection, upload_id)
        forget_upload(connection, upload_id)
