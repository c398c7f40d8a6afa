"""Which engines took part in a job, whatever the order in which they did."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from store.database import Database
from store.engines import engines_of
from store.states import EngineName
from store.tables import attempt
from tests.store.failing import NOON
from tests.store.many_chunks import add_job
from tests.store.test_attempts import add_attempts

RQ, LOCAL = EngineName.RQ, EngineName.LOCAL


@pytest.mark.parametrize(
    ("by_the_console", "engines"),
    [
        ((), (RQ,)),
        (range(1, 10), (LOCAL,)),
        ((1,), (LOCAL, RQ)),
        ((9,), (RQ, LOCAL)),
        ((5,), (RQ, LOCAL)),
    ],
)
def test_all_engines_of_a_job_are_told_the_first_to_come_first(
    database: Database, by_the_console: tuple[int, ...], engines: tuple[EngineName, ...]
) -> None:
    with database.write() as connection:
        job_id, other = add_job(connection, chunks=3), add_job(connection, chunks=3)
        add_attempts(connection, job_id, count=9)
        add_attempts(connection, other, count=1, seed=8)
        for number in range(1, 10):
            moment = NOON + timedelta(seconds=number)
            connection.execute(
                update(attempt)
                .where(attempt.c.job_id == job_id, attempt.c.number == number)
                .values(started_at=moment, engine=LOCAL if number in by_the_console else RQ)
            )

        assert engines_of(connection, job_id) == engines


def test_a_job_that_nobody_has_begun_has_none(database: Database) -> None:
    with database.write() as connection:
        job_id = add_job(connection, chunks=1)

        assert engines_of(connection, job_id) == ()


def test_of_more_attempts_than_are_looked_at_the_first_and_the_latest_tell(
    database: Database,
) -> None:
    with database.write() as connection:
        job_id = add_job(connection, chunks=3)
        add_attempts(connection, job_id, count=40)
        connection.execute(update(attempt).where(attempt.c.number <= 4).values(engine=LOCAL))

        assert engines_of(connection, job_id, looked_at=3) == (LOCAL, RQ)
