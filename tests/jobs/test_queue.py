"""RQ for real: plain workers, our own worker, and what the console sees of them."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from redis import Redis

from jobs.bell import ring_due
from jobs.health import look
from jobs.lease import Lease
from jobs.link import QueueLink
from jobs.local import LOCK
from jobs.reconcile import reconcile
from jobs.standing import WorkerState
from store import tables
from store.clock import utc_now
from store.config import load
from store.database import Database
from store.migrate import migrate
from store.states import EngineName, JobState
from tests.harness.processes import Process, bare_environment, program, start, wait_until_ready
from tests.harness.redis import RedisServer
from tests.harness.waiting import wait_until
from tests.jobs.floor import Floor
from tests.mboxes import letters, offsets_in


def environ_of(floor: Floor, redis_url: str) -> dict[str, str]:
    return {**floor.workshop.config.environment(), "REDIS_URL": redis_url}


def ring(floor: Floor, redis_url: str) -> None:
    ring_due(floor.workshop.database, Redis.from_url(redis_url))


def wait_for_end(floor: Floor) -> None:
    wait_until(lambda: floor.job().state.is_over, what="the job is over", timeout_seconds=60)


def test_several_plain_rq_workers_share_one_file(
    make_floor: Callable[..., Floor],
    redis_url: str,
    rq_worker: Callable[[Mapping[str, str]], Process],
) -> None:
    floor = make_floor(SLICE_SECONDS="0", CHUNK_BYTES="100000")
    mbox = letters(600, body_lines=60)
    floor.hand_in(mbox)
    for _ in range(2):
        rq_worker(environ_of(floor, redis_url))

    ring(floor, redis_url)
    wait_for_end(floor)

    assert floor.job().state is JobState.FINISHED
    assert floor.job().engine is EngineName.RQ
    assert floor.stored_offsets() == offsets_in(mbox)
    assert len({worker for (worker,) in floor.rows(tables.attempt, "worker")}) == 2


def test_a_bell_for_a_chunk_of_another_database_fails_with_advice(
    floor: Floor, redis_url: str, rq_worker: Callable[[Mapping[str, str]], Process], tmp_path: Path
) -> None:
    floor.hand_in(letters(3))
    (tmp_path / "other").mkdir()
    other = load({"DATA_DIR": str(tmp_path / "other"), "REDIS_URL": redis_url})
    migrate(Database(other.database_url))

    worker = rq_worker(other.environment())
    ring(floor, redis_url)

    wait_until(lambda: "DATABASE_URL" in worker.log(), what="the worker says what is wrong")
    assert floor.attempts() == 0
    assert not floor.job().state.is_over


def start_own_worker(folder: Path, processes: list[Process], environ: Mapping[str, str]) -> Process:
    process = start(
        [program("email-parser"), "worker"],
        name="worker",
        folder=folder,
        environ=bare_environment(environ),
    )
    processes.append(process)
    wait_until_ready(process, lambda: "Listening on" in process.log())
    return process


def test_our_own_worker_does_the_work_and_ends_when_asked(
    floor: Floor, redis_url: str, processes: list[Process], tmp_path: Path
) -> None:
    mbox = letters(50)
    floor.hand_in(mbox)
    worker = start_own_worker(tmp_path, processes, environ_of(floor, redis_url))

    ring(floor, redis_url)
    wait_for_end(floor)
    worker.send(signal.SIGTERM)

    assert worker.wait() == 0
    assert floor.stored_offsets() == offsets_in(mbox)


def test_our_own_worker_waits_for_a_redis_that_is_not_there_yet(
    floor: Floor, processes: list[Process], tmp_path: Path
) -> None:
    environ = environ_of(floor, "redis://127.0.0.1:1/0")
    process = start(
        [program("email-parser"), "worker"],
        name="worker",
        folder=tmp_path,
        environ=bare_environment(environ),
    )
    processes.append(process)

    wait_until(lambda: "Redis is away" in process.log(), what="it says that Redis is away")

    assert process.is_running()


@pytest.mark.parametrize("while_busy", [False, True])
def test_our_own_worker_survives_a_redis_that_goes_away_and_comes_back(
    make_floor: Callable[..., Floor],
    own_redis: Callable[..., RedisServer],
    processes: list[Process],
    tmp_path: Path,
    while_busy: bool,
) -> None:
    floor, server = make_floor(CHUNK_BYTES="100000", SLICE_SECONDS="3600"), own_redis()
    mbox = letters(3000, body_lines=60)
    worker = start_own_worker(tmp_path, processes, environ_of(floor, server.url))
    if while_busy:
        floor.hand_in(mbox)
        ring(floor, server.url)
        wait_until(lambda: floor.chunks() and floor.chunks()[0].position, what="it is at work")

    server.process.kill()
    wait_until(
        lambda: "Redis is away" in worker.log() or "could not connect to Redis" in worker.log(),
        what="it misses Redis",
        timeout_seconds=60,
    )
    again = server.restarted()
    processes.append(again.process)
    if not while_busy:
        floor.hand_in(mbox)
    wait_until(
        lambda: again.client().pubsub_channels("rq:pubsub:*"),
        what="it listens again",
        timeout_seconds=60,
    )
    reconcile(floor.workshop, QueueLink(server.url))
    wait_for_end(floor)

    assert worker.is_running()
    assert floor.job().state is JobState.FINISHED
    worker.send(signal.SIGTERM)
    assert worker.wait() == 0


def test_what_listened_for_a_worker_that_an_outage_ended_looks_like_no_other_worker(
    make_floor: Callable[..., Floor],
    own_redis: Callable[..., RedisServer],
    processes: list[Process],
    tmp_path: Path,
) -> None:
    floor, server = make_floor(CHUNK_BYTES="100000", SLICE_SECONDS="3600"), own_redis()
    worker = start_own_worker(tmp_path, processes, environ_of(floor, server.url))
    floor.hand_in(letters(3000, body_lines=60))
    ring(floor, server.url)
    wait_until(lambda: floor.chunks() and floor.chunks()[0].position, what="it is at work")

    server.process.kill()
    wait_until(lambda: "a new worker starts" in worker.log(), what="it ends", timeout_seconds=60)
    again = server.restarted()
    processes.append(again.process)
    wait_until(
        lambda: worker.log().count("Listening on") == 2, what="it lives again", timeout_seconds=60
    )
    # Who was left behind tries again every two seconds.
    time.sleep(5)

    assert len(again.client().pubsub_channels("rq:pubsub:*")) == 1


def test_our_own_worker_ends_when_asked_while_redis_is_away(
    floor: Floor, processes: list[Process], tmp_path: Path
) -> None:
    process = start(
        [program("email-parser"), "worker"],
        name="worker",
        folder=tmp_path,
        environ=bare_environment(environ_of(floor, "redis://127.0.0.1:1/0")),
    )
    processes.append(process)
    wait_until(lambda: "a new worker starts in" in process.log(), what="it waits")

    process.send(signal.SIGTERM)

    assert process.wait() == 0


def states(floor: Floor, link: QueueLink) -> dict[str, WorkerState]:
    health = look(floor.workshop.database, config=floor.workshop.config, link=link, now=utc_now())
    return {worker.name: worker.state for worker in health.workers}


def test_workers_are_seen_alive_after_a_flush_and_dead_after_a_kill(
    floor: Floor, redis_url: str, rq_worker: Callable[[Mapping[str, str]], Process]
) -> None:
    link = QueueLink(redis_url)
    worker = rq_worker(environ_of(floor, redis_url))
    wait_until(lambda: list(states(floor, link).values()) == [WorkerState.IDLE], what="idle")

    link.redis.flushall()
    assert list(states(floor, link).values()) == [WorkerState.UNREGISTERED]

    worker.kill()
    wait_until(lambda: states(floor, link) == {}, what="the dead worker is gone from the list")


def test_a_worker_that_was_killed_is_presumed_dead_while_its_record_lasts(
    floor: Floor, redis_url: str, rq_worker: Callable[[Mapping[str, str]], Process]
) -> None:
    link = QueueLink(redis_url)
    worker = rq_worker(environ_of(floor, redis_url))
    wait_until(lambda: list(states(floor, link).values()) == [WorkerState.IDLE], what="idle")

    worker.kill()

    wait_until(
        lambda: list(states(floor, link).values()) == [WorkerState.PRESUMED_DEAD],
        what="it is presumed dead",
    )


def test_looking_changes_nothing_in_redis(floor: Floor, redis_url: str) -> None:
    link = QueueLink(redis_url)
    floor.hand_in(letters(3))
    ring(floor, redis_url)
    before = {key: link.redis.dump(key) for key in link.redis.scan_iter()}

    look(floor.workshop.database, config=floor.workshop.config, link=link, now=utc_now())

    assert {key: link.redis.dump(key) for key in link.redis.scan_iter()} == before


def test_looking_while_redis_is_away_is_quick_and_says_since_when(floor: Floor) -> None:
    link = QueueLink("redis://127.0.0.1:1/0")

    health = look(floor.workshop.database, config=floor.workshop.config, link=link, now=utc_now())

    assert health.queue.link is not None
    assert not health.queue.link.reachable
    assert health.queue.link.unreachable_since is not None
    assert health.queue.hanging is None


@pytest.mark.parametrize("waiting", [False, True])
def test_a_queue_is_stuck_when_work_waits_and_nobody_is_there(
    floor: Floor, redis_url: str, waiting: bool
) -> None:
    if waiting:
        floor.hand_in(letters(3))

    health = look(
        floor.workshop.database,
        config=floor.workshop.config,
        link=QueueLink(redis_url),
        now=utc_now(),
    )

    assert health.queue.is_stuck is waiting


def test_the_local_thread_and_its_child_count_as_one_taker_of_work(floor: Floor) -> None:
    floor.hand_in(letters(3))
    assert Lease(floor.workshop.database, LOCK, seconds=60).held()
    floor.must_claim()

    health = look(floor.workshop.database, config=floor.workshop.config, link=None, now=utc_now())

    assert len(health.workers) == 1
    assert health.queue.consumers == 1
