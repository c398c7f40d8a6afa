"""Attempts of a job, a page after the other: all of them once, in order, and found by an index."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, event, insert, select

from store.attempts import Wanted, attempts_of, urgent_attempts_of
from store.chunks import AttemptView
from store.database import Database
from store.pace import paces
from store.states import EngineName, Outcome
from store.tables import attempt, chunk
from tests.store.failing import NOON
from tests.store.many_chunks import add_job

TROUBLE = (Outcome.FAILED, Outcome.LOST)


def add_attempts(connection: Connection, job_id: str, *, count: int, seed: int = 7) -> None:
    """Attempts that ended in every way, several of them begun at one moment."""
    pick = random.Random(seed)
    chunks = list(connection.execute(select(chunk.c.id).where(chunk.c.job_id == job_id)).scalars())
    rows = [
        {
            "id": uuid.UUID(int=pick.getrandbits(128)).hex,
            "chunk_id": pick.choice(chunks),
            "job_id": job_id,
            "number": number,
            "engine": EngineName.RQ,
            "worker": f"node-{pick.randrange(3)}-1",
            "host": "node",
            "pid": 1,
            "version": "0",
            "careful": False,
            "start_position": 0,
            "outcome": pick.choice(list(Outcome)),
            "started_at": NOON + timedelta(seconds=number // 4),
            "seen_at": NOON + timedelta(seconds=number // 4),
            "lease_until": NOON + timedelta(seconds=number),
        }
        for number in range(1, count + 1)
    ]
    connection.execute(insert(attempt), rows)


def by_pages(page: Callable[[Any], list[Any]], place: Callable[[Any], Any]) -> Iterator[Any]:
    """Everything, each page asked for by the last of the one before."""
    before = None
    while found := page(before):
        yield from found
        before = place(found[-1])


def newest(one: AttemptView) -> tuple[Any, ...]:
    """Larger is earlier in the list."""
    return (one.started_at, one.id)


def test_pages_of_attempts_give_each_once_and_in_order(database: Database) -> None:
    with database.write() as connection:
        job_id = add_job(connection, chunks=9)
        add_attempts(connection, job_id, count=300)
        everything = attempts_of(connection, job_id, limit=1000)
        for outcomes in ((), TROUBLE, (Outcome.DONE,)):
            wanted = Wanted(outcomes=outcomes)
            expected = [one for one in everything if not outcomes or one.outcome in outcomes]
            found = list(
                by_pages(
                    lambda before, wanted=wanted: attempts_of(  # type: ignore[misc]
                        connection, job_id, wanted=wanted, before=before, limit=7
                    ),
                    newest,
                )
            )
            assert found == sorted(expected, key=newest, reverse=True)

    assert len(everything) == 300


def test_what_runs_and_what_went_wrong_comes_first_over_all_pages(database: Database) -> None:
    with database.write() as connection:
        job_id = add_job(connection, chunks=9)
        add_attempts(connection, job_id, count=300)
        everything = attempts_of(connection, job_id, limit=1000)
        found = list(
            by_pages(
                lambda before: urgent_attempts_of(connection, job_id, before=before, limit=7),
                lambda one: (one[0], *newest(one[1])),
            )
        )

    def urgency(one: AttemptView) -> int:
        return 0 if one.outcome == Outcome.RUNNING else 1 if one.outcome in TROUBLE else 2

    expected = sorted(everything, key=newest, reverse=True)
    expected.sort(key=urgency)
    assert [one for _, one in found] == expected
    assert [place for place, _ in found] == [urgency(one) for one in expected]


@contextmanager
def plans(database: Database) -> Iterator[list[str]]:
    """How SQLite goes about every question that is asked meanwhile."""
    told: list[str] = []

    def explain(_connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            told.extend(row[3] for row in cursor.fetchall())

    event.listen(database.engine, "before_cursor_execute", explain)
    yield told
    event.remove(database.engine, "before_cursor_execute", explain)


def test_neither_attempts_nor_the_pace_are_looked_for_among_all(
    sqlite_database: Database,
) -> None:
    with sqlite_database.write() as connection:
        job_id = add_job(connection, chunks=9)
        add_attempts(connection, job_id, count=300)
    # The engine that writes is the one a test can listen to; both ask alike.
    with plans(sqlite_database) as told, sqlite_database.write() as connection:
        urgent_attempts_of(connection, job_id, limit=7)
        attempts_of(connection, job_id, wanted=Wanted(outcomes=TROUBLE), limit=7)
        paces(connection, retrying=(), now=NOON)

    assert told
    assert [one for one in told if "TEMP B-TREE" in one] == []
    # A scan of what runs is short: that index holds nothing else.
    scans = [one for one in told if one.startswith(("SCAN chunk", "SCAN attempt"))]
    assert [one for one in scans if "ix_attempt_running" not in one] == []
