"""Two at the same row at the same moment, on the database that lets them: no lock is for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

import jobs.deleting
import jobs.errands
from jobs.attempts import Surroundings, run_attempt
from jobs.dispatch import Dispatch
from jobs.guard import arm_cpu_limit
from jobs.processor import Statistics
from jobs.reconcile import reconcile
from jobs.rereading import Wish, read_again
from jobs.workshop import this_worker
from mail.chunk import Chunk
from store import tables
from store.claims import Claim, advance, claim
from store.clock import utc_now
from store.database import OUTAGES, Database
from store.errands import ErrandKind, ErrandState
from store.messages import delete_range
from store.planning import add_chunks
from store.read_anew import set_aside
from store.recovery import silent_attempts
from store.rows import message_key
from store.states import ChunkState, EngineName, JobState
from store.vitals import beat
from store.wishes import cancel_job, retry_job, stop_worker
from tests.jobs.asked import ask, carry_out
from tests.jobs.floor import Floor
from tests.jobs.meeting import floor_on, meanwhile
from tests.mboxes import letters, offsets_in


@pytest.fixture
def floor(postgres_database: Database, tmp_path: Path) -> Floor:
    return floor_on(postgres_database, tmp_path)


def cancel(floor: Floor) -> Callable[[], object]:
    def act() -> None:
        with floor.workshop.database.write() as connection:
            assert cancel_job(connection, floor.job_id, now=utc_now())

    return act


def test_cancelling_takes_along_the_chunks_that_are_just_being_planned(floor: Floor) -> None:
    floor.hand_in(letters(5))
    plan = floor.must_claim()
    with floor.workshop.database.write() as connection:
        planned = [Chunk(start=0, stop=plan.size, messages=5)]
        add_chunks(connection, plan, planned=planned, since=0)
        end = meanwhile(floor, cancel(floor))
    end()

    assert [one.state for one in floor.chunks()] == [ChunkState.CANCELLED]
    assert floor.claim() is None


def test_cancelling_and_claiming_the_plan_do_not_wait_for_each_other(floor: Floor) -> None:
    floor.hand_in(letters(5))
    worker = this_worker(EngineName.LOCAL, "test")
    with floor.workshop.database.write() as connection:
        chunk_id = connection.execute(select(tables.chunk.c.id).with_for_update()).scalar_one()
        end = meanwhile(floor, cancel(floor))
        claim(connection, chunk_id, worker=worker, now=utc_now(), lease_seconds=10)
    end()

    assert floor.claim() is None


def test_giving_up_an_attempt_that_comes_back_does_not_end_in_a_deadlock(floor: Floor) -> None:
    floor.hand_in(letters(5))
    floor.plan()
    mine = floor.must_claim()
    overdue = utc_now() - timedelta(seconds=1)
    with floor.workshop.database.write() as connection:
        connection.execute(update(tables.attempt).values(lease_until=overdue))
    with floor.workshop.database.write() as connection:
        advance(connection, mine, since=mine.position, to=mine.stop)
        end = meanwhile(floor, lambda: reconcile(floor.workshop, None))
        assert beat(
            connection,
            mine.attempt_id,
            vitals=Statistics().vitals(),
            now=utc_now(),
            lease_seconds=10,
        )
    end()

    with floor.workshop.database.read() as connection:
        assert silent_attempts(connection, now=utc_now()) == []


def test_a_worker_that_freezes_in_mid_transaction_does_not_hold_its_chunk_for_ever(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor.hand_in(letters(5))
    floor.plan()
    mine = floor.must_claim()
    monkeypatch.setattr("store.database.FROZEN_SECONDS", 1)
    frozen = Database(floor.workshop.database.url)

    def freeze() -> None:
        with frozen.write() as connection:
            advance(connection, mine, since=mine.position, to=mine.stop)
            meanwhile(floor, cancel(floor))()

    with pytest.raises(OUTAGES):
        freeze()

    assert floor.chunks()[0].state is ChunkState.CANCELLED
    assert floor.chunks()[0].position == mine.position
    frozen.close()


def two_files_read(floor: Floor) -> tuple[Floor, Floor]:
    """Two files, each with a chunk in the hands of "test"; the later file's was planned first."""
    first, later = Floor(floor.workshop), Floor(floor.workshop)
    for one, number in ((first, 3), (later, 4)):
        one.hand_in(letters(number))
    plans = [first.must_claim(), later.must_claim()]
    for plan in reversed(plans):
        first.finish_claimed(plan)
    for _ in range(2):
        first.must_claim()
    return first, later


def test_stopping_a_worker_and_an_act_on_all_files_of_an_archive_do_not_end_in_a_deadlock(
    floor: Floor,
) -> None:
    first, later = two_files_read(floor)

    def stop() -> list[int]:
        with floor.workshop.database.write() as connection:
            return stop_worker(connection, "test", by="ann", now=utc_now())

    with floor.workshop.database.write() as connection:
        assert cancel_job(connection, first.job_id, now=utc_now())
        end = meanwhile(floor, stop)
        assert cancel_job(connection, later.job_id, now=utc_now())

    # Neither waits again: somebody has cancelled them.
    assert end() == []
    assert {one.state for one in (first.job(), later.job())} == {JobState.CANCELLED}


@pytest.mark.parametrize(
    ("kind", "last_step"),
    [(ErrandKind.READ_AGAIN, "plan_anew"), (ErrandKind.DELETE_UPLOAD, "forget_upload")],
)
def test_no_batch_slips_in_between_the_last_deletion_and_the_end_of_an_errand(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, kind: ErrandKind, last_step: str
) -> None:
    mbox = letters(5)
    floor.hand_in(mbox)
    floor.plan()
    errand = ask(floor, kind, job_id=floor.job_id, upload_id=floor.upload_id)
    retried: list[Claim] = []
    ends: list[Callable[[], object]] = []
    room = jobs.deleting if kind is ErrandKind.DELETE_UPLOAD else jobs.errands
    real = getattr(room, last_step)

    def retry_and_claim() -> bool:
        if not retried:
            with floor.workshop.database.write() as connection:
                retry_job(connection, floor.job_id)
            retried.append(floor.must_claim())
        return True

    def at_the_end(*words: object, **named: object) -> None:
        ends.append(meanwhile(floor, work))
        real(*words, **named)

    def work() -> None:
        run_attempt(floor.workshop, retried[0], surroundings=Surroundings())

    monkeypatch.setattr(room, last_step, at_the_end)

    assert carry_out(floor, errand, still_mine=retry_and_claim).state is ErrandState.DONE
    ends[0]()

    if kind is ErrandKind.DELETE_UPLOAD:
        assert floor.stored_offsets() == []
    else:
        floor.run()
        assert floor.job().state is JobState.FINISHED
        assert floor.stored_offsets() == offsets_in(mbox)


def test_a_cancel_is_not_lost_when_a_file_is_just_about_to_be_read_again(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor.hand_in(letters(5))
    floor.run()
    errand = ask(floor, ErrandKind.READ_AGAIN, job_id=floor.job_id, from_seq=0)
    dispatch = Dispatch(floor.workshop, link=None, wake_local=lambda: None)
    ends: list[Callable[[], object]] = []
    real = jobs.errands._begin_anew

    def begin_and_cancel(*words: Any, **named: Any) -> None:
        real(*words, **named)
        # It has looked whether somebody cancels, and has not committed yet.
        ends.append(meanwhile(floor, lambda: dispatch.cancel(floor.job_id, actor="account:bob")))

    monkeypatch.setattr(jobs.errands, "_begin_anew", begin_and_cancel)
    carry_out(floor, errand)

    assert ends[0]() is True
    assert floor.job().state is JobState.CANCELLED
    assert floor.run() == []


class _ThoughtBetterOfIt(Exception):
    """Rolls a deletion back, so that the same mail can be deleted again."""


def delete_all(connection: Connection, floor: Floor) -> None:
    """One step of deleting an upload."""
    cancel_job(connection, floor.job_id, now=utc_now())
    delete_range(connection, upload_id=floor.upload_id, start=0, stop=1 << 39, limit=500)


def set_all_aside(connection: Connection, floor: Floor) -> None:
    """One step of reading a whole file again."""
    set_aside(connection, floor.job_id, start=0, now=utc_now())
    delete_range(connection, upload_id=floor.upload_id, start=0, stop=1 << 39, limit=500)


@pytest.mark.parametrize("take_away", [delete_all, set_all_aside])
def test_reading_messages_again_and_taking_them_away_never_wait_for_each_other_for_ever(
    floor: Floor, take_away: Callable[[Connection, Floor], None]
) -> None:
    mbox = letters(8)
    floor.hand_in(mbox)
    floor.run()
    copies = Floor(floor.workshop)
    copies.hand_in(mbox)
    copies.run()
    arm_cpu_limit()
    keys = [message_key(floor.upload_id, offset) for offset in offsets_in(mbox)]
    over = threading.Event()

    def again_and_again() -> int:
        times = 0
        while not over.is_set():
            with suppress(_ThoughtBetterOfIt), floor.workshop.database.write() as connection:
                take_away(connection, floor)
                raise _ThoughtBetterOfIt
            times += 1
        return times

    with ThreadPoolExecutor(max_workers=1) as pool:
        taking_away = pool.submit(again_and_again)
        try:
            for key in keys * 5:
                wish = Wish(key=key, charset=None, dialect=None, wide=False, actor="test")
                read_again(floor.workshop, wish)
        finally:
            over.set()

    assert taking_away.result(timeout=30) > 5
    assert floor.books().balances
    assert floor.stored_offsets() == sorted(offsets_in(mbox) * 2)
