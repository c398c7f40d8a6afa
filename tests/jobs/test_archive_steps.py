"""What is asked of a large archive is done in steps, and survives a kill between them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, select

from jobs.dispatch import Dispatch
from store import wishes_inside
from store.clock import utc_now
from store.errands import Errand, ErrandKind, ErrandState, list_errands
from store.inside import jobs_inside
from store.members import sum_of_members
from store.states import JobState
from store.tables import job, upload
from store.uploads import UploadKind, complete_upload, open_upload
from store.wish_acts import Wish, act
from store.wishes_inside import begin_wish, first_step, next_step
from tests.archives import mail, zip_of
from tests.jobs.asked import ask, carry_out, look_up
from tests.jobs.floor import Floor

FIVE = {f"{number}.mbox": mail(number) for number in range(5)}


@pytest.fixture
def archive(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> Floor:
    """Five files that are not read yet, out of one archive; two jobs are reached in a step."""
    monkeypatch.setattr(wishes_inside, "STEP_JOBS", 2)
    floor.hand_in(zip_of(FIVE), filename="x.zip")
    floor.plan()
    return floor


def dispatch_of(floor: Floor) -> Dispatch:
    return Dispatch(floor.workshop, link=None, wake_local=lambda: None)


def states(floor: Floor) -> list[JobState]:
    with floor.workshop.database.read() as connection:
        return sorted(state for _, state in jobs_inside(connection, floor.job_id))


def paused(floor: Floor) -> int:
    with floor.workshop.database.read() as connection:
        return sum_of_members(connection, floor.upload_id).paused_jobs


def errands(floor: Floor) -> list[Errand]:
    """Those that are not over, the oldest first."""
    with floor.workshop.database.read() as connection:
        waiting = list_errands(connection, states=[ErrandState.WAITING, ErrandState.RUNNING])
    return waiting[::-1]


def inner_job(floor: Floor) -> str:
    """The archive inside the one that was handed in."""
    with floor.workshop.database.read() as connection:
        inner = select(upload.c.id).where(upload.c.filename.like("%inner.zip")).scalar_subquery()
        found = connection.execute(select(job.c.id).where(job.c.upload_id == inner))
        return str(found.scalar_one())


def once() -> Callable[[], bool]:
    """A lease that is lost after the first step."""
    return lambda: False


def test_a_pause_reaches_some_at_once_and_the_rest_by_an_errand(archive: Floor) -> None:
    assert dispatch_of(archive).pause(archive.job_id, actor="account:bob")

    assert paused(archive) == 2
    (errand,) = errands(archive)
    assert (errand.kind, errand.created_by) == (ErrandKind.PAUSE_MEMBERS, "account:bob")
    ended = carry_out(archive, errand)
    assert (ended.state, ended.result) == (ErrandState.DONE, {"reached": 3})
    assert paused(archive) == 5
    assert archive.run() == []


@pytest.mark.parametrize(
    ("wish", "end"),
    [(Wish.PAUSE, JobState.QUEUED), (Wish.CANCEL, JobState.CANCELLED)],
)
def test_an_act_that_is_killed_between_two_steps_is_taken_up_again(
    archive: Floor, wish: Wish, end: JobState
) -> None:
    with archive.workshop.database.write() as connection:
        begin_wish(connection, archive.job_id, wish, by="account:bob", now=utc_now())
    (errand,) = errands(archive)
    cut_short = carry_out(archive, errand, still_mine=once())
    assert cut_short.state is ErrandState.RUNNING

    ended = carry_out(archive, cut_short)

    assert (ended.state, ended.done) == (ErrandState.DONE, 3)
    assert states(archive) == [end] * 5
    assert archive.run() == []


def test_going_on_and_retrying_reach_everybody_too(archive: Floor) -> None:
    dispatch = dispatch_of(archive)
    for begin in (dispatch.pause, dispatch.resume, dispatch.cancel, dispatch.retry):
        begin(archive.job_id, actor="account:bob")
        for errand in errands(archive):
            carry_out(archive, errand)

    archive.run()

    assert states(archive) == [JobState.FINISHED] * 5


def test_an_act_that_meets_another_under_way_has_the_last_word(archive: Floor) -> None:
    dispatch = dispatch_of(archive)
    assert dispatch.cancel(archive.job_id, actor="account:bob")
    assert dispatch.retry(archive.job_id, actor="account:ann").is_heard

    for errand in errands(archive):
        carry_out(archive, errand)
    archive.run()

    assert states(archive) == [JobState.FINISHED] * 5


def test_an_act_that_reaches_further_than_one_under_way_is_not_undone_by_it(
    archive: Floor,
) -> None:
    dispatch = dispatch_of(archive)
    with archive.workshop.database.read() as connection:
        members = [job_id for job_id, _ in jobs_inside(connection, archive.job_id)]
    for one in members[3:]:
        dispatch.pause(one, actor="account:bob")
    assert dispatch.pause(archive.job_id, actor="account:bob")
    for one in members[:2]:
        dispatch.resume(one, actor="account:bob")

    assert dispatch.resume(archive.job_id, actor="account:bob")
    for errand in errands(archive):
        carry_out(archive, errand)

    assert paused(archive) == 0


@pytest.mark.parametrize("within", [False, True])
def test_an_act_that_finds_nothing_to_do_yet_has_the_last_word_too(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, within: bool
) -> None:
    monkeypatch.setattr(wishes_inside, "STEP_JOBS", 2)
    files = zip_of(FIVE)
    floor.hand_in(zip_of({"inner.zip": files}) if within else files, filename="x.zip")
    floor.plan()
    if within:
        floor.plan()
    dispatch = dispatch_of(floor)
    dispatch.cancel(floor.job_id, actor="account:bob")
    carry_out(floor, errands(floor)[0])
    assert dispatch.retry(floor.job_id, actor="account:ann").did == 2
    floor.run()  # those that were retried at once

    assert dispatch.cancel(inner_job(floor) if within else floor.job_id, actor="account:bob")
    for errand in errands(floor):
        carry_out(floor, errand)

    assert floor.run() == []
    assert states(floor).count(JobState.CANCELLED) == 3


def test_asking_twice_for_what_an_errand_does_asks_for_no_other(archive: Floor) -> None:
    dispatch = dispatch_of(archive)
    dispatch.cancel(archive.job_id, actor="account:bob")
    carry_out(archive, errands(archive)[0], still_mine=once())
    carry_out(archive, errands(archive)[0], still_mine=once())
    assert states(archive) == [JobState.CANCELLED] * 5

    assert not dispatch.cancel(archive.job_id, actor="account:bob")
    assert len(errands(archive)) == 1


def test_a_pause_that_meets_only_archives_inside_at_first_is_heard(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wishes_inside, "STEP_JOBS", 2)
    files = {f"{one}.zip": zip_of({"a.mbox": mail(one)}) for one in range(2)}
    floor.hand_in(zip_of(files), filename="x.zip")
    for _ in range(3):
        floor.plan()

    assert dispatch_of(floor).pause(floor.job_id, actor="account:bob")
    for errand in errands(floor):
        carry_out(floor, errand)

    assert paused(floor) == 2
    assert floor.job().paused_at is not None


def test_what_an_archive_inside_gives_until_its_turn_comes_is_reached_too(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor.hand_in(zip_of({"inner.zip": zip_of({"a.mbox": mail(1)})}), filename="x.zip")
    floor.plan()

    def late(connection: Connection, row: Any, doing: Any) -> int:
        if row.upload_id != floor.upload_id and row.kind == UploadKind.ARCHIVE:
            monkeypatch.setattr(wishes_inside, "act", act)
            came = open_upload(
                connection,
                filename="late.mbox",
                declared_size=None,
                by="test",
                now=utc_now(),
                archive_id=row.upload_id,
            )
            complete_upload(connection, came, size=1, sha256="0" * 64, now=utc_now())
        return act(connection, row, doing)

    monkeypatch.setattr(wishes_inside, "act", late)

    assert dispatch_of(floor).pause(floor.job_id, actor="account:bob")

    with floor.workshop.database.read() as connection:
        assert len(jobs_inside(connection, floor.job_id)) == 2
    assert paused(floor) == 2


def test_what_comes_out_of_an_archive_inside_after_the_wish_does_not_escape(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wishes_inside, "STEP_JOBS", 2)
    within = zip_of({f"in{number}.mbox": mail(10 + number) for number in range(3)})
    first, second, *others = FIVE
    names = [first, second, "inner.zip", *others]
    files = {name: FIVE.get(name, within) for name in names}
    floor.hand_in(zip_of(files), filename="x.zip")
    floor.plan()
    dispatch_of(floor).pause(floor.job_id, actor="account:bob")
    # The archive inside is not reached yet, and gives its files now.
    while not (claimed := floor.must_claim()).is_archive:
        floor.finish_claimed(claimed)
    floor.finish_claimed(claimed)

    for errand in errands(floor):
        carry_out(floor, errand)

    assert paused(floor) == 8
    assert floor.run() == []


@pytest.mark.parametrize(
    "kind", [ErrandKind.PAUSE_JOBS, ErrandKind.CANCEL_JOBS, ErrandKind.RETRY_JOBS]
)
def test_a_bulk_act_killed_within_an_archive_goes_on_in_it(
    archive: Floor, kind: ErrandKind
) -> None:
    if kind is ErrandKind.RETRY_JOBS:
        carry_out(archive, ask(archive, ErrandKind.CANCEL_JOBS, q="x.zip"))
        assert states(archive) == [JobState.CANCELLED] * 5
    # The archive itself is over by then, and matches no more.
    errand = ask(archive, kind, q="x.zip")
    cut_short = carry_out(archive, errand, still_mine=once())
    assert cut_short.place["after"] is not None

    ended = carry_out(archive, cut_short)

    assert ended.state is ErrandState.DONE
    expected = JobState.CANCELLED if kind is ErrandKind.CANCEL_JOBS else JobState.QUEUED
    assert states(archive) == [expected] * 5
    assert paused(archive) == (5 if kind is ErrandKind.PAUSE_JOBS else 0)
    assert ended.done == 5


def test_a_step_reaches_no_more_jobs_than_it_may(archive: Floor) -> None:
    reached: list[int] = []
    after: int | None = 0
    while after is not None:
        with archive.workshop.database.write() as connection:
            step = next_step(connection, archive.job_id, Wish.PAUSE, after=after, now=utc_now())
        reached.append(step.did)
        after = step.after

    assert reached == [2, 2, 1]


def test_a_retry_leaves_alone_what_is_being_read_again(archive: Floor) -> None:
    dispatch = dispatch_of(archive)
    dispatch.cancel(archive.job_id, actor="account:bob")
    carry_out(archive, errands(archive)[0])
    with archive.workshop.database.read() as connection:
        one, *others = [job_id for job_id, _ in jobs_inside(connection, archive.job_id)]
    reading = ask(archive, ErrandKind.READ_AGAIN, job_id=one, from_seq=0)
    carry_out(archive, reading, still_mine=once())

    assert dispatch.retry(archive.job_id, actor="account:bob").did == 2
    for errand in errands(archive):
        if errand.kind is ErrandKind.RETRY_MEMBERS:
            carry_out(archive, errand)

    with archive.workshop.database.read() as connection:
        now = dict(jobs_inside(connection, archive.job_id))
    assert now[one] is JobState.CANCELLED
    assert {now[other] for other in others} == {JobState.QUEUED}
    assert carry_out(archive, look_up(archive, reading.id)).state is ErrandState.DONE


def test_a_bulk_retry_leaves_alone_what_is_being_read_again(floor: Floor) -> None:
    floor.hand_in(mail(1))
    dispatch_of(floor).cancel(floor.job_id, actor="account:bob")
    reading = ask(floor, ErrandKind.READ_AGAIN, job_id=floor.job_id, from_seq=0)
    carry_out(floor, reading, still_mine=once())

    retried = carry_out(floor, ask(floor, ErrandKind.RETRY_JOBS))

    assert retried.done == 0
    assert floor.job().state is JobState.CANCELLED


def test_acts_at_the_same_moment_do_not_wait_for_each_other_for_ever(
    make_floor: Callable[..., Floor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wishes_inside, "STEP_JOBS", 20)
    floor = make_floor()
    floor.hand_in(zip_of({f"{one}.mbox": mail(one) for one in range(40)}), filename="x.zip")
    floor.plan()

    def act(wish: Wish) -> None:
        for _ in range(5):
            after: int | None = 0
            with floor.workshop.database.write() as connection:
                first_step(connection, floor.job_id, wish, now=utc_now())
            while after is not None:
                with floor.workshop.database.write() as connection:
                    step = next_step(connection, floor.job_id, wish, after=after, now=utc_now())
                after = step.after

    with ThreadPoolExecutor(len(Wish)) as pool:
        for done in [pool.submit(act, wish) for wish in Wish]:
            done.result(timeout=60)
