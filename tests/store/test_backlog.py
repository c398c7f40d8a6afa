"""Since when work waits for a worker: not while a person keeps it, and not while it rests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from store import tables
from store.chunks import backlog
from store.clock import now_of, utc_now
from store.states import ChunkState, JobState
from store.timings import timings
from store.wishes import cancel_job, pause_job, resume_job, retry_chunk, retry_job
from tests.jobs.fixtures import make_floor
from tests.jobs.floor import Floor
from tests.mboxes import letters

__all__ = ["make_floor"]

MakeFloor = Callable[..., Floor]
WEEK = timedelta(days=7)


@pytest.fixture
def floor(make_floor: MakeFloor) -> Floor:
    """A file that was handed in a week ago, and planned; its chunks wait."""
    floor = make_floor(CHUNK_BYTES="2048")
    floor.hand_in(letters(40, body_lines=10))
    floor.plan()
    with floor.workshop.database.write() as connection:
        connection.execute(update(tables.job).values(created_at=utc_now() - WEEK))
    return floor


def waits_for(floor: Floor) -> timedelta | None:
    """How long the oldest work has waited."""
    with floor.workshop.database.read() as connection:
        since = backlog(connection).oldest_since
        return None if since is None else now_of(connection) - since


def rest(floor: Floor, how_long: timedelta) -> None:
    """All chunks are to rest for so long, as after a failure."""
    with floor.workshop.database.write() as connection:
        due = now_of(connection) + how_long
        waiting = tables.chunk.c.state == ChunkState.WAITING
        connection.execute(update(tables.chunk).where(waiting).values(not_before=due))


def pause_and_resume(floor: Floor) -> None:
    with floor.workshop.database.write() as connection:
        assert pause_job(connection, floor.job_id, now=utc_now() - WEEK)
    with floor.workshop.database.write() as connection:
        assert resume_job(connection, floor.job_id)


def short(waited: timedelta | None) -> bool:
    return waited is not None and waited < timedelta(minutes=1)


def test_what_nobody_kept_waits_since_it_was_handed_in(floor: Floor) -> None:
    waited = waits_for(floor)

    assert waited is not None
    assert waited >= WEEK


def test_what_was_let_go_on_waits_since_then(floor: Floor) -> None:
    pause_and_resume(floor)

    assert short(waits_for(floor))


def test_what_rests_after_a_failure_rests_on_when_its_job_is_let_go_on(floor: Floor) -> None:
    rest(floor, timedelta(hours=1))

    pause_and_resume(floor)

    assert floor.claim() is None
    assert waits_for(floor) is None


def test_letting_a_job_go_on_that_nobody_paused_changes_nothing(floor: Floor) -> None:
    with floor.workshop.database.write() as connection:
        assert not resume_job(connection, floor.job_id)

    waited = waits_for(floor)
    assert waited is not None
    assert waited >= WEEK


@pytest.mark.parametrize("one", [True, False])
def test_what_is_retried_waits_since_it_was_asked_for(floor: Floor, one: bool) -> None:
    with floor.workshop.database.write() as connection:
        cancel_job(connection, floor.job_id, now=utc_now() - WEEK)
    first = floor.chunks()[0].id

    with floor.workshop.database.write() as connection:
        assert retry_chunk(connection, first) if one else retry_job(connection, floor.job_id)

    assert short(waits_for(floor))
    assert floor.claim() is not None


def test_the_time_that_chunks_waited_begins_anew_as_well(floor: Floor) -> None:
    pause_and_resume(floor)
    floor.run()

    with floor.workshop.database.read() as connection:
        found = timings(connection, since=utc_now() - timedelta(hours=1))

    assert floor.job().state is JobState.FINISHED
    assert found.waited is not None
    assert found.waited.count > 2
    assert found.waited.p50 < 60
