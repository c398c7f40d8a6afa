"""Kill anything at any moment: no message is lost, none is doubled, and the work goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping

import psutil
import pytest
from redis import Redis
from sqlalchemy import select

from jobs.bell import ring_due
from jobs.link import QueueLink
from jobs.local import LocalRunner
from jobs.reconcile import Reconciler
from store import tables
from store.states import JobState, Outcome
from tests.harness.console import Console
from tests.harness.processes import Process
from tests.harness.waiting import wait_until
from tests.jobs.fixtures import QUICK
from tests.jobs.floor import Floor
from tests.mboxes import letters, offsets_in

# Enough mail for some seconds of work, so that a kill lands in the middle of it.
MBOX = letters(6000, body_lines=30)
SETTINGS = {
    **QUICK,
    "CHUNK_BYTES": str(1 << 20),
    "LEASE_SECONDS": "2",
    "BEAT_SECONDS": "0.5",
    "RECONCILE_SECONDS": "0.3",
    "SLICE_SECONDS": "1",
}


@pytest.fixture
def floor(make_floor: Callable[..., Floor]) -> Floor:
    """A floor whose leases are short."""
    return make_floor(**SETTINGS)


def running_pids(floor: Floor) -> list[int]:
    """Processes that are in the middle of a chunk: something is committed, something is left."""
    with floor.workshop.database.read() as connection:
        rows = connection.execute(
            select(tables.attempt.c.pid)
            .join(tables.chunk, tables.chunk.c.attempt_id == tables.attempt.c.id)
            .where(tables.attempt.c.outcome == Outcome.RUNNING)
            .where(tables.chunk.c.position > tables.chunk.c.start)
            .where(tables.chunk.c.position < tables.chunk.c.stop)
        )
        return list(rows.scalars())


def wait_until_mid_chunk(floor: Floor) -> int:
    return wait_until(lambda: running_pids(floor), what="somebody is mid-chunk")[0]


def assert_every_message_exactly_once(floor: Floor) -> None:
    wait_until(lambda: floor.job().state.is_over, what="the job is over", timeout_seconds=90)
    assert floor.job().state is JobState.FINISHED, floor.job().error
    assert floor.stored_offsets() == offsets_in(MBOX)
    assert floor.job().progress.messages == len(offsets_in(MBOX))
    assert floor.job().progress.quarantined == 0
    assert floor.books().balances


@pytest.fixture
def with_redis(floor: Floor, redis_url: str) -> Callable[[], Reconciler]:
    """Hands the mbox in, rings, and starts a reconciler."""
    started: list[Reconciler] = []

    def begin() -> Reconciler:
        floor.hand_in(MBOX)
        ring_due(floor.workshop.database, Redis.from_url(redis_url))
        started.append(Reconciler(floor.workshop, QueueLink(redis_url)))
        started[-1].start()
        return started[-1]

    return begin


def freeze_until_given_up(floor: Floor, horse: int) -> None:
    """Stop a work-horse where it is, and wait until its attempt is another's to continue."""
    # Holding SQLite's one write lock makes sure that the horse does not freeze with it.
    with floor.workshop.database.write():
        os.kill(horse, signal.SIGSTOP)
    wait_until(
        lambda: (Outcome.LOST,) in floor.rows(tables.attempt, "outcome"),
        what="the frozen attempt is given up",
        timeout_seconds=90,
    )


def environ_of(floor: Floor, redis_url: str) -> dict[str, str]:
    return {**floor.workshop.config.environment(), "REDIS_URL": redis_url}


def test_row_54_killing_a_work_horse_mid_chunk_loses_and_doubles_nothing(
    floor: Floor,
    redis_url: str,
    rq_worker: Callable[[Mapping[str, str]], Process],
    with_redis: Callable[[], Reconciler],
) -> None:
    rq_worker(environ_of(floor, redis_url))
    reconciler = with_redis()

    os.kill(wait_until_mid_chunk(floor), signal.SIGKILL)

    assert_every_message_exactly_once(floor)
    assert (Outcome.LOST,) in floor.rows(tables.attempt, "outcome")
    reconciler.stop()


def test_killing_a_worker_takes_its_work_horse_along_and_another_goes_on(
    floor: Floor,
    redis_url: str,
    rq_worker: Callable[[Mapping[str, str]], Process],
    with_redis: Callable[[], Reconciler],
) -> None:
    worker = rq_worker(environ_of(floor, redis_url))
    reconciler = with_redis()
    horse = psutil.Process(wait_until_mid_chunk(floor))

    worker.kill()

    wait_until(lambda: not horse.is_running(), what="the work-horse is gone", timeout_seconds=5)
    rq_worker(environ_of(floor, redis_url))
    assert_every_message_exactly_once(floor)
    reconciler.stop()


def test_flushing_redis_mid_job_loses_and_doubles_nothing(
    floor: Floor,
    redis_url: str,
    rq_worker: Callable[[Mapping[str, str]], Process],
    with_redis: Callable[[], Reconciler],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jobs.reconcile.BELL_PATIENCE_SECONDS", 1.0)
    rq_worker(environ_of(floor, redis_url))
    reconciler = with_redis()
    wait_until_mid_chunk(floor)

    Redis.from_url(redis_url).flushall()

    assert_every_message_exactly_once(floor)
    reconciler.stop()


def test_killing_a_local_child_mid_chunk_loses_and_doubles_nothing(floor: Floor) -> None:
    floor.hand_in(MBOX)
    runner = LocalRunner(floor.workshop, wanted=lambda: True)
    runner.start()

    os.kill(wait_until_mid_chunk(floor), signal.SIGKILL)

    assert_every_message_exactly_once(floor)
    runner.stop()
    assert any(
        "signal 9" in (error or "") for (error,) in floor.rows(tables.attempt, "error") if error
    )


def test_a_frozen_work_horse_that_wakes_up_again_writes_nothing(
    floor: Floor,
    redis_url: str,
    rq_worker: Callable[[Mapping[str, str]], Process],
    with_redis: Callable[[], Reconciler],
) -> None:
    rq_worker(environ_of(floor, redis_url))
    reconciler = with_redis()
    frozen = wait_until_mid_chunk(floor)
    freeze_until_given_up(floor, frozen)
    rq_worker(environ_of(floor, redis_url))
    os.kill(frozen, signal.SIGCONT)

    assert_every_message_exactly_once(floor)
    reconciler.stop()


def test_killing_the_whole_console_again_and_again_only_delays_the_job(
    console: Callable[..., Console],
) -> None:
    running = console(**SETTINGS)
    with running.client() as client:
        answer = client.post("/api/upload/stream?filename=letters.mbox", content=MBOX)
    status_url = answer.json()["status_url"]
    for _ in range(3):
        with running.client() as client:
            wait_until(
                lambda: client.get(status_url).json()["progress"]["bytes_done"] > 0,
                what="it moves",
            )
        running.process.kill()
        running.restart()

    with running.client() as client:
        status = wait_until(
            lambda: (
                found
                if (found := client.get(status_url).json())["status"]
                not in ("queued", "planning", "running")
                else None
            ),
            what="the job is over",
            timeout_seconds=90,
        )
        assert status["status"] == "finished"
        assert status["progress"]["messages"] == len(offsets_in(MBOX))
        assert client.get(f"/api/jobs/{status['job_id']}/ledger").json()["balances"]
