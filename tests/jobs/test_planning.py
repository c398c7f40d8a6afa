"""The plan of an mbox: its rule, its chunks, and the verdict on the job."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete, update

import jobs.planner
from jobs.attempts import Surroundings, run_attempt
from jobs.planner import Planner
from jobs.processor import StopAsked
from store import tables
from store.clock import utc_now
from store.planning import settle, unsettled_jobs
from store.states import ChunkState, JobState, Outcome
from store.wishes import cancel_job, pause_job, retry_job
from tests.jobs.floor import Floor
from tests.mboxes import letters, offsets_in


def test_chunks_touch_begin_on_messages_and_count_them(floor: Floor) -> None:
    mbox = letters(80, body_lines=20)
    floor.hand_in(mbox)

    floor.plan()

    chunks = floor.chunks()
    starts = [one.start for one in chunks]
    assert len(chunks) > 5
    assert set(starts) <= set(offsets_in(mbox))
    assert [one.stop for one in chunks] == [*starts[1:], len(mbox)]
    assert sum(one.expected_messages or 0 for one in chunks) == 80


def test_parsing_may_begin_before_the_scan_has_ended(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.planner, "STRETCH_CHUNKS", 1)
    floor.hand_in(letters(80, body_lines=20))
    rings = []

    Planner(
        floor.workshop,
        floor.must_claim(),
        stop_asked=lambda: False,
        still_moving=lambda: None,
        ring=lambda: rings.append(len(floor.chunks())),
    ).run()

    assert rings == list(range(1, len(rings) + 1))
    assert len(rings) > 5


def test_a_plan_that_died_is_continued_not_repeated(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.planner, "STRETCH_CHUNKS", 2)
    mbox = letters(80, body_lines=20)
    floor.hand_in(mbox)
    first = floor.must_claim()
    with pytest.raises(StopAsked):
        Planner(
            floor.workshop,
            first,
            stop_asked=lambda: True,
            still_moving=lambda: None,
            ring=lambda: None,
        ).run()
    begun = floor.chunks()
    floor.lose(first)

    floor.run()

    assert len(begun) == 2
    assert floor.chunks()[:2] != begun  # they are done by now
    assert [one.start for one in floor.chunks()[:2]] == [one.start for one in begun]
    assert floor.job().state is JobState.FINISHED
    assert floor.stored_offsets() == offsets_in(mbox)


def test_a_file_without_any_message_fails_at_once_and_says_so(floor: Floor) -> None:
    floor.hand_in(b"\0" * 5000)

    outcomes = floor.run()

    assert outcomes.count(Outcome.FAILED) == 1
    assert floor.job().state is JobState.FAILED
    assert floor.books().balances
    assert "no message" in (floor.job().error or "")


def test_the_rule_and_its_evidence_are_kept_with_the_job(floor: Floor) -> None:
    floor.hand_in(letters(5))

    floor.run()

    job = floor.job()
    assert job.rule is not None
    assert job.detection is not None
    assert job.rule["dialect"] != "none"


def test_a_job_whose_ledger_has_a_gap_is_incomplete_and_says_where(floor: Floor) -> None:
    mbox = letters(40, body_lines=20)
    floor.hand_in(mbox)
    floor.run()
    gone = floor.chunks()[2]
    with floor.workshop.database.write() as connection:
        connection.execute(
            delete(tables.ledger).where(
                tables.ledger.c.start >= gone.start, tables.ledger.c.start < gone.stop
            )
        )
        connection.execute(update(tables.job).values(state=JobState.RUNNING))

    with floor.workshop.database.write() as connection:
        verdict = settle(connection, floor.job_id, now=utc_now())

    assert verdict is JobState.INCOMPLETE
    assert floor.job().error == (
        f"{len(mbox) - (gone.stop - gone.start)} of {len(mbox)} bytes are accounted for; "
        f"the first gap is at byte {gone.start}"
    )


def test_a_job_whose_ledger_misses_a_message_is_incomplete(floor: Floor) -> None:
    floor.hand_in(letters(10))
    floor.run()
    with floor.workshop.database.write() as connection:
        connection.execute(update(tables.ledger).values(messages=9))
        connection.execute(update(tables.job).values(state=JobState.RUNNING))

    with floor.workshop.database.write() as connection:
        settle(connection, floor.job_id, now=utc_now())

    assert floor.job().state is JobState.INCOMPLETE
    assert floor.job().error == "the scan counted 10 messages, the ledger holds 9"


def test_row_57_a_cancelled_job_stops_and_can_be_continued(floor: Floor) -> None:
    mbox = letters(80, body_lines=20)
    floor.hand_in(mbox)
    floor.plan()
    floor.step()
    with floor.workshop.database.write() as connection:
        assert cancel_job(connection, floor.job_id, now=utc_now())

    assert floor.run() == []

    assert floor.job().state is JobState.CANCELLED
    assert {one.state for one in floor.chunks()} == {ChunkState.DONE, ChunkState.CANCELLED}
    with floor.workshop.database.write() as connection:
        assert retry_job(connection, floor.job_id) == len(floor.chunks()) - 1
    floor.run()
    assert floor.job().state is JobState.FINISHED
    assert floor.stored_offsets() == offsets_in(mbox)


def test_a_finished_job_can_be_neither_cancelled_nor_retried(floor: Floor) -> None:
    floor.hand_in(letters(3))
    floor.run()

    with floor.workshop.database.write() as connection:
        assert not cancel_job(connection, floor.job_id, now=utc_now())
        assert retry_job(connection, floor.job_id) == 0

    assert floor.job().state is JobState.FINISHED


def test_a_job_left_open_by_a_process_that_died_is_found(floor: Floor) -> None:
    floor.hand_in(letters(3))
    floor.run()
    with floor.workshop.database.write() as connection:
        connection.execute(update(tables.job).values(state=JobState.RUNNING, finished_at=None))

    with floor.workshop.database.read() as connection:
        assert unsettled_jobs(connection) == [floor.job_id]


def test_small_jobs_do_not_wait_behind_a_large_one(make_floor: Callable[..., Floor]) -> None:
    large, small = make_floor(), make_floor()
    large.hand_in(letters(200, body_lines=20))
    for _ in range(4):
        large.step()
    small.hand_in(letters(3), filename="small.mbox")

    small.step()
    small.step()

    assert small.job().state is JobState.FINISHED
    assert large.job().state is JobState.RUNNING


def test_a_planner_that_was_given_up_and_comes_back_does_not_lame_the_one_that_followed(
    floor: Floor,
) -> None:
    floor.hand_in(letters(5))
    slow = floor.must_claim()
    floor.lose(slow)
    follower = floor.must_claim()

    late = run_attempt(floor.workshop, slow, surroundings=Surroundings())
    on_time = run_attempt(floor.workshop, follower, surroundings=Surroundings())

    assert (late, on_time) == (Outcome.FENCED, Outcome.DONE)
    assert floor.run() == [Outcome.DONE]
    assert floor.job().state is JobState.FINISHED


def test_a_job_that_was_paused_when_it_ended_goes_on_when_it_is_retried(floor: Floor) -> None:
    floor.hand_in(letters(5))
    floor.plan()
    with floor.workshop.database.write() as connection:
        assert pause_job(connection, floor.job_id, now=utc_now())
        assert cancel_job(connection, floor.job_id, now=utc_now())
        assert retry_job(connection, floor.job_id) == 1

    assert floor.run() == [Outcome.DONE]


def test_a_job_that_ends_while_it_is_paused_is_not_paused_any_more(floor: Floor) -> None:
    floor.hand_in(letters(5))
    floor.plan()
    last = floor.must_claim()
    with floor.workshop.database.write() as connection:
        assert pause_job(connection, floor.job_id, now=utc_now())

    run_attempt(floor.workshop, last, surroundings=Surroundings())

    assert floor.job().state is JobState.FINISHED
    assert floor.job().paused_at is None


def test_what_is_paused_tells_no_speed_and_no_time_left(floor: Floor) -> None:
    floor.hand_in(letters(80, body_lines=20))
    floor.plan()
    floor.step()
    moving = floor.job().progress.bytes_per_second
    with floor.workshop.database.write() as connection:
        assert pause_job(connection, floor.job_id, now=utc_now())

    paused = floor.job().progress

    assert moving
    assert (paused.bytes_per_second, paused.messages_per_second, paused.eta_seconds) == (None,) * 3
