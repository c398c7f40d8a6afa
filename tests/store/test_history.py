"""The history: what was done when, and how the queue looked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, event, func, insert, select

from store import audit, tables
from store.clock import utc_now
from store.database import Database
from store.history import add_sample, history
from store.marks import marks
from store.read_anew import plan_anew
from store.states import Outcome
from store.tables_watch import past_work
from store.uploads import complete_upload, forget_upload, open_upload

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def a_job(connection: Connection) -> str:
    upload = open_upload(
        connection, filename="a.mbox", declared_size=None, by="test", now=utc_now()
    )
    return complete_upload(connection, upload, size=10, sha256="0" * 64, now=utc_now())


def attempt_seen(
    connection: Connection, job_id: str, *, at: datetime, size: int, outcome: Outcome
) -> None:
    number = connection.execute(
        insert(tables.chunk)
        .values(
            job_id=job_id,
            upload_id=1,
            kind="parse",
            seq=int(at.timestamp()) % 100_000 + size,
            start=0,
            stop=size,
            position=size,
            state="done",
        )
        .returning(tables.chunk.c.id)
    ).scalar_one()
    connection.execute(
        insert(tables.attempt).values(
            id=f"{at.timestamp()}-{size}",
            chunk_id=number,
            job_id=job_id,
            number=1,
            engine="local",
            worker="w",
            host="h",
            pid=1,
            version="0",
            careful=False,
            start_position=0,
            bytes=size,
            messages=size // 10,
            started_at=at,
            seen_at=at,
            lease_until=at,
            outcome=outcome,
        )
    )


def test_bytes_messages_and_trouble_are_counted_where_they_happened(database: Database) -> None:
    with database.write() as connection:
        job_id = a_job(connection)
        for at, size, outcome in (
            (NOON, 1000, Outcome.DONE),
            (NOON + 30 * timedelta(seconds=1), 500, Outcome.FAILED),
            (NOON + 2 * MINUTE, 200, Outcome.LOST),
            (NOON - timedelta(days=1), 9999, Outcome.DONE),
        ):
            attempt_seen(connection, job_id, at=at, size=size, outcome=outcome)

        buckets = history(connection, until=NOON + 2.5 * MINUTE, step=MINUTE, buckets=4)

    assert [one.at for one in buckets] == [NOON - MINUTE, NOON, NOON + MINUTE, NOON + 2 * MINUTE]
    assert [one.bytes for one in buckets] == [0, 1500, 0, 200]
    assert [one.messages for one in buckets] == [0, 150, 0, 20]
    assert [(one.failed, one.lost) for one in buckets] == [(0, 0), (1, 0), (0, 0), (0, 1)]
    assert buckets[1].bytes_per_second == 25


def test_what_was_done_stays_done_when_its_file_is_deleted(database: Database) -> None:
    now = utc_now()

    def looked_back(connection: Connection) -> list[tuple[int, int, int, int]]:
        buckets = history(connection, until=now, step=MINUTE, buckets=30)
        return [(one.bytes, one.messages, one.failed, one.lost) for one in buckets]

    with database.write() as connection:
        job_id = a_job(connection)
        for ago, size, outcome in (
            (20, 1000, Outcome.DONE),
            (20, 500, Outcome.FAILED),
            (3, 200, Outcome.LOST),
        ):
            at = now - ago * MINUTE
            attempt_seen(connection, job_id, at=at, size=size, outcome=outcome)
        before = looked_back(connection)
    assert sum(size for size, *_ in before) == 1700

    with database.write() as connection:
        forget_upload(connection, 1)
    with database.write() as connection:
        # Another file's work of the same minutes is added, and that of long ago is not kept.
        another = a_job(connection)
        for ago, size in ((20, 30), (60 * 24 * 20, 70)):
            at = now - ago * MINUTE
            attempt_seen(connection, another, at=at, size=size, outcome=Outcome.DONE)
        both = looked_back(connection)
        plan_anew(connection, another, rule=None)
        after = looked_back(connection)
        minutes = connection.execute(select(past_work.c.minute)).scalars().all()

    assert no_attempt_is_left(database)
    assert both == after
    assert sum(size for size, *_ in after) == 1730
    assert [(failed, lost) for *_, failed, lost in after] == [
        (failed, lost) for *_, failed, lost in before
    ]
    assert len(minutes) == 2


def no_attempt_is_left(database: Database) -> bool:
    with database.read() as connection:
        return connection.execute(select(tables.attempt.c.id)).first() is None


def test_sums_that_no_chart_asks_for_any_more_are_forgotten(database: Database) -> None:
    with database.write() as connection:
        for days in (1, 16):
            minute = int((NOON - timedelta(days=days)).timestamp()) // 60
            connection.execute(
                insert(past_work).values(minute=minute, bytes=1, messages=1, failed=0, lost=0)
            )
        add_sample(connection, now=NOON, waiting=0, running=0, oldest_seconds=None, consumers=None)
        left = connection.execute(select(past_work.c.minute)).scalars().all()

    assert left == [int((NOON - timedelta(days=1)).timestamp()) // 60]


def test_the_last_bucket_is_open_and_its_rate_is_that_of_the_time_passed(
    database: Database,
) -> None:
    with database.write() as connection:
        attempt_seen(connection, a_job(connection), at=NOON, size=100, outcome=Outcome.DONE)

        *before, last = history(
            connection, until=NOON + timedelta(seconds=20), step=MINUTE, buckets=3
        )

    assert last.is_open
    assert last.bytes_per_second == 5
    assert not any(one.is_open for one in before)


def test_the_queue_is_known_only_where_it_was_sampled(database: Database) -> None:
    with database.write() as connection:
        for second, waiting in ((0, 3), (15, 9), (30, 4)):
            add_sample(
                connection,
                now=NOON + timedelta(seconds=second),
                waiting=waiting,
                running=1,
                oldest_seconds=float(waiting),
                consumers=None,
            )

        a_second_on = NOON + MINUTE + timedelta(seconds=1)
        first, second_bucket = history(connection, until=a_second_on, step=MINUTE, buckets=2)
        *_, just_over = history(connection, until=NOON + MINUTE, step=MINUTE, buckets=2)

    assert (just_over.at, just_over.is_open, just_over.waiting) == (NOON, False, 9)
    assert (first.waiting, first.oldest_seconds) == (9, 9.0)
    assert second_bucket.waiting is None


def test_samples_are_forgotten_when_they_are_old(database: Database) -> None:
    with database.write() as connection:
        for at in (NOON - timedelta(days=30), NOON):
            add_sample(connection, now=at, waiting=1, running=0, oldest_seconds=None, consumers=0)

        buckets = history(connection, until=NOON, step=timedelta(days=1), buckets=40)

    assert sum(one.waiting is not None for one in buckets) == 1


def test_what_people_did_marks_the_line(database: Database) -> None:
    with database.write() as connection:
        for action in ("job.retry", "sign_in", "console.start"):
            audit.record(connection, actor="account:ann", action=action, subject="x", now=NOON)

        shown = marks(connection, since=NOON - MINUTE, until=NOON + DAY)

    assert [one.action for one in shown] == ["job.retry", "console.start"]


def start_console(connection: Connection, version: str, *, at: datetime) -> None:
    audit.record(
        connection,
        actor="system",
        action="console.start",
        subject="console",
        now=at,
        detail={"version": version},
    )


def test_a_start_with_another_version_is_a_deploy(database: Database) -> None:
    with database.write() as connection:
        for hours, version in ((0, "0.1"), (1, "0.1"), (2, "0.2"), (3, "0.2")):
            start_console(connection, version, at=NOON + hours * 60 * MINUTE)

        shown = marks(connection, since=NOON + MINUTE, until=NOON + DAY)

    assert [(one.action, one.version) for one in shown] == [
        ("console.start", "0.1"),
        ("console.deploy", "0.2"),
        ("console.start", "0.2"),
    ]


def test_a_version_that_no_worker_had_before_is_a_deploy(database: Database) -> None:
    with database.write() as connection:
        job_id = a_job(connection)
        for size, at in enumerate((NOON, NOON + MINUTE, NOON + 2 * MINUTE, NOON + 3 * MINUTE)):
            attempt_seen(connection, job_id, at=at, size=size, outcome=Outcome.DONE)
        connection.execute(
            tables.attempt.update()
            .where(tables.attempt.c.seen_at > NOON + MINUTE)
            .values(version="1")
        )

        shown = marks(connection, since=NOON + MINUTE, until=NOON + DAY)

    assert [(one.action, one.subject, one.version) for one in shown] == [
        ("worker.deploy", "worker:w", "1")
    ]
    assert shown[0].at == NOON + 2 * MINUTE


def test_a_file_read_over_many_minutes_is_summed_up_at_one_go(database: Database) -> None:
    now, said = utc_now(), list[bool]()
    with database.write() as connection:
        job_id = a_job(connection)
        for ago in range(1, 41):
            attempt_seen(
                connection, job_id, at=now - ago * MINUTE, size=10 * ago, outcome=Outcome.DONE
            )

    def note(*told: Any) -> None:
        if "past_work" in told[2]:
            said.append(told[5])

    event.listen(database.engine, "before_cursor_execute", note)
    with database.write() as connection:
        forget_upload(connection, 1)
        kept = connection.execute(select(func.sum(past_work.c.bytes))).scalar_one()

    assert kept == sum(10 * ago for ago in range(1, 41))
    # One statement for all minutes, and the one that asked for the sum.
    assert said == [True, False]
