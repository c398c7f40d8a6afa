"""What becomes of workers, seen on real ones: killed, frozen, drained, and Redis away."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta

import psutil
import pytest
from redis import Redis
from sqlalchemy import update

from jobs.bell import ring_due
from jobs.dispatch import Dispatch
from jobs.draining import ask_to_drain
from jobs.health import look
from jobs.health_view import Health, WorkerHealth
from jobs.link import QueueLink
from jobs.reconcile import reconcile
from jobs.sampling import take_sample
from jobs.standing import WorkerState
from jobs.worker_details import with_details
from jobs.worker_kinds import WorkerKind
from jobs.worker_names import pid_told_by
from store import tables
from store.chunks import running_attempts
from store.clock import utc_now
from store.database import Database
from store.states import ChunkState, Outcome
from store.vain import program_version
from tests.harness.processes import Process
from tests.harness.redis import RedisServer
from tests.harness.waiting import wait_until
from tests.jobs.floor import Floor
from tests.mboxes import letters

Start = Callable[[Mapping[str, str]], Process]
KINDS = ["our_worker", "rq_worker"]


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """One is enough: what is looked at here are processes."""
    return sqlite_database


@pytest.fixture
def floor(make_floor: Callable[..., Floor]) -> Floor:
    """A floor with work for some seconds; an attempt may be silent for a minute."""
    floor = make_floor(CHUNK_BYTES=str(8 << 20), BEAT_SECONDS="30", LEASE_SECONDS="90")
    floor.hand_in(letters(6000, body_lines=30))
    return floor


def environ_of(floor: Floor, redis_url: str) -> dict[str, str]:
    return {**floor.workshop.config.environment(), "REDIS_URL": redis_url}


def seen(floor: Floor, link: QueueLink) -> Health:
    return look(floor.workshop.database, config=floor.workshop.config, link=link, now=utc_now())


def only_worker(floor: Floor, link: QueueLink) -> WorkerHealth | None:
    workers = seen(floor, link).workers
    return workers[0] if len(workers) == 1 else None


def wait_for(floor: Floor, link: QueueLink, state: WorkerState) -> WorkerHealth:
    def there() -> WorkerHealth | None:
        worker = only_worker(floor, link)
        return worker if worker and worker.state is state else None

    return wait_until(there, what=f"the worker is {state}")


def parsing_horse(floor: Floor) -> int | None:
    with floor.workshop.database.read() as connection:
        return next((one.pid for one in running_attempts(connection) if one.chunk_seq), None)


@pytest.fixture
def freeze_the_horse(floor: Floor, processes: list[Process]) -> Iterator[Callable[[str], int]]:
    """Rings, and stops the work-horse in the middle of a chunk; answers its process id."""
    frozen: list[int] = []

    def freeze(redis_url: str) -> int:
        ring_due(floor.workshop.database, Redis.from_url(redis_url))
        horse = wait_until(lambda: parsing_horse(floor), what="a chunk is being read")
        # Holding SQLite's one write lock makes sure that the horse does not freeze with it.
        with floor.workshop.database.write():
            os.kill(horse, signal.SIGSTOP)
        frozen.append(horse)
        return horse

    yield freeze
    for horse in frozen:
        with suppress(ProcessLookupError):
            os.kill(horse, signal.SIGKILL)


def lose_what_runs(floor: Floor, link: QueueLink) -> None:
    """Reconcile as if the leases of what runs had run out."""
    with floor.workshop.database.write() as connection:
        connection.execute(
            update(tables.attempt)
            .where(tables.attempt.c.outcome == Outcome.RUNNING)
            .values(lease_until=utc_now() - timedelta(seconds=1))
        )
    assert reconcile(floor.workshop, link).lost_attempts == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_drains_is_not_busy_and_shows_what_it_still_does(
    floor: Floor,
    redis_url: str,
    kind: str,
    freeze_the_horse: Callable[[str], int],
    request: pytest.FixtureRequest,
) -> None:
    start: Start = request.getfixturevalue(kind)
    start(environ_of(floor, redis_url))
    link = QueueLink(redis_url)
    freeze_the_horse(redis_url)
    worker = wait_for(floor, link, WorkerState.BUSY)

    ask_to_drain(link, [worker.name])
    draining = wait_for(floor, link, WorkerState.DRAINING)

    assert draining.current is not None
    assert draining.asked_to_end_at is not None
    assert seen(floor, link).queue.consumers == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_whose_horse_hangs_after_its_chunk_was_lost_is_stuck(
    floor: Floor,
    redis_url: str,
    kind: str,
    freeze_the_horse: Callable[[str], int],
    request: pytest.FixtureRequest,
) -> None:
    start: Start = request.getfixturevalue(kind)
    start(environ_of(floor, redis_url))
    link = QueueLink(redis_url)
    horse = freeze_the_horse(redis_url)

    lose_what_runs(floor, link)
    stuck = wait_for(floor, link, WorkerState.STUCK)

    assert stuck.given_up is not None
    assert stuck.given_up.pid == horse
    assert seen(floor, link).queue.consumers == 0


@pytest.fixture
def hang_the_horse(floor: Floor) -> Iterator[Callable[[Process, QueueLink], int]]:
    """Rings, and stops the work-horse before it claims anything; answers its process id."""
    hanging: list[int] = []

    def horse_of(worker: Process) -> int | None:
        return next((one.pid for one in psutil.Process(worker.pid).children()), None)

    def hang(worker: Process, link: QueueLink) -> int:
        os.kill(worker.pid, signal.SIGSTOP)
        ring_due(floor.workshop.database, link.redis)
        # Whoever claims writes first, and SQLite has one write lock.
        with floor.workshop.database.write():
            os.kill(worker.pid, signal.SIGCONT)
            horse = wait_until(lambda: horse_of(worker), what="a work-horse is there")
            os.kill(horse, signal.SIGSTOP)
            hanging.append(horse)
        return horse

    yield hang
    for horse in hanging:
        with suppress(ProcessLookupError):
            os.kill(horse, signal.SIGKILL)


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_whose_horse_took_a_bell_and_claims_nothing_is_stuck(
    floor: Floor,
    redis_url: str,
    kind: str,
    hang_the_horse: Callable[[Process, QueueLink], int],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    start: Start = request.getfixturevalue(kind)
    worker, link = start(environ_of(floor, redis_url)), QueueLink(redis_url)
    before = utc_now()

    hang_the_horse(worker, link)
    at_first = wait_for(floor, link, WorkerState.IDLE)
    monkeypatch.setattr("jobs.stalls.STALLED_AFTER", timedelta(seconds=1))
    stuck = wait_for(floor, link, WorkerState.STUCK)

    assert at_first.answers_bell
    assert stuck.stall is not None
    assert before < stuck.stall.took_at < utc_now()
    assert (stuck.stall.heard_at, stuck.given_up, stuck.answers_bell) == (None, None, False)
    assert seen(floor, link).queue.is_stuck


@pytest.fixture
def freeze() -> Iterator[Callable[[Process], None]]:
    """Stops a worker's own process, and lets it go on in the end."""
    frozen: list[int] = []

    def stop(worker: Process) -> None:
        os.kill(worker.pid, signal.SIGSTOP)
        frozen.append(worker.pid)

    yield stop
    for pid in frozen:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def waits_for_work(link: QueueLink) -> bool:
    """What is frozen before, as it starts, says of itself that it has started."""
    names = link.redis.smembers("rq:workers")
    return [link.redis.hget(name, "state") for name in names] == [b"idle"]


def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes a minute to be told is told within seconds."""
    monkeypatch.setattr("jobs.frozen.FROZEN_AFTER", timedelta(seconds=1))
    monkeypatch.setattr("jobs.health.UNMOVED_AFTER", timedelta(seconds=1))


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_is_frozen_beside_work_is_stuck_until_it_goes_on(
    floor: Floor,
    redis_url: str,
    kind: str,
    freeze: Callable[[Process], None],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    start: Start = request.getfixturevalue(kind)
    worker, link = start(environ_of(floor, redis_url)), QueueLink(redis_url)
    wait_until(lambda: waits_for_work(link), what="it has begun to wait for work")
    wait_for(floor, link, WorkerState.IDLE)
    before = utc_now()

    freeze(worker)
    for _ in range(2):  # the first is given to who waits for it, and never taken up
        link.redis.rpush("rq:queue:default", "chunk-1-0fa9c1d2")
    patient = seen(floor, link)
    at_once(monkeypatch)
    stuck = wait_for(floor, link, WorkerState.STUCK)
    queue = seen(floor, link).queue

    assert [one.state for one in patient.workers] == [WorkerState.IDLE]
    assert stuck.unmoved_since is not None
    assert before - timedelta(seconds=5) < stuck.unmoved_since < utc_now()
    assert (stuck.stall, stuck.given_up, stuck.answers_bell) == (None, None, False)
    assert (queue.consumers, queue.seem_free, queue.is_stuck) == (0, 0, True)
    os.kill(worker.pid, signal.SIGCONT)
    wait_until(
        lambda: all(one.state is not WorkerState.STUCK for one in seen(floor, link).workers),
        what="it goes on",
    )


def test_our_worker_is_told_as_frozen_although_others_go_on(
    floor: Floor,
    redis_url: str,
    our_worker: Start,
    freeze: Callable[[Process], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No bell hangs and work goes on: its silent connection alone tells."""
    worker, link = our_worker(environ_of(floor, redis_url)), QueueLink(redis_url)
    wait_until(lambda: waits_for_work(link), what="it has begun to wait for work")
    wait_for(floor, link, WorkerState.IDLE)
    at_once(monkeypatch)

    freeze(worker)
    link.redis.rpush("rq:queue:default", "chunk-1-0fa9c1d2")
    floor.hand_in(letters(3), filename="more.mbox")
    floor.must_claim()
    stuck = wait_until(
        lambda: [one for one in seen(floor, link).workers if one.state is WorkerState.STUCK],
        what="it is stuck",
    )

    assert [pid_told_by(one.name) for one in stuck] == [worker.pid]


def test_our_worker_works_where_redis_lets_no_connection_be_named(
    floor: Floor, redis_url: str, our_worker: Start
) -> None:
    link = QueueLink(redis_url)
    rights = ["+@all", "-client|setname"]
    link.redis.acl_setuser(
        "unnamed", enabled=True, passwords=["+secret"], commands=rights, keys=["*"], channels=["*"]
    )
    ring_due(floor.workshop.database, link.redis)

    our_worker(environ_of(floor, redis_url.replace("://", "://unnamed:secret@")))

    assert wait_for(floor, link, WorkerState.BUSY).current
    link.redis.acl_deluser("unnamed")


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_waits_for_work_in_good_health_is_not_stuck(
    floor: Floor,
    redis_url: str,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """Work is due and was not rung for: whoever waits does not know of it."""
    start: Start = request.getfixturevalue(kind)
    at_once(monkeypatch)
    start(environ_of(floor, redis_url))
    link = QueueLink(redis_url)
    wait_for(floor, link, WorkerState.IDLE)

    wait_until(lambda: seen(floor, link).queue.is_unmoved, what="nobody begins it")
    health = seen(floor, link)

    assert [one.state for one in health.workers] == [WorkerState.IDLE]
    assert (health.queue.consumers, health.queue.seem_free) == (1, 1)
    assert health.queue.unmoved_since == health.queue.backlog.oldest_since


def test_our_worker_says_of_what_its_horse_died_and_what_it_held(
    floor: Floor, redis_url: str, our_worker: Start, freeze_the_horse: Callable[[str], int]
) -> None:
    our_worker(environ_of(floor, redis_url))
    horse = freeze_the_horse(redis_url)

    os.kill(horse, signal.SIGKILL)

    (error,) = wait_until(lambda: next(iter(lost_errors(floor)), None), what="the death is noted")
    assert error.startswith(f"work-horse {horse}: signal 9 (SIGKILL); it held ")
    assert error.endswith(": killed by hand or by the kernel")


def lost_errors(floor: Floor) -> list[tuple[str]]:
    rows = floor.rows(tables.attempt, "outcome", "error")
    return [(error,) for outcome, error in rows if outcome == Outcome.LOST]


def test_of_a_plain_workers_horse_rqs_own_record_tells_how_it_died(
    floor: Floor, redis_url: str, rq_worker: Start, freeze_the_horse: Callable[[str], int]
) -> None:
    rq_worker(environ_of(floor, redis_url))
    link = QueueLink(redis_url)
    horse = freeze_the_horse(redis_url)
    os.kill(horse, signal.SIGKILL)
    wait_until(lambda: link.redis.zcard("rq:failed:default"), what="RQ has noticed")

    lose_what_runs(floor, link)

    ((error,),) = lost_errors(floor)
    assert error.startswith(f"work-horse {horse}: signal 9 (SIGKILL)")


@pytest.mark.parametrize(
    ("fixture", "kind"), [("our_worker", WorkerKind.OURS), ("rq_worker", WorkerKind.PLAIN)]
)
def test_a_busy_worker_reports_memory_and_cpu_of_itself_and_its_horse(
    floor: Floor,
    redis_url: str,
    fixture: str,
    kind: WorkerKind,
    freeze_the_horse: Callable[[str], int],
    request: pytest.FixtureRequest,
) -> None:
    start: Start = request.getfixturevalue(fixture)
    process = start(environ_of(floor, redis_url))
    link = QueueLink(redis_url)
    horse = freeze_the_horse(redis_url)

    (worker,) = with_details(seen(floor, link).workers, link=link)

    assert worker.kind is kind
    assert worker.program == program_version()
    assert worker.report is not None
    assert worker.report.worker is not None
    assert worker.report.horse is not None
    assert (worker.report.worker.pid, worker.report.horse.pid) == (process.pid, horse)
    assert worker.report.horse.memory_bytes > 1 << 20
    assert worker.report.limit_bytes is not None
    assert worker.report.limit_bytes <= psutil.virtual_memory().total


@pytest.mark.parametrize(("fixture", "seconds"), [("our_worker", 45), ("rq_worker", 405)])
def test_the_expected_beat_of_an_idle_worker_is_told_by_its_record(
    floor: Floor, redis_url: str, fixture: str, seconds: int, request: pytest.FixtureRequest
) -> None:
    start: Start = request.getfixturevalue(fixture)
    start(environ_of(floor, redis_url))

    worker = wait_for(floor, QueueLink(redis_url), WorkerState.IDLE)

    assert worker.beat_seconds == seconds


@pytest.mark.parametrize("words", [(), ("--name", "named-by-hand")])
def test_a_plain_worker_is_still_called_one_after_redis_was_flushed(
    floor: Floor, redis_url: str, rq_worker: Callable[..., Process], words: tuple[str, ...]
) -> None:
    rq_worker(environ_of(floor, redis_url), *words)
    link = QueueLink(redis_url)
    before = wait_for(floor, link, WorkerState.IDLE)

    link.redis.flushall()
    after = wait_for(floor, link, WorkerState.UNREGISTERED)

    assert (before.name, before.kind) == (after.name, after.kind)
    assert after.kind is WorkerKind.PLAIN


def test_while_redis_hangs_workers_are_unknown_and_the_last_count_is_told(
    floor: Floor,
    own_redis: Callable[..., RedisServer],
    our_worker: Start,
    freeze_the_horse: Callable[[str], int],
) -> None:
    redis = own_redis()
    our_worker(environ_of(floor, redis.url))
    link = QueueLink(redis.url)
    freeze_the_horse(redis.url)
    take_sample(floor.workshop, link)

    redis.process.send(signal.SIGSTOP)
    health = seen(floor, QueueLink(redis.url))

    assert not health.workers_are_known
    assert health.queue.consumers is None
    assert health.queue.last_known is not None
    assert health.queue.last_known.number == 1
    assert [worker.state for worker in health.workers] == [WorkerState.BUSY]
    redis.process.send(signal.SIGCONT)


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_is_stopped_is_gone_at_once_and_nobody_is_blamed(
    floor: Floor,
    redis_url: str,
    kind: str,
    freeze_the_horse: Callable[[str], int],
    request: pytest.FixtureRequest,
) -> None:
    start: Start = request.getfixturevalue(kind)
    process = start(environ_of(floor, redis_url))
    link = QueueLink(redis_url)
    freeze_the_horse(redis_url)
    worker = wait_for(floor, link, WorkerState.BUSY)
    dispatch = Dispatch(floor.workshop, link=link, wake_local=lambda: None)

    assert dispatch.stop_workers([worker.name], actor="account:ann") == 1

    process.wait(timeout_seconds=20)
    outcomes = floor.rows(tables.attempt, "outcome", "error")
    assert (Outcome.CANCELLED, "its worker was stopped by account:ann") in outcomes
    assert (ChunkState.RUNNING, 0) not in floor.rows(tables.chunk, "state", "suspect_attempts")
    assert {suspicions for (suspicions,) in floor.rows(tables.chunk, "suspect_attempts")} == {0}
    assert (ChunkState.WAITING, 0, None) in floor.rows(
        tables.chunk, "state", "attempts", "suspect_offset"
    )
