"""Errands: delete an upload, read an mbox again, let failures go on; in steps, to an end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, update

import jobs.deleting
import jobs.errands
from jobs.errand_runner import ErrandRunner
from store import tables, tables_mail
from store.clock import utc_now
from store.errands import (
    ErrandKind,
    ErrandState,
    next_errand,
)
from store.failure_filter import FailureFilter
from store.failure_lists import CauseOrder, failed_causes
from store.failures import sort_failures
from store.removing import delete_range
from store.states import ChunkKind, ChunkState, JobState
from store.uploads import UploadState, mark_deleting, require_upload
from tests.harness.waiting import wait_until
from tests.jobs.asked import ask, carry_out, count, look_up
from tests.jobs.floor import Floor
from tests.mboxes import letters, offsets_in


def test_deleting_an_upload_removes_mail_books_and_mbox(floor: Floor) -> None:
    floor.hand_in(letters(1200))
    floor.run()

    done = carry_out(floor, ask(floor, ErrandKind.DELETE_UPLOAD, upload_id=floor.upload_id))

    assert done.state is ErrandState.DONE
    assert done.result is not None
    assert done.result["messages_removed"] == 1200
    for table in (
        tables_mail.message,
        tables_mail.message_text,
        tables_mail.message_search,
        tables_mail.content,
        tables.ledger,
        tables.chunk,
        tables.attempt,
    ):
        assert count(floor, table) == 0, table.name
    assert not floor.workshop.spool.path(floor.spool_name).exists()
    with floor.workshop.database.read() as connection:
        assert require_upload(connection, floor.upload_id).state is UploadState.DELETED


def test_deleting_one_of_two_copies_keeps_the_mail_of_the_other(
    make_floor: Callable[..., Floor],
) -> None:
    first, second = make_floor(), make_floor()
    first.hand_in(letters(20))
    first.run()
    second.hand_in(letters(20))
    second.run()
    assert second.job().progress.duplicates == 20

    carry_out(first, ask(first, ErrandKind.DELETE_UPLOAD, upload_id=first.upload_id))

    assert count(first, tables_mail.message) == 20
    assert count(first, tables_mail.message_text) == 20
    assert second.rows(tables_mail.message, "kind", "duplicate_of") == [("message", None)] * 20


def test_deleting_stops_a_job_that_still_runs(floor: Floor) -> None:
    floor.hand_in(letters(200, body_lines=20))
    floor.plan()
    floor.step()

    carry_out(floor, ask(floor, ErrandKind.DELETE_UPLOAD, upload_id=floor.upload_id))

    assert floor.run() == []
    assert count(floor, tables_mail.message) == 0


def test_an_errand_that_was_interrupted_is_begun_again_and_ends_the_same(floor: Floor) -> None:
    floor.hand_in(letters(1200))
    floor.run()
    errand = ask(floor, ErrandKind.DELETE_UPLOAD, upload_id=floor.upload_id)
    looks = iter([True, False])

    half = carry_out(floor, errand, still_mine=lambda: next(looks))
    assert half.state is ErrandState.RUNNING
    assert 0 < count(floor, tables_mail.message) < 1200
    done = carry_out(floor, half)

    assert done.state is ErrandState.DONE
    assert done.result is not None
    assert done.result["messages_removed"] == 1200
    assert count(floor, tables_mail.message) == 0


def test_reading_again_from_a_chunk_gives_the_same_messages(floor: Floor) -> None:
    mbox = letters(100, body_lines=10)
    floor.hand_in(mbox)
    floor.run()

    done = carry_out(floor, ask(floor, ErrandKind.READ_AGAIN, job_id=floor.job_id, from_seq=4))
    kept = floor.stored_offsets()
    floor.run()

    assert done.state is ErrandState.DONE
    assert 0 < len(kept) < 100
    assert max(kept) < floor.chunks()[3].start
    assert floor.job().state is JobState.FINISHED
    assert floor.stored_offsets() == offsets_in(mbox)
    assert floor.books().balances
    assert floor.job().progress.messages == 100


def test_reading_all_again_plans_anew_by_the_rule_asked_for(floor: Floor) -> None:
    mbox = letters(50)
    floor.hand_in(mbox)
    floor.run()

    carry_out(
        floor, ask(floor, ErrandKind.READ_AGAIN, job_id=floor.job_id, from_seq=0, dialect="mboxo")
    )
    assert count(floor, tables_mail.message) == 0
    floor.run()

    job = floor.job()
    assert job.rule is not None
    assert job.rule["dialect"] == "mboxo"
    assert job.state is JobState.FINISHED
    assert floor.stored_offsets() == offsets_in(mbox)


def test_a_job_is_not_green_while_its_messages_are_being_taken_away(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor.hand_in(letters(1200))
    floor.run()

    def delete_some(*words: Any, **named: Any) -> int:
        monkeypatch.undo()
        delete_range(*words, **named)
        raise ValueError("a bug of ours")

    monkeypatch.setattr(jobs.errands, "delete_range", delete_some)
    errand = ask(floor, ErrandKind.READ_AGAIN, job_id=floor.job_id, from_seq=0)

    assert carry_out(floor, errand).state is ErrandState.FAILED
    assert floor.job().state is JobState.CANCELLED

    carry_out(floor, ask(floor, ErrandKind.READ_AGAIN, job_id=floor.job_id, from_seq=0))
    floor.run()
    assert floor.job().state is JobState.FINISHED


def test_reading_again_from_a_chunk_on_also_finishes_what_runs_before_it(floor: Floor) -> None:
    mbox = letters(80, body_lines=20)
    floor.hand_in(mbox)
    floor.plan()
    floor.must_claim()

    carry_out(floor, ask(floor, ErrandKind.READ_AGAIN, job_id=floor.job_id, from_seq=3))
    floor.run()

    assert floor.job().state is JobState.FINISHED
    assert floor.stored_offsets() == offsets_in(mbox)


def test_an_errand_for_a_job_that_is_gone_fails_with_a_sentence(floor: Floor) -> None:
    done = carry_out(floor, ask(floor, ErrandKind.READ_AGAIN, job_id="gone", from_seq=0))

    assert done.state is ErrandState.FAILED
    assert done.error == "The job is gone."


@pytest.mark.parametrize("is_a_bug", [False, True])
def test_only_a_bug_is_logged_with_its_traceback(
    floor: Floor, is_a_bug: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_a_bug:
        monkeypatch.delattr("jobs.errands.find_job")

    carry_out(floor, ask(floor, ErrandKind.READ_AGAIN, job_id="gone", from_seq=0))

    logged = [record for record in caplog.records if record.name == "jobs.errands"]
    assert [bool(record.exc_info) for record in logged] == [is_a_bug]
    assert is_a_bug or logged[0].getMessage().endswith("The job is gone.")


def test_retrying_failures_of_one_cause_leaves_the_others(floor: Floor) -> None:
    floor.hand_in(letters(100, body_lines=10))
    floor.plan()
    ids = [one.id for one in floor.chunks()]
    with floor.workshop.database.write() as connection:
        for chunk_ids, error in ((ids[:3], "SpoolError: gone"), (ids[3:5], "Other: cause")):
            connection.execute(
                update(tables.chunk)
                .where(tables.chunk.c.id.in_(chunk_ids))
                .values(state=ChunkState.FAILED, error=error, ended_at=utc_now())
            )
    with floor.workshop.database.write() as connection:
        sort_failures(connection, now=utc_now(), limit=100)
        causes = failed_causes(connection, FailureFilter(), order=CauseOrder.MOST)
    cause = causes.found[0].key
    done = carry_out(floor, ask(floor, ErrandKind.RETRY_FAILED, cause=cause))

    assert (done.done, done.total) == (3, 3)
    states = [one.state for one in floor.chunks()]
    assert states[:5] == [ChunkState.WAITING] * 3 + [ChunkState.FAILED] * 2


def test_retrying_every_failure_takes_in_every_cause(floor: Floor) -> None:
    floor.hand_in(letters(100, body_lines=10))
    floor.plan()
    with floor.workshop.database.write() as connection:
        connection.execute(
            update(tables.chunk)
            .where(tables.chunk.c.kind == ChunkKind.PARSE)
            .values(state=ChunkState.FAILED, error="Some: cause")
        )

    done = carry_out(floor, ask(floor, ErrandKind.RETRY_FAILED, cause=None))

    assert done.result == {"chunks": len(floor.chunks())}
    assert {one.state for one in floor.chunks()} == {ChunkState.WAITING}


def test_the_background_runner_carries_errands_out_and_rings(floor: Floor) -> None:
    floor.hand_in(letters(10))
    floor.run()
    rings: list[None] = []
    errand = ask(floor, ErrandKind.DELETE_UPLOAD, upload_id=floor.upload_id)
    runner = ErrandRunner(floor.workshop, ring=lambda: rings.append(None))

    runner.start()
    wait_until(
        lambda: look_up(floor, errand.id).state is ErrandState.DONE, what="the errand is done"
    )
    runner.stop()

    assert not runner.is_alive()
    assert rings
    with floor.workshop.database.read() as connection:
        assert next_errand(connection) is None


def test_nothing_is_removed_when_the_mbox_could_not_be_read_again(floor: Floor) -> None:
    floor.hand_in(letters(3))
    floor.run()
    floor.workshop.spool.path(floor.spool_name).unlink()

    errand = carry_out(floor, ask(floor, ErrandKind.READ_AGAIN, job_id=floor.job_id, from_seq=0))

    assert errand.state is ErrandState.FAILED
    assert "Nothing was removed" in (errand.error or "")
    assert count(floor, tables_mail.message) == 3


def test_trouble_that_does_not_pass_ends_an_errand(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing_table(connection: Connection, **_: object) -> int:
        connection.exec_driver_sql("SELECT * FROM nothing_of_that_name")
        return 0

    floor.hand_in(letters(3))
    floor.run()
    monkeypatch.setattr(jobs.deleting, "delete_range", missing_table)

    errand = carry_out(floor, ask(floor, ErrandKind.DELETE_UPLOAD, upload_id=floor.upload_id))

    assert errand.state is ErrandState.FAILED


def test_what_a_failed_errand_left_half_deleted_is_taken_up_again(floor: Floor) -> None:
    floor.hand_in(letters(3))
    floor.run()
    with floor.workshop.database.write() as connection:
        mark_deleting(connection, floor.upload_id)
    runner = ErrandRunner(floor.workshop, ring=lambda: None)

    runner.start()
    wait_until(lambda: count(floor, tables.chunk) == 0, what="the books are gone")
    runner.stop()

    assert count(floor, tables_mail.message) == 0
    assert floor.rows(tables.upload, "state") == [(UploadState.DELETED,)]
