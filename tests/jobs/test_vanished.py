"""Workers that are gone without a farewell are written down, once, and nobody else is."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

import pytest

from jobs.link import QueueLink
from jobs.reports import PREFIX
from jobs.vanished import ACTION, Roster, vanished_since
from jobs.worker_kinds import WorkerKind
from store.audit import entries, first_break
from store.clock import utc_now
from tests.harness.processes import Process
from tests.harness.waiting import wait_until
from tests.jobs.floor import Floor
from tests.web.hall import AWAY, Hall, flat

OURS, HEIR = "node-1-4711-0fa9c1", "node-1-4711-99ab01"
PLAIN = "b9c1f0d2a7e84c0fb1a2d3e4f5a6b7c8"
BEGUN = datetime.fromisoformat("2026-03-01T12:00:00+00:00")


@pytest.fixture
def hall(redis_url: str) -> Iterator[Hall]:
    hall = Hall(redis_url)
    yield hall
    hall.close()


class Watchman:
    """Looks every 15 seconds, by a clock of its own."""

    def __init__(self, floor: Floor, url: str) -> None:
        self.floor, self.link, self.now = floor, QueueLink(url), BEGUN
        self.away = QueueLink(AWAY)
        self.roster = Roster()

    def look(self, *, seconds: float = 0, redis_is_away: bool = False) -> None:
        """Once, and then on until so many seconds have passed."""
        until = self.now + timedelta(seconds=seconds)
        while True:
            link = self.away if redis_is_away else self.link
            self.roster.look(self.floor.workshop, link, now=self.now)
            self.now += timedelta(seconds=15)
            if self.now > until:
                return

    def found(self) -> list[str]:
        with self.floor.workshop.database.read() as connection:
            return [one.name for one in vanished_since(connection, BEGUN, limit=99)]


@pytest.fixture
def watchman(floor: Floor, redis_url: str) -> Watchman:
    return Watchman(floor, redis_url)


@pytest.mark.parametrize(("name", "kind"), [(OURS, WorkerKind.OURS), (PLAIN, WorkerKind.PLAIN)])
def test_who_listens_no_more_and_said_nothing_is_written_down_once_with_when_it_was_there(
    hall: Hall, watchman: Watchman, name: str, kind: WorkerKind
) -> None:
    hall.enlist(name)
    hall.enlist("another")
    hall.wait(2)
    watchman.look(seconds=40)
    hall.fall_silent(name)

    watchman.look(seconds=100)
    at_first = watchman.found()
    watchman.look(seconds=600)

    assert at_first == []
    with watchman.floor.workshop.database.read() as connection:
        (found,) = vanished_since(connection, BEGUN, limit=9)
        (entry,) = entries(connection, action=ACTION)
        assert first_break(connection) is None
    assert (found.name, found.kind, found.host, found.pid) == (name, kind, "node-1", 4711)
    assert found.seen_at == BEGUN + timedelta(seconds=30)
    assert (entry.actor, entry.subject) == ("system", f"worker:{name}")


def test_who_crashed_when_redis_went_away_is_written_down_when_that_is_back(
    hall: Hall, watchman: Watchman
) -> None:
    hall.enlist(PLAIN)
    hall.wait(1)
    watchman.look(seconds=40)
    watchman.look(seconds=300, redis_is_away=True)
    hall.fall_silent(PLAIN)
    hall.redis.flushall()

    watchman.look(seconds=100)
    at_first = watchman.found()
    watchman.look(seconds=60)

    assert at_first == []
    assert watchman.found() == [PLAIN]


def test_who_said_farewell_is_not_missed(hall: Hall, watchman: Watchman) -> None:
    hall.enlist(PLAIN)
    hall.wait(1)
    watchman.look()
    hall.fall_silent(PLAIN)
    hall.redis.srem("rq:workers", f"rq:worker:{PLAIN}")
    hall.redis.hset(f"rq:worker:{PLAIN}", "death", utc_now().isoformat())

    watchman.look()
    hall.redis.delete(f"rq:worker:{PLAIN}")
    watchman.look(seconds=600)

    assert watchman.found() == []


def test_who_comes_back_in_time_is_not_missed(hall: Hall, watchman: Watchman) -> None:
    hall.enlist(PLAIN)
    hall.wait(1)
    watchman.look()
    hall.fall_silent(PLAIN)
    watchman.look(seconds=90)
    hall.enlist(PLAIN)
    hall.wait(1)

    watchman.look(seconds=600)

    assert watchman.found() == []


@pytest.mark.parametrize(
    ("age", "gone"), [(5000.0, []), (None, []), (1.0, [OURS])], ids=["goes on", "?", "anew"]
)
def test_a_process_that_goes_on_under_a_new_name_is_not_missed(
    hall: Hall, watchman: Watchman, age: float | None, gone: list[str]
) -> None:
    """Unless its container was started anew, where numbers of processes come again."""
    hall.enlist(OURS)
    hall.wait(1)
    watchman.look(seconds=40)
    hall.fall_silent(OURS)
    hall.enlist(HEIR)
    hall.wait(1)
    if age is not None:
        at = (watchman.now + timedelta(seconds=60)).isoformat()
        told = {"worker_pid": "4711", "worker_memory": "1", "worker_age": str(age)}
        hall.redis.hset(PREFIX + HEIR, items=flat({"at": at, **told}))

    watchman.look(seconds=600)

    assert watchman.found() == gone


def test_after_a_while_without_looking_only_those_are_missed_that_redis_still_lists(
    hall: Hall, watchman: Watchman
) -> None:
    for name in (OURS, PLAIN):
        hall.enlist(name, kept_seconds=480)
    hall.wait(2)
    watchman.look()
    watchman.now = utc_now() + timedelta(minutes=5)
    for name in (OURS, PLAIN):
        hall.fall_silent(name)
    hall.redis.srem("rq:workers", f"rq:worker:{PLAIN}")
    hall.redis.delete(f"rq:worker:{PLAIN}")

    watchman.look(seconds=200)
    watchman.roster = Roster()
    watchman.look(seconds=200)

    assert watchman.found() == [OURS]


def test_workers_of_other_queues_are_not_missed(hall: Hall, watchman: Watchman) -> None:
    hall.enlist(PLAIN, more={"queues": "mail"})
    hall.wait(1)
    watchman.look()
    hall.fall_silent(PLAIN)

    watchman.look(seconds=600)

    assert watchman.found() == []


Start = Callable[[Mapping[str, str]], Process]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("kind", ["our_worker", "rq_worker"])
def test_an_idle_worker_is_missed_when_it_is_killed_and_not_when_it_ends(
    watchman: Watchman,
    redis_url: str,
    kind: str,
    how: signal.Signals,
    request: pytest.FixtureRequest,
) -> None:
    start: Start = request.getfixturevalue(kind)
    environ = {**watchman.floor.workshop.config.environment(), "REDIS_URL": redis_url}
    process, redis = start(environ), watchman.link.redis
    wait_until(lambda: redis.pubsub_channels("rq:pubsub:*"), what="it listens")
    watchman.look(seconds=40)

    process.send(how)
    process.wait(timeout_seconds=20)
    wait_until(lambda: not redis.pubsub_channels("rq:pubsub:*"), what="it listens no more")
    watchman.look(seconds=200)

    assert len(watchman.found()) == (how is signal.SIGKILL)
