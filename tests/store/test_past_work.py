"""What attempts did is added up once, whoever deletes or counts at the same time."""

from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy import Connection, select, update

from store.clock import utc_now
from store.database import Database
from store.history import history
from store.past_work import count_ended
from store.states import Outcome
from store.tables import attempt
from store.uploads import forget_upload
from tests.store.test_history import MINUTE, a_job, attempt_seen

NOW = utc_now()


def worked(connection: Connection, *, attempts: int) -> str:
    """A job with so many attempts that have ended and one that has not; each read 100 bytes."""
    job_id = a_job(connection)
    for number in range(attempts + 1):
        outcome = (Outcome.DONE, Outcome.FAILED, Outcome.LOST)[number % 3]
        at = NOW - MINUTE - timedelta(seconds=number)
        attempt_seen(connection, job_id, at=at, size=100, outcome=outcome)
    ended = attempt.c.seen_at < NOW - MINUTE
    connection.execute(update(attempt).where(ended).values(ended_at=attempt.c.seen_at))
    connection.execute(update(attempt).where(~ended).values(outcome=Outcome.RUNNING))
    return job_id


def told(connection: Connection) -> tuple[int, int, int, int]:
    """Bytes, messages, failed and lost of the last ten minutes."""
    found = history(connection, until=NOW, step=MINUTE, buckets=10)
    return (
        sum(one.bytes for one in found),
        sum(one.messages for one in found),
        sum(one.failed for one in found),
        sum(one.lost for one in found),
    )


def test_charts_tell_the_same_before_while_and_after_attempts_are_counted(
    database: Database,
) -> None:
    with database.write() as connection:
        worked(connection, attempts=7)
        seen = [told(connection)]
    counted = []
    for _ in range(4):
        with database.write() as connection:
            counted.append(count_ended(connection, limit=3))
        with database.read() as connection:
            seen.append(told(connection))

    assert counted == [3, 3, 1, 0]
    assert seen[0] == (800, 80, 3, 2)
    assert set(seen) == {seen[0]}


def test_what_still_runs_is_counted_when_it_has_ended(database: Database) -> None:
    with database.write() as connection:
        worked(connection, attempts=2)
        count_ended(connection)
        running = attempt.c.outcome == Outcome.RUNNING
        connection.execute(update(attempt).where(running).values(bytes=attempt.c.bytes + 50))
        assert told(connection)[0] == 350
        connection.execute(
            update(attempt).where(running).values(outcome=Outcome.DONE, ended_at=NOW)
        )
        assert count_ended(connection) == 1
        assert told(connection)[0] == 350


def test_a_deleted_file_takes_nothing_from_the_charts_counted_or_not(database: Database) -> None:
    with database.write() as connection:
        worked(connection, attempts=7)
        count_ended(connection, limit=4)
        # What is being read is ended before a file goes.
        connection.execute(update(attempt).values(ended_at=attempt.c.seen_at))
        before = told(connection)
    with database.write() as connection:
        forget_upload(connection, 1)
    with database.write() as connection:
        assert connection.execute(select(attempt.c.id)).first() is None
        assert told(connection) == before
        assert count_ended(connection) == 0


def test_counting_and_deleting_at_once_count_everything_once(database: Database) -> None:
    """Each begins while the other holds the attempts; on SQLite they come one after the other."""
    with database.write() as connection:
        worked(connection, attempts=7)
        connection.execute(update(attempt).values(ended_at=attempt.c.seen_at))
        before = told(connection)

    def delete_it() -> None:
        with database.write() as connection:
            forget_upload(connection, 1)

    deleting = threading.Thread(target=delete_it)
    with database.write() as connection:
        count_ended(connection, limit=5)
        deleting.start()
        deleting.join(timeout=0.5)
        assert deleting.is_alive()  # it waits for those five
    deleting.join(timeout=20)

    with database.read() as connection:
        assert told(connection) == before
        assert connection.execute(select(attempt.c.id)).first() is None
