"""Bulk retries and trials: what they move, what became of it, what stopping gives back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, delete, update

from store.causes import Cause
from store.database import Database
from store.errands import ErrandKind, ErrandState, add_errand, find_errand, list_errands
from store.failure_filter import FailureFilter
from store.failure_lists import failing_for
from store.failures import Failure, note_failure
from store.retrying import Aftermath, aftermaths, count_failed, put_back, retry_some
from store.states import ChunkState
from store.tables import chunk
from store.touched import reached
from store.trials import TrialStanding, begin_trial, latest_trials
from tests.store.failing import NOON, PARSE, SPOOL, add_job, fail_chunks

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def failed(database: Database) -> list[int]:
    """Five chunks that fail for the same cause."""
    with database.write() as connection:
        return fail_chunks(connection, add_job(connection), SPOOL, count=5)


def end(
    connection: Connection, chunk_id: int, cause: Cause | None, *, at: datetime = LATER
) -> None:
    """A worker has taken a chunk and finished it, or failed for a cause."""
    state = ChunkState.DONE if cause is None else ChunkState.FAILED
    connection.execute(update(chunk).where(chunk.c.id == chunk_id).values(state=state, ended_at=at))
    if cause is not None:
        note_failure(connection, Failure(chunk_id=chunk_id, cause=cause, at=at))


def ask(connection: Connection) -> int:
    return add_errand(
        connection, ErrandKind.RETRY_FAILED, FailureFilter().to_json(), by="test", now=LATER
    )


def test_an_errand_follows_what_became_of_each_chunk(database: Database, failed: list[int]) -> None:
    with database.write() as connection:
        errand_id = ask(connection)
        again = retry_some(
            connection, FailureFilter(), errand_id=errand_id, failed_by=LATER, limit=9
        )
        end(connection, failed[0], None)
        end(connection, failed[1], SPOOL)
        end(connection, failed[2], PARSE)

        after = aftermaths(connection, [(errand_id, sum(again.values()))])[errand_id]

    assert after == Aftermath(waiting=2, succeeded=1, same=1, other=1, last_end_at=LATER)
    assert (after.open, after.failed, after.settled) == (2, 2, 3)


def test_what_fails_again_meanwhile_is_not_tried_for_ever(
    database: Database, failed: list[int]
) -> None:
    wanted = FailureFilter(cause=SPOOL.key)
    with database.write() as connection:
        errand_id = ask(connection)
        assert count_failed(connection, wanted, failed_by=LATER) == 5
        retry_some(connection, wanted, errand_id=errand_id, failed_by=LATER, limit=9)
        end(connection, failed[0], SPOOL, at=LATER + timedelta(seconds=1))

        again = retry_some(connection, wanted, errand_id=errand_id, failed_by=LATER, limit=9)

        assert again == {}
        assert failing_for(connection, SPOOL.key) == 1


def test_what_an_errand_came_to_stays_told_when_its_chunks_are_retried_anew(
    database: Database, failed: list[int]
) -> None:
    with database.write() as connection:
        first = begin_trial(connection, SPOOL.key, failed[0], by="test", now=NOON)
        end(connection, failed[0], SPOOL, at=NOON)
        second = begin_trial(connection, SPOOL.key, failed[0], by="test", now=NOON)
        end(connection, failed[0], None)
        assert first is not None
        assert second is not None

        after = aftermaths(connection, [(first[0], 1), (second[0], 1)])

    assert after[first[0]] == Aftermath(same=1, last_end_at=NOON)
    assert after[second[0]] == Aftermath(succeeded=1, last_end_at=LATER)


def test_what_a_group_retry_came_to_outlives_its_chunks(
    database: Database, failed: list[int]
) -> None:
    with database.write() as connection:
        first, second = ask(connection), ask(connection)
        retry_some(connection, FailureFilter(), errand_id=first, failed_by=LATER, limit=9)
        for chunk_id, cause in zip(failed, (None, SPOOL, SPOOL, PARSE), strict=False):
            end(connection, chunk_id, cause)
        retry_some(connection, FailureFilter(), errand_id=second, failed_by=LATER, limit=9)
        connection.execute(delete(chunk).where(chunk.c.id == failed[0]))

        after = aftermaths(connection, [(first, 5), (second, 3)])

    assert after[first] == Aftermath(succeeded=1, same=2, other=1, waiting=1, last_end_at=LATER)
    assert after[second] == Aftermath(waiting=3)


def test_a_job_knows_how_much_of_it_a_group_retry_reached(
    database: Database, failed: list[int]
) -> None:
    with database.write() as connection:
        other = add_job(connection)
        fail_chunks(connection, other, SPOOL, count=2)
        errand_id, wanted = ask(connection), FailureFilter()
        while retry_some(connection, wanted, errand_id=errand_id, failed_by=LATER, limit=3):
            pass

        assert reached(connection, [other[0]]) == {errand_id: 2}
        assert reached(connection, ["nobody"]) == {}


def test_stopping_gives_back_what_no_worker_has_begun(
    database: Database, failed: list[int]
) -> None:
    with database.write() as connection:
        errand_id = ask(connection)
        retry_some(connection, FailureFilter(), errand_id=errand_id, failed_by=LATER, limit=9)
        connection.execute(
            update(chunk).where(chunk.c.id == failed[0]).values(state=ChunkState.RUNNING)
        )

        back = [len(put_back(connection, errand_id, now=LATER, limit=3)) for _ in range(2)]

        assert back == [3, 1]
        assert failing_for(connection, SPOOL.key) == 4
        after = aftermaths(connection, [(errand_id, 5)])[errand_id]
        assert (after.running, after.elsewhere) == (1, 4)


@pytest.mark.parametrize(
    ("cause", "standing"),
    [
        (None, TrialStanding.SUCCEEDED),
        (SPOOL, TrialStanding.SAME),
        (PARSE, TrialStanding.OTHER),
    ],
)
def test_a_trial_is_followed_to_its_end(
    database: Database, failed: list[int], cause: Cause | None, standing: TrialStanding
) -> None:
    with database.write() as connection:
        begun = begin_trial(connection, SPOOL.key, failed[2], by="test", now=LATER)
        assert begun is not None
        waiting = latest_trials(connection, [SPOOL.key])[SPOOL.key]
        end(connection, failed[2], cause)
        over = latest_trials(connection, [SPOOL.key, PARSE.key])
        errand = find_errand(connection, begun[0])

    assert (waiting.standing, waiting.seq) == (TrialStanding.WAITING, 3)
    assert over[SPOOL.key].standing is standing
    assert list(over) == [SPOOL.key]
    assert errand is not None
    assert errand.state is ErrandState.DONE


def test_a_chunk_is_no_trial_of_a_cause_that_it_does_not_fail_for(
    database: Database, failed: list[int]
) -> None:
    with database.write() as connection:
        assert begin_trial(connection, PARSE.key, failed[0], by="test", now=LATER) is None
        assert failing_for(connection, SPOOL.key) == 5


def test_a_trial_that_was_retried_otherwise_since_is_not_told_any_more(
    database: Database, failed: list[int]
) -> None:
    with database.write() as connection:
        begin_trial(connection, SPOOL.key, failed[0], by="test", now=NOON)
        end(connection, failed[0], SPOOL, at=NOON)
        retry_some(connection, FailureFilter(), errand_id=ask(connection), failed_by=LATER, limit=9)

        assert latest_trials(connection, [SPOOL.key]) == {}
        assert len(list_errands(connection, subject=f"cause:{SPOOL.key}")) == 1
        assert len(list_errands(connection, states=[ErrandState.WAITING])) == 1
