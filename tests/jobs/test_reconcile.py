"""The reconciler: what was lost, forgotten or left open is set going again."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from redis import Redis
from rq import Queue
from sqlalchemy import update

from jobs.bell import WINDOW, ring_due, rung_chunks
from jobs.link import QueueLink
from jobs.reconcile import Reconciler, reconcile
from store import tables
from store.clock import utc_now
from store.locks import hold
from store.states import JobState, Outcome
from store.uploads import UploadState, open_upload, require_upload
from tests.harness.waiting import wait_until
from tests.jobs.floor import Floor
from tests.mboxes import letters, offsets_in


def age_leases(floor: Floor) -> None:
    with floor.workshop.database.write() as connection:
        connection.execute(
            update(tables.attempt).values(lease_until=utc_now() - timedelta(seconds=1))
        )


def test_an_attempt_whose_lease_ran_out_is_lost_and_its_chunk_runs_again(floor: Floor) -> None:
    mbox = letters(5)
    floor.hand_in(mbox)
    floor.plan()
    floor.must_claim()
    age_leases(floor)

    found = reconcile(floor.workshop, None)

    assert found.lost_attempts == 1
    assert (Outcome.LOST,) in floor.rows(tables.attempt, "outcome")
    assert floor.run() == [Outcome.DONE]
    assert floor.job().state is JobState.FINISHED
    assert floor.stored_offsets() == offsets_in(mbox)


def test_an_attempt_that_still_beats_is_left_alone(floor: Floor) -> None:
    floor.hand_in(letters(5))
    floor.must_claim()

    found = reconcile(floor.workshop, None)

    assert found.lost_attempts == 0
    assert floor.claim() is None


def test_a_job_whose_last_word_was_never_said_is_settled(floor: Floor) -> None:
    floor.hand_in(letters(5))
    floor.run()
    with floor.workshop.database.write() as connection:
        connection.execute(update(tables.job).values(state=JobState.RUNNING))

    assert reconcile(floor.workshop, None).settled_jobs == 1
    assert floor.job().state is JobState.FINISHED


def test_an_upload_without_a_sender_is_broken_off_and_its_bytes_go(floor: Floor) -> None:
    with floor.workshop.database.write() as connection:
        upload = open_upload(
            connection,
            filename="half.mbox",
            declared_size=None,
            by="test",
            now=utc_now() - timedelta(hours=1),
        )
    assert reconcile(floor.workshop, None).broken_uploads == 1

    with floor.workshop.database.read() as connection:
        assert require_upload(connection, upload.id).state is UploadState.BROKEN


def test_an_upload_that_still_grows_is_left_alone(floor: Floor) -> None:
    with floor.workshop.database.write() as connection:
        upload = open_upload(
            connection,
            filename="long.mbox",
            declared_size=None,
            by="test",
            now=utc_now() - timedelta(hours=1),
        )
    floor.workshop.spool.writer(upload.spool_name).write(b"From ")

    assert reconcile(floor.workshop, None).broken_uploads == 0


def test_an_upload_that_may_stand_still_for_an_hour_is_left_alone_that_long(
    make_floor: Callable[..., Floor],
) -> None:
    floor = make_floor(READ_TIMEOUT_SECONDS="3600")
    with floor.workshop.database.write() as connection:
        open_upload(
            connection,
            filename="slow.mbox",
            declared_size=None,
            by="test",
            now=utc_now() - timedelta(hours=1),
        )

    assert reconcile(floor.workshop, None).broken_uploads == 0


def test_an_upload_that_became_whole_at_that_moment_keeps_its_bytes(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor.hand_in(letters(5))
    with floor.workshop.database.read() as connection:
        seen_before = require_upload(connection, floor.upload_id)
    monkeypatch.setattr("jobs.reconcile.receiving_uploads", lambda _connection: [seen_before])
    mbox = floor.workshop.spool.path(floor.spool_name)
    os.utime(mbox, (0, 0))

    assert reconcile(floor.workshop, None).broken_uploads == 0
    assert mbox.exists()


def test_row_56_a_bell_that_a_flush_took_away_is_rung_again(floor: Floor, redis_url: str) -> None:
    link = QueueLink(redis_url)
    floor.hand_in(letters(5))
    ring_due(floor.workshop.database, link.redis)
    assert len(rung_chunks(link.redis)) == 1
    link.redis.flushall()
    with floor.workshop.database.write() as connection:
        connection.execute(update(tables.chunk).values(rung_at=utc_now() - timedelta(minutes=1)))

    found = reconcile(floor.workshop, link)

    assert (found.unheard_bells, found.rung) == (1, 1)
    assert len(rung_chunks(link.redis)) == 1


def test_a_bell_that_hangs_is_not_rung_twice(floor: Floor, redis_url: str) -> None:
    link = QueueLink(redis_url)
    floor.hand_in(letters(5))

    reconcile(floor.workshop, link)
    with floor.workshop.database.write() as connection:
        connection.execute(update(tables.chunk).values(rung_at=utc_now() - timedelta(minutes=1)))
    reconcile(floor.workshop, link)

    assert link.redis.llen("rq:queue:default") == 1


def test_only_a_window_of_bells_hangs_at_a_time(
    make_floor: Callable[..., Floor], redis_url: str
) -> None:
    floor = make_floor(CHUNK_BYTES="1024")
    floor.hand_in(letters(300, body_lines=40))
    floor.plan()
    redis = Redis.from_url(redis_url)

    ring_due(floor.workshop.database, redis)
    ring_due(floor.workshop.database, redis)

    assert len(floor.chunks()) > WINDOW
    assert redis.llen("rq:queue:default") == WINDOW


def test_bells_that_nobody_answered_because_their_chunks_were_taken_count_too(
    make_floor: Callable[..., Floor], redis_url: str
) -> None:
    floor = make_floor(CHUNK_BYTES="1024")
    floor.hand_in(letters(300, body_lines=40))
    floor.plan()
    redis = Redis.from_url(redis_url)
    ring_due(floor.workshop.database, redis)

    for _ in range(WINDOW // 2):
        floor.must_claim()
    rung = ring_due(floor.workshop.database, redis)

    assert rung == 0
    assert redis.llen("rq:queue:default") == WINDOW


def test_work_is_rung_for_though_the_queue_is_full_of_what_others_wait_for(
    floor: Floor, redis_url: str
) -> None:
    redis = Redis.from_url(redis_url)
    queue = Queue("default", connection=redis)
    for _ in range(WINDOW + 10):
        queue.enqueue("theirs.work")
    floor.hand_in(letters(5))

    assert ring_due(floor.workshop.database, redis) == 1
    assert len(rung_chunks(redis)) == 1


def test_a_redis_that_is_away_is_a_finding_and_costs_nothing(floor: Floor) -> None:
    floor.hand_in(letters(5))

    found = reconcile(floor.workshop, QueueLink("redis://127.0.0.1:1/0"))

    assert found.queue_error is not None
    assert floor.run() == [Outcome.DONE, Outcome.DONE]


def test_one_reconciler_works_at_a_time(floor: Floor) -> None:
    with floor.workshop.database.write() as connection:
        assert hold(connection, "reconciler", owner="other", now=utc_now(), seconds=60)
        assert not hold(connection, "reconciler", owner="me", now=utc_now(), seconds=60)
        later = utc_now() + timedelta(seconds=61)
        assert hold(connection, "reconciler", owner="me", now=later, seconds=60)


@pytest.mark.parametrize("away", [False, True])
def test_the_background_reconciler_goes_round_until_stopped(
    make_floor: Callable[..., Floor], away: bool
) -> None:
    floor = make_floor(RECONCILE_SECONDS="0.2")
    floor.hand_in(letters(5))
    floor.plan()
    floor.must_claim()
    age_leases(floor)
    reconciler = Reconciler(floor.workshop, QueueLink("redis://127.0.0.1:1/0") if away else None)

    reconciler.start()
    wait_until(lambda: floor.claim() is not None, what="the lost chunk is free again")
    reconciler.stop()

    assert not reconciler.is_alive()
