"""Failed chunks by cause: exact counts, filters, pages by key, history, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from store.causes import cause_of
from store.database import Database
from store.failure_filter import FailureFilter
from store.failure_lists import (
    CauseOrder,
    error_types,
    failed_causes,
    failed_files,
    failed_ids,
    failing_for,
    find_cause,
    place_of,
    unsorted_failures,
    weigh,
)
from store.failure_times import Recently, over_time, recently
from store.failures import forget_counts, sort_failures
from store.states import ChunkKind, ChunkState
from store.tables import chunk
from tests.store.failing import NOON, PARSE, SPOOL, add_job, fail_chunks

HOUR = timedelta(hours=1)


@pytest.fixture
def two_causes(database: Database) -> Database:
    """Three chunks of a.mbox and one of b.mbox fail for one cause, two of b.mbox for another."""
    with database.write() as connection:
        first, second = add_job(connection, "a.mbox"), add_job(connection, "b.mbox")
        fail_chunks(connection, first, SPOOL, count=3, at=NOON - 2 * HOUR)
        fail_chunks(connection, second, SPOOL, count=1, at=NOON - HOUR)
        fail_chunks(connection, second, PARSE, count=2, first_seq=5, at=NOON - 3 * HOUR)
    return database


def test_the_same_trouble_in_other_words_is_the_same_cause() -> None:
    traceback = '  File "/srv/mail/body.py", line {}, in read_body\n'
    first = cause_of(error_type="ParseError", error="no room at 17", traceback=traceback.format(7))
    second = cause_of(error_type="ParseError", error="no room at 4", traceback=traceback.format(9))
    other = cause_of(error_type="ParseError", error="no room at 17", traceback=None)

    assert first.key == second.key != other.key
    assert first.frame == "mail/body.py read_body"


def test_causes_are_counted_exactly_and_sorted(two_causes: Database) -> None:
    with two_causes.read() as connection:
        by = {
            order: failed_causes(connection, FailureFilter(), order=order) for order in CauseOrder
        }

    latest = by[CauseOrder.LATEST]
    assert (latest.causes, latest.chunks) == (2, 6)
    assert [(one.cause, one.chunks) for one in latest.found] == [(SPOOL, 4), (PARSE, 2)]
    assert [one.cause for one in by[CauseOrder.MOST].found] == [SPOOL, PARSE]
    assert [one.cause for one in by[CauseOrder.OLDEST].found] == [PARSE, SPOOL]
    assert latest.found[0].first_at == NOON - 2 * HOUR
    assert latest.found[0].last_at == NOON - HOUR


@pytest.mark.parametrize("order", list(CauseOrder))
def test_pages_of_causes_follow_each_other_without_gap(
    two_causes: Database, order: CauseOrder
) -> None:
    with two_causes.read() as connection:
        first = failed_causes(connection, FailureFilter(), order=order, limit=1)
        after = place_of(first.found[0], order)
        second = failed_causes(connection, FailureFilter(), order=order, after=after, limit=1)
        beyond = place_of(second.found[0], order)
        third = failed_causes(connection, FailureFilter(), order=order, after=beyond, limit=1)

    assert {first.found[0].cause, second.found[0].cause} == {SPOOL, PARSE}
    assert second.causes == 2
    assert third.found == ()


@pytest.mark.parametrize(
    ("wanted", "chunks"),
    [
        (FailureFilter(), 6),
        (FailureFilter(cause=PARSE.key), 2),
        (FailureFilter(error_type="SpoolError"), 4),
        (FailureFilter(text="BODY.PY"), 2),
        (FailureFilter(text="100%"), 0),
        (FailureFilter(file="B.mb"), 3),
        (FailureFilter(file="b.mbox", error_type="SpoolError"), 1),
        (FailureFilter(since=NOON - HOUR), 1),
    ],
)
def test_a_filter_means_the_same_in_lists_and_in_dry_runs(
    two_causes: Database, wanted: FailureFilter, chunks: int
) -> None:
    with two_causes.read() as connection:
        assert failed_causes(connection, wanted).chunks == chunks
        weight = weigh(connection, wanted)

    assert (weight.chunks, weight.bytes) == (chunks, chunks * 50)
    assert FailureFilter.from_json(wanted.to_json()) == wanted


def test_a_cause_knows_its_files_and_its_chunks_page_by_page(two_causes: Database) -> None:
    with two_causes.read() as connection:
        files = failed_files(connection, SPOOL.key, limit=10)
        ids = failed_ids(connection, SPOOL.key)
        ends = dict(connection.execute(select(chunk.c.id, chunk.c.ended_at)).all())
        rest = failed_ids(connection, SPOOL.key, before=(ends[ids[1]], ids[1]))

    assert [(one.filename, one.chunks) for one in files] == [("a.mbox", 3), ("b.mbox", 1)]
    assert len(ids) == 4
    assert rest == ids[2:]
    assert [ends[one] for one in ids] == sorted(ends[one] for one in ids)[::-1]


def test_what_was_retried_since_is_history_and_not_present(two_causes: Database) -> None:
    with two_causes.write() as connection:
        connection.execute(update(chunk).values(state=ChunkState.DONE))
    with two_causes.read() as connection:
        assert failed_causes(connection, FailureFilter()).found == ()
        assert failing_for(connection, SPOOL.key) == 0
        counts = recently(connection, [SPOOL.key, PARSE.key], now=NOON)
        known = find_cause(connection, SPOOL.key)

    assert counts[SPOOL.key] == Recently(hour=0, day=4, week=4)
    assert known is not None
    assert known.last_at == NOON - HOUR


def test_failures_over_time_end_with_the_stretch_that_is_still_open(two_causes: Database) -> None:
    with two_causes.read() as connection:
        found = over_time(connection, [SPOOL.key], until=NOON, step=HOUR, stretches=4)[SPOOL.key]

    assert [one.failed for one in found] == [0, 3, 1, 0]
    assert [one.is_open for one in found] == [False, False, False, True]
    assert found[-1].at == NOON


def test_counts_are_forgotten_in_the_end(two_causes: Database) -> None:
    with two_causes.write() as connection:
        forget_counts(connection, now=NOON + timedelta(days=16))
        assert recently(connection, [SPOOL.key], now=NOON) == {}


def test_failures_of_an_older_version_get_their_cause_in_bounded_steps(database: Database) -> None:
    with database.write() as connection:
        job_id, upload_id = add_job(connection)
        rows = [
            {
                "job_id": job_id,
                "upload_id": upload_id,
                "kind": ChunkKind.PARSE,
                "seq": seq,
                "start": 0,
                "stop": 9,
                "position": 0,
                "state": ChunkState.FAILED,
                "error": f"Old: trouble number {seq}",
                "ended_at": NOON if seq > 1 else None,
            }
            for seq in range(1, 6)
        ]
        connection.execute(insert(chunk), rows)
        assert unsorted_failures(connection) == 5
        assert failed_causes(connection, FailureFilter()).found == ()

        steps = [sort_failures(connection, now=NOON, limit=2) for _ in range(4)]

        assert steps == [2, 2, 1, 0]
        assert unsorted_failures(connection) == 0
        found = failed_causes(connection, FailureFilter()).found
        assert [(one.cause.message, one.chunks) for one in found] == [("Old: trouble number N", 5)]
        assert error_types(connection) == []


def test_a_cause_is_forgotten_with_its_counts_unless_something_still_fails_for_it(
    two_causes: Database,
) -> None:
    with two_causes.write() as connection:
        known = list(
            connection.execute(
                select(chunk.c.cause).where(chunk.c.cause.is_not(None)).distinct()
            ).scalars()
        )
        connection.execute(
            update(chunk).where(chunk.c.cause == known[0]).values(state=ChunkState.DONE)
        )
        forget_counts(connection, now=NOON + timedelta(days=10))
        early = [find_cause(connection, key) is not None for key in known]
        forget_counts(connection, now=NOON + timedelta(days=16))
        late = [find_cause(connection, key) is not None for key in known]

    assert early == [True, True]
    assert late == [False, True]
