"""What is asked of an archive reaches what came out of it, and what comes out later."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from sqlalchemy import update

from jobs import unpacker
from jobs.dispatch import Dispatch
from store import tables
from store.clock import utc_now
from store.errands import ErrandKind, ErrandState
from store.inside import jobs_inside
from store.job_filter import JobFilter
from store.job_list import JobSort, page_of_jobs
from store.job_view import JobView
from store.jobs import list_jobs
from store.members import sum_of_members
from store.overall import SHOWN_STATES
from store.paging import FIRST
from store.states import JobState
from store.wishes import cancel_job
from tests.archives import mail, tar_of, zip_of
from tests.jobs.asked import ask, carry_out, look_up
from tests.jobs.floor import Floor

ONE, TWO = mail(1), mail(2)


def dispatch_of(floor: Floor) -> Dispatch:
    return Dispatch(floor.workshop, link=None, wake_local=lambda: None)


def inside(floor: Floor) -> list[tuple[str, JobState]]:
    with floor.workshop.database.read() as connection:
        return jobs_inside(connection, floor.job_id)


def paused_inside(floor: Floor) -> int:
    with floor.workshop.database.read() as connection:
        return sum_of_members(connection, floor.upload_id).paused_jobs


def test_what_comes_out_of_a_paused_archive_is_paused_too(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor.hand_in(zip_of({"a.mbox": ONE, "b.mbox": TWO}), filename="x.zip")
    complete, asked = unpacker.Unpacker._complete, list[bool]()

    def pausing(self: Any, *args: Any, **kwargs: Any) -> None:
        complete(self, *args, **kwargs)
        if not asked:
            asked.append(dispatch_of(floor).pause(floor.job_id, actor="account:bob"))

    monkeypatch.setattr(unpacker.Unpacker, "_complete", pausing)
    floor.plan()

    assert asked == [True]
    assert floor.run() == []
    assert paused_inside(floor) == 2
    assert dispatch_of(floor).resume(floor.job_id, actor="account:bob")
    floor.run()
    assert {state for _, state in inside(floor)} == {JobState.FINISHED}


@pytest.fixture
def failed_while_paused(make_floor: Callable[..., Floor]) -> Floor:
    """An archive that was paused while it was unpacked, and then came to its limit."""
    floor = make_floor(ARCHIVE_MEMBERS="2")
    floor.hand_in(tar_of((f"{one}.mbox", mail(one)) for one in range(4)), filename="x.tar")
    plan = floor.must_claim()
    assert dispatch_of(floor).pause(floor.job_id, actor="account:bob")
    floor.finish_claimed(plan)
    assert floor.job().state is JobState.FAILED
    assert paused_inside(floor) > 0
    return floor


def retry_all_failures(floor: Floor) -> None:
    assert carry_out(floor, ask(floor, ErrandKind.RETRY_FAILED)).done == 1


def retry_its_plan(floor: Floor) -> None:
    ((plan, _),) = [row for row in floor.rows(tables.chunk, "id", "state") if row[1] == "failed"]
    assert dispatch_of(floor).retry_chunk(plan, actor="account:bob")


def retry_it(floor: Floor) -> None:
    assert dispatch_of(floor).retry(floor.job_id, actor="account:bob").did == 1


RETRIES = [retry_all_failures, retry_its_plan, retry_it]


@pytest.mark.parametrize("retry", RETRIES)
def test_an_archive_that_failed_while_it_was_paused_goes_on_when_nothing_of_it_waits(
    failed_while_paused: Floor, retry: Callable[[Floor], None]
) -> None:
    for member, _ in inside(failed_while_paused):
        dispatch_of(failed_while_paused).resume(member, actor="account:bob")
    failed_while_paused.run()
    assert failed_while_paused.job().paused_at is None

    retry(failed_while_paused)

    assert failed_while_paused.job().paused_at is None
    assert len(failed_while_paused.run()) == 1


@pytest.mark.parametrize("retry", RETRIES)
def test_an_archive_that_failed_while_it_was_paused_waits_as_what_came_out_of_it(
    failed_while_paused: Floor, retry: Callable[[Floor], None]
) -> None:
    retry(failed_while_paused)

    assert failed_while_paused.job().standing == "paused"
    assert failed_while_paused.run() == []


def test_pausing_an_archive_of_which_nothing_waits_leaves_it_as_it_is(floor: Floor) -> None:
    floor.hand_in(zip_of({"a.mbox": ONE}), filename="x.zip")
    floor.run()

    assert not dispatch_of(floor).pause(floor.job_id, actor="account:bob")

    assert set(floor.rows(tables.job, "paused_at")) == {(None,)}


def test_an_archive_whose_innermost_mail_is_paused_offers_to_go_on(floor: Floor) -> None:
    floor.hand_in(zip_of({"inner.zip": zip_of({"a.mbox": ONE})}), filename="x.zip")
    floor.plan()
    floor.plan()

    assert dispatch_of(floor).pause(floor.job_id, actor="account:bob")

    assert paused_inside(floor) == 1
    assert floor.run() == []


@pytest.mark.parametrize("begun", [False, True])
def test_cancelling_an_archive_stops_what_is_read_again_of_it(floor: Floor, begun: bool) -> None:
    floor.hand_in(zip_of({"a.mbox": ONE}), filename="x.zip")
    floor.run()
    ((member, _),) = inside(floor)
    errand = ask(floor, ErrandKind.READ_AGAIN, job_id=member, from_seq=0)
    answers: list[bool] = []

    def cancel() -> bool:
        if not answers:
            answers.append(dispatch_of(floor).cancel(floor.job_id, actor="account:bob"))
        return True

    if begun:
        carry_out(floor, errand, still_mine=cancel)
    else:
        cancel()

    assert answers == [True]
    assert look_up(floor, errand.id).state is (ErrandState.DONE if begun else ErrandState.STOPPED)
    assert inside(floor) == [(member, JobState.CANCELLED if begun else JobState.FINISHED)]
    assert floor.run() == []


def test_retrying_many_jobs_retries_what_came_out_of_archives(floor: Floor) -> None:
    floor.hand_in(zip_of({"a.mbox": ONE, "b.mbox": TWO}), filename="x.zip")
    floor.plan()
    with floor.workshop.database.write() as connection:
        for member, _ in jobs_inside(connection, floor.job_id):
            cancel_job(connection, member, now=utc_now())

    errand = carry_out(floor, ask(floor, ErrandKind.RETRY_JOBS, q="x.zip", state="cancelled"))

    assert (errand.state, errand.done) == (ErrandState.DONE, 2)
    floor.run()
    assert {state for _, state in inside(floor)} == {JobState.FINISHED}


@pytest.mark.parametrize("own", [JobState.QUEUED, JobState.PLANNING, JobState.FINISHED])
def test_lists_narrowed_to_a_state_hold_the_jobs_that_tell_it(floor: Floor, own: JobState) -> None:
    floor.hand_in(zip_of({"a.mbox": ONE, "b.mbox": TWO}), filename="x.zip")
    floor.run()
    (first, _), _ = inside(floor)
    for within in (JobState.QUEUED, JobState.RUNNING, JobState.FAILED):
        for own_paused, within_paused in product((False, True), repeat=2):
            stand(floor, floor.job_id, own, is_paused=own_paused)
            stand(floor, first, within, is_paused=within_paused)
            assert_lists_agree(floor)


def assert_lists_agree(floor: Floor) -> None:
    """Each list by a state holds exactly the jobs whose view tells that state."""
    with floor.workshop.database.read() as connection:
        views = list_jobs(connection, now=utc_now())
        for state in JobState:
            narrowed = list_jobs(connection, now=utc_now(), states=[state])
            assert ids(narrowed) == ids([one for one in views if one.status is state]), state
        for shown in SHOWN_STATES:
            page = page_of_jobs(
                connection,
                JobFilter(states=(shown,)),
                sort=JobSort.ADDED,
                down=True,
                turn=FIRST,
                size=9,
                now=utc_now(),
            )
            found = ids([listed.job for listed in page.rows])
            assert found == ids([one for one in views if one.standing == shown]), shown


def stand(floor: Floor, job_id: str, state: JobState, *, is_paused: bool) -> None:
    """A job stands like that, whatever was done of it."""
    with floor.workshop.database.write() as connection:
        connection.execute(
            update(tables.job)
            .where(tables.job.c.id == job_id)
            .values(state=state, paused_at=utc_now() if is_paused else None)
        )


def ids(views: list[JobView]) -> set[str]:
    return {one.id for one in views}
