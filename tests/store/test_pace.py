"""How fast a job goes just now, and what it waits for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, update

from store.database import Database
from store.pace import STANDING, Pace, paces
from store.states import ChunkState, Outcome
from store.tables import attempt, chunk
from tests.store.test_history import NOON as NOW
from tests.store.test_history import a_job, attempt_seen

SECOND = timedelta(seconds=1)


def tried(
    connection: Connection, job_id: str, *, since: float, heard: float, size: int, **more: Any
) -> None:
    """An attempt that began `since` seconds ago and was heard of `heard` seconds ago."""
    at = NOW - heard * SECOND
    attempt_seen(connection, job_id, at=at, size=size, outcome=Outcome.RUNNING)
    values = {
        "started_at": NOW - since * SECOND,
        "lease_until": at + 60 * SECOND,
        "ended_at": None if "outcome" not in more else at,
        **more,
    }
    connection.execute(update(attempt).where(attempt.c.seen_at == at).values(values))


def pace(connection: Connection, job_id: str, *, now: datetime = NOW) -> Pace:
    return paces(connection, retrying=[job_id], now=now).get(job_id, STANDING)


def test_two_who_read_are_as_fast_as_both(database: Database) -> None:
    with database.write() as connection:
        job_id = a_job(connection)
        tried(connection, job_id, since=10, heard=1, size=4000)
        tried(connection, job_id, since=10, heard=2, size=6000)

        found = pace(connection, job_id)

    assert (found.bytes_per_second, found.messages_per_second) == (1000, 100)
    assert (found.readers, found.held_seconds, found.goes_on_in) == (2, 0, 0)


def test_when_its_only_reader_falls_silent_nothing_moves_and_its_lease_is_waited_for(
    database: Database,
) -> None:
    with database.write() as connection:
        job_id = a_job(connection)
        tried(connection, job_id, since=40, heard=22, size=4000)

        found = pace(connection, job_id)
        later = pace(connection, job_id, now=NOW + 20 * SECOND)

    assert (found.bytes_per_second, found.readers) == (0, 0)
    assert (found.held_seconds, found.goes_on_in) == (38, 38)
    assert later.goes_on_in == 18


def test_a_reader_that_died_is_no_speed_though_it_was_quick_a_moment_ago(
    database: Database,
) -> None:
    with database.write() as connection:
        job_id = a_job(connection)
        tried(connection, job_id, since=20, heard=3, size=4000, outcome=Outcome.LOST)
        connection.execute(
            update(chunk)
            .where(chunk.c.job_id == job_id, chunk.c.seq > 0)
            .values(state=ChunkState.WAITING, attempts=1, not_before=NOW + 8 * SECOND)
        )

        found = pace(connection, job_id)

    assert found == Pace(held_seconds=8, goes_on_in=8)


@pytest.mark.parametrize(("ago", "moves"), [(2, True), (9, False)])
def test_between_two_chunks_it_moves_on_for_a_moment(
    database: Database, ago: float, moves: bool
) -> None:
    with database.write() as connection:
        job_id = a_job(connection)
        tried(connection, job_id, since=20, heard=ago, size=4000, outcome=Outcome.DONE)

        found = pace(connection, job_id)

    assert (found.bytes_per_second > 0) is moves


def test_one_who_reads_on_beside_one_who_is_silent_moves_and_holds(database: Database) -> None:
    with database.write() as connection:
        job_id = a_job(connection)
        tried(connection, job_id, since=40, heard=25, size=4000)
        tried(connection, job_id, since=10, heard=1, size=9000)

        found = pace(connection, job_id)

    assert (found.readers, found.held_seconds, found.goes_on_in) == (1, 35, 0)
    assert found.bytes_per_second > 0
