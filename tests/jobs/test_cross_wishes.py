"""Wishes that cross each other: cancelling while a file is read again, stopping a worker."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from jobs.deaths import note_death
from jobs.dispatch import Dispatch
from store import tables
from store.clock import utc_now
from store.errands import ErrandKind, ErrandState
from store.planning import settle
from store.retrying import put_back
from store.states import ChunkState, JobState, Outcome
from store.wishes import cancel_job, stop_worker
from tests.jobs.asked import ask, carry_out, count, look_up
from tests.jobs.floor import Floor
from tests.mboxes import letters


def dispatch_of(floor: Floor) -> Dispatch:
    return Dispatch(floor.workshop, link=None, wake_local=lambda: None)


def fail_what_waits(floor: Floor) -> None:
    """Every chunk that waits has failed at where it is."""
    waits = tables.chunk.c.state == ChunkState.WAITING
    failed = {"state": ChunkState.FAILED, "error": "no such luck", "ended_at": utc_now()}
    with floor.workshop.database.write() as connection:
        connection.execute(update(tables.chunk).where(waits).values(failed))
        settle(connection, floor.job_id, now=utc_now())


@pytest.mark.parametrize("from_seq", [0, 1])
def test_a_job_cancelled_while_its_file_is_read_again_stays_cancelled(
    floor: Floor, from_seq: int
) -> None:
    floor.hand_in(letters(1200))
    floor.run()
    errand = ask(floor, ErrandKind.READ_AGAIN, job_id=floor.job_id, from_seq=from_seq)
    answers: list[bool] = []

    def cancel() -> bool:
        if not answers:
            answers.append(dispatch_of(floor).cancel(floor.job_id, actor="account:bob"))
        return True

    done = carry_out(floor, errand, still_mine=cancel)

    assert answers == [True]
    assert done.state is ErrandState.DONE
    assert floor.job().state is JobState.CANCELLED
    assert floor.run() == []


def test_cancelling_before_it_is_read_again_leaves_its_messages(floor: Floor) -> None:
    floor.hand_in(letters(20))
    floor.run()
    errand = ask(floor, ErrandKind.READ_AGAIN, job_id=floor.job_id, from_seq=0)

    assert dispatch_of(floor).cancel(floor.job_id, actor="account:bob")

    assert look_up(floor, errand.id).state is ErrandState.STOPPED
    assert count(floor, tables.ledger) > 0
    assert floor.job().state is JobState.FINISHED


def test_a_retry_while_the_file_is_read_again_says_that_it_did_nothing(floor: Floor) -> None:
    floor.hand_in(letters(20))
    floor.plan()
    with floor.workshop.database.write() as connection:
        cancel_job(connection, floor.job_id, now=utc_now())
    ask(floor, ErrandKind.READ_AGAIN, job_id=floor.job_id, from_seq=0)

    assert not dispatch_of(floor).retry(floor.job_id, actor="account:bob").is_heard
    assert floor.job().state is JobState.CANCELLED


def test_what_was_cancelled_is_put_back_as_cancelled_whatever_failed_long_ago(
    floor: Floor,
) -> None:
    floor.hand_in(letters(20))
    floor.plan()
    with floor.workshop.database.write() as connection:
        connection.execute(update(tables.chunk).values(error="of long ago"))
        cancel_job(connection, floor.job_id, now=utc_now())
    errand = ask(floor, ErrandKind.RETRY_JOBS)
    carry_out(floor, errand)

    with floor.workshop.database.write() as connection:
        put_back(connection, errand.id, now=utc_now(), limit=100)

    parsing = [chunk.state for chunk in floor.chunks() if chunk.seq > 0]
    assert set(parsing) == {ChunkState.CANCELLED}


@pytest.mark.parametrize("end", [JobState.FINISHED, JobState.FAILED, JobState.CANCELLED])
def test_a_pause_that_comes_too_late_keeps_nothing_from_being_read_again(
    floor: Floor, end: JobState
) -> None:
    floor.hand_in(letters(20))
    floor.plan()
    if end is JobState.CANCELLED:
        assert dispatch_of(floor).cancel(floor.job_id, actor="account:ann")
    elif end is JobState.FAILED:
        fail_what_waits(floor)
    else:
        floor.run()

    assert not dispatch_of(floor).pause(floor.job_id, actor="account:bob")

    assert floor.rows(tables.job, "state", "paused_at") == [(end, None)]
    dispatch_of(floor).retry(floor.job_id, actor="account:ann")
    floor.run()
    assert floor.job().state is JobState.FINISHED


@pytest.mark.parametrize("found_by", ["its parent", "its silence"])
def test_what_a_stopped_worker_has_begun_since_blames_nobody(floor: Floor, found_by: str) -> None:
    floor.hand_in(letters(20))
    floor.plan()
    claim = floor.must_claim()
    with floor.workshop.database.read() as connection:
        attempt = connection.execute(
            tables.attempt.select().where(tables.attempt.c.id == claim.attempt_id)
        ).one()
    with floor.workshop.database.write() as connection:
        assert len(stop_worker(connection, attempt.worker, by="account:ann", now=utc_now())) == 1
    begun_since = floor.must_claim()  # its horse has not heard of it yet

    if found_by == "its parent":
        assert note_death(floor.workshop, pid=attempt.pid, how="signal 9") == 1
    else:
        floor.lose(begun_since)

    outcomes = floor.rows(tables.attempt, "outcome")
    assert outcomes.count((Outcome.LOST,)) == 0
    assert outcomes.count((Outcome.CANCELLED,)) == 2
    assert {tried for (tried,) in floor.rows(tables.chunk, "suspect_attempts")} == {0}


def test_another_life_under_the_same_name_is_blamed_as_ever(
    floor: Floor,
) -> None:
    floor.hand_in(letters(20))
    floor.plan()
    claim = floor.must_claim()
    with floor.workshop.database.read() as connection:
        attempt = connection.execute(
            tables.attempt.select().where(tables.attempt.c.id == claim.attempt_id)
        ).one()
    with floor.workshop.database.write() as connection:
        long_ago = utc_now() - timedelta(seconds=60)
        stop_worker(connection, attempt.worker, by="account:ann", now=long_ago)
    begun_since = floor.must_claim()

    floor.lose(begun_since)

    assert (Outcome.LOST,) in floor.rows(tables.attempt, "outcome")
