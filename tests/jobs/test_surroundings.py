"""Trouble around the work: a pause with its reason, held against no chunk, which ends itself."""

from __future__ import annotations

import errno
import socket
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, event, update
from sqlalchemy.exc import OperationalError

import jobs.processor
from jobs.attempts import Surroundings, run_attempt, run_slice
from jobs.processor import StreamingEmailProcessor
from jobs.reconcile import reconcile
from jobs.workshop import Workshop, this_worker
from store import tables
from store.clock import utc_now
from store.config import load
from store.database import Database
from store.messages import prepare
from store.spool import Spool
from store.standstill import Standstill, standstills
from store.states import ChunkState, EngineName, JobState, Outcome
from tests.jobs.floor import Floor
from tests.mboxes import letters, offsets_in

FULL = OperationalError("INSERT", None, sqlite3.OperationalError("database or disk is full"))


def resting(floor: Floor) -> tuple[Standstill, ...]:
    with floor.workshop.database.read() as connection:
        return standstills(connection, now=utc_now())


def let_it_be_over(floor: Floor) -> None:
    """Set the clock to when the machine tries again."""
    with floor.workshop.database.write() as connection:
        connection.execute(
            update(tables.metadata.tables["standstill"]).values(
                until=utc_now() - timedelta(seconds=1)
            )
        )


class Failing:
    """Stands for a function of `jobs.processor` that raises until told to work again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, error: Exception) -> None:
        self.broken, self.calls = True, 0
        self._real, self._error = getattr(jobs.processor, name), error
        monkeypatch.setattr(jobs.processor, name, self)

    def __call__(self, *words: object, **named: object) -> object:
        """Raise, or do it."""
        self.calls += 1
        if self.broken:
            raise self._error
        return self._real(*words, **named)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.ESTALE, "Stale file handle"),
        OperationalError("INSERT", None, psycopg.errors.DiskFull("could not extend file")),
        OperationalError("INSERT", None, psycopg.OperationalError("server closed the connection")),
    ],
)
def test_trouble_around_never_uses_up_the_attempts_of_a_chunk(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    mbox = letters(5)
    floor.hand_in(mbox)
    floor.plan()
    trouble = Failing(monkeypatch, "write", error)

    outcomes = [floor.step() for _ in range(8)]

    assert outcomes == [Outcome.FAILED] * 8
    assert floor.job().state is JobState.RUNNING
    assert [(chunk.state, chunk.attempts) for chunk in floor.chunks()] == [(ChunkState.WAITING, 0)]
    trouble.broken = False
    assert floor.run() == [Outcome.DONE]
    assert floor.job().state is JobState.FINISHED
    assert floor.rows(tables.quarantine, "offset") == []
    assert floor.stored_offsets() == offsets_in(mbox)


def test_the_machine_rests_with_the_reason_and_claims_nothing_meanwhile(
    make_floor: Callable[..., Floor], monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = make_floor(RETRY_SECONDS="20")
    floor.hand_in(letters(5))
    floor.plan()
    trouble = Failing(monkeypatch, "write", OSError(errno.ENOSPC, "No space left on device"))

    assert floor.run() == [Outcome.FAILED]

    (rest,) = resting(floor)
    assert rest.host == socket.gethostname()
    assert rest.reason == "this machine cannot work: No space left on device"
    assert floor.claim() is None
    trouble.broken = False
    let_it_be_over(floor)
    assert floor.run() == [Outcome.DONE]
    assert resting(floor) == ()


def test_a_rest_gets_longer_as_long_as_nothing_changes(
    make_floor: Callable[..., Floor], monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = make_floor(RETRY_SECONDS="10")
    floor.hand_in(letters(5))
    floor.plan()
    Failing(monkeypatch, "write", FULL)
    seconds = []

    for _ in range(4):
        floor.run()
        seconds.append(round((resting(floor)[0].until - utc_now()).total_seconds() / 10))
        let_it_be_over(floor)

    assert seconds == [1, 2, 4, 6]


def test_an_end_that_cannot_be_written_down_is_written_when_there_is_room_again(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor.hand_in(letters(5))
    floor.plan()
    Failing(monkeypatch, "write", FULL)
    refusals = [FULL] * 3
    real = type(floor.workshop.database).write

    def write(database: object) -> object:
        if refusals and armed:
            raise refusals.pop()
        return real(floor.workshop.database)

    armed: list[bool] = []
    waited: list[float] = []
    claimed = floor.must_claim()
    armed.append(True)
    monkeypatch.setattr(type(floor.workshop.database), "write", write)

    outcome = run_attempt(floor.workshop, claimed, surroundings=Surroundings(wait=waited.append))

    assert outcome is Outcome.FAILED
    assert len(waited) in {2, 3}
    assert floor.chunks()[0].state is ChunkState.WAITING


def test_a_spool_that_is_not_mounted_waits_until_it_is(floor: Floor) -> None:
    mbox = letters(60, body_lines=10)
    floor.hand_in(mbox)
    floor.plan()
    spool = floor.workshop.spool.folder
    unmounted = spool.rename(spool.with_name("elsewhere"))
    spool.mkdir()

    assert [floor.step() for _ in range(6)] == [Outcome.FAILED] * 6

    assert {chunk.state for chunk in floor.chunks()} == {ChunkState.WAITING}
    assert "its disk may not be mounted" in str(floor.chunks()[0].error)
    spool.rmdir()
    unmounted.rename(spool)
    floor.run()
    assert floor.job().state is JobState.FINISHED
    assert floor.stored_offsets() == offsets_in(mbox)


def test_what_an_attempt_says_went_wrong_is_one_line_without_links(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor.hand_in(letters(5))
    floor.plan()
    Failing(monkeypatch, "write", FULL)

    floor.step()

    ((said,),) = [row for row in floor.rows(tables.attempt, "error") if row[0]]
    assert said == "the database cannot be used: database or disk is full"


def test_a_deadlock_is_no_reason_to_rest(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    floor.hand_in(letters(5))
    floor.plan()
    deadlock = OperationalError("UPDATE", None, psycopg.errors.DeadlockDetected("deadlock"))
    Failing(monkeypatch, "write", deadlock)

    floor.step()

    assert resting(floor) == ()
    assert floor.chunks()[0].attempts == 1


def test_silence_while_nobody_could_write_is_held_against_no_chunk(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor.hand_in(letters(5))
    floor.plan()
    floor.must_claim()
    with floor.workshop.database.write() as connection:
        long_ago = utc_now() - timedelta(minutes=10)
        connection.execute(update(tables.attempt).values(lease_until=long_ago, seen_at=long_ago))
    now = 1000.0
    monkeypatch.setattr("jobs.reconcile.time.monotonic", lambda: now)

    just_back = reconcile(floor.workshop, None, blind_until=999.0)
    later = reconcile(floor.workshop, None, blind_until=900.0)

    assert (just_back.lost_attempts, later.lost_attempts) == (0, 1)
    assert [(chunk.state, chunk.attempts) for chunk in floor.chunks()] == [(ChunkState.WAITING, 0)]
    assert floor.rows(tables.chunk, "suspect_attempts") == [(0,), (0,)]


def test_a_slice_ends_when_its_machine_rests(
    make_floor: Callable[..., Floor], monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = make_floor(RETRY_SECONDS="20")
    floor.hand_in(letters(60, body_lines=10))
    floor.plan()
    Failing(monkeypatch, "write", FULL)

    made = run_slice(
        floor.workshop,
        first=None,
        worker=this_worker(EngineName.LOCAL, "test"),
        seconds=3600,
        surroundings=Surroundings(),
    )

    assert made == 1


def test_a_sqlite_file_without_room_is_waited_for(
    sqlite_database: Database, tmp_path: Path
) -> None:
    config = load(
        {
            "DATA_DIR": str(tmp_path / "var"),
            "DATABASE_URL": sqlite_database.url,
            "CHUNK_BYTES": "100000",
            "RETRY_SECONDS": "0",
        }
    )
    spool = Spool(config.spool_dir)
    floor = Floor(Workshop(config=config, database=sqlite_database, spool=spool))
    mbox = letters(300, body_lines=60)
    floor.hand_in(mbox)
    floor.plan()
    limit = 60

    @event.listens_for(sqlite_database.engine, "begin")
    def leave_no_room(connection: Connection) -> None:
        if limit:
            connection.exec_driver_sql(f"PRAGMA max_page_count={limit}")
        else:
            connection.exec_driver_sql("PRAGMA max_page_count=1000000")

    with sqlite_database.read() as connection:
        limit = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + 16

    outcomes = [floor.step() for _ in range(5)]

    assert outcomes == [Outcome.FAILED] * 5
    assert floor.job().state is JobState.RUNNING
    assert "database or disk is full" in resting(floor)[0].reason
    limit = 0
    floor.run()
    assert floor.job().state is JobState.FINISHED
    assert floor.stored_offsets() == offsets_in(mbox)


def test_what_attempts_report_adds_up_to_what_they_committed_wherever_they_are_killed(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor.hand_in(letters(40))
    floor.plan()
    monkeypatch.setattr(jobs.processor, "BATCH_MESSAGES", 5)
    while (claimed := floor.claim()) is not None:
        batches = 0

        def die_after_two() -> None:
            nonlocal batches
            batches += 1
            if batches == 2:
                raise Killed

        work = StreamingEmailProcessor(
            floor.workshop, claimed, stop_asked=lambda: False, still_moving=die_after_two
        )
        try:
            work.run()
        except Killed:
            floor.lose(claimed)

        parsed = floor.rows(tables.attempt, "chunk_id", "bytes", "messages")
        for chunk in floor.chunks():
            earned = [(size, count) for chunk_id, size, count in parsed if chunk_id == chunk.id]
            assert sum(size for size, _ in earned) == chunk.position - chunk.start
            assert sum(count for _, count in earned) == chunk.messages

    assert floor.job().state is JobState.RUNNING or floor.job().progress.messages == 40
    assert floor.attempts() > 4


class Killed(BaseException):
    """Stands for the process being gone right after a commit."""


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_worker_whose_clock_is_wrong_keeps_what_it_is_working_on(
    postgres_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    config = load({"DATA_DIR": str(tmp_path / "var"), "DATABASE_URL": postgres_database.url})
    spool = Spool(config.spool_dir)
    floor = Floor(Workshop(config=config, database=postgres_database, spool=spool))
    floor.hand_in(letters(5))
    real, lost, here = utc_now, list[int](), threading.Event()

    def wrong_here() -> datetime:
        """The worker's clock is wrong, the console's, which reconciles, is right."""
        return real() + timedelta(hours=0 if here.is_set() else hours)

    for module in ("store.clock", "jobs.processor", "jobs.reconcile"):
        monkeypatch.setattr(f"{module}.utc_now", wrong_here)

    def reconcile_meanwhile(*words: object, **named: object) -> object:
        here.set()
        lost.append(reconcile(floor.workshop, None).lost_attempts)
        here.clear()
        return real_prepare(*words, **named)  # type: ignore[arg-type]

    real_prepare = prepare
    monkeypatch.setattr(jobs.processor, "prepare", reconcile_meanwhile)

    made = run_slice(
        floor.workshop,
        first=None,
        worker=this_worker(EngineName.RQ, "test"),
        seconds=3600,
        surroundings=Surroundings(),
    )

    assert (made, lost) == (2, [0])
    assert floor.rows(tables.attempt, "outcome") == [(Outcome.DONE,)] * 2
