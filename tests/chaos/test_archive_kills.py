"""Kill whoever unpacks an archive: no member is taken in twice, none is lost, no file is left."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping

import pytest
from redis import Redis
from sqlalchemy import func, select

from jobs.bell import ring_due
from jobs.link import QueueLink
from jobs.local import LocalRunner
from jobs.reconcile import Reconciler
from store import tables
from store.archives import Fate
from store.members import MembersSum, sum_of_members
from store.states import JobState, Outcome
from store.tables_archive import member
from tests.archives import streamed_zip, tgz_of
from tests.chaos.test_kills import SETTINGS, environ_of, freeze_until_given_up
from tests.harness.processes import Process
from tests.harness.waiting import wait_until
from tests.jobs.floor import Floor
from tests.mboxes import mbox_of, raw_message

MEMBERS = 24
# Members of some size, so that a kill lands in the middle of the unpacking.
FILES = {
    f"Takeout/Mail/{number:02}.mbox": mbox_of(
        raw_message(number * 100 + one, body="and so on it went\n" * 6000) for one in range(5)
    )
    for number in range(MEMBERS)
}
ARCHIVES = {"zip": streamed_zip(FILES), "tgz": tgz_of(FILES.items())}


@pytest.fixture
def floor(make_floor: Callable[..., Floor]) -> Floor:
    """A floor whose leases are short."""
    return make_floor(**SETTINGS)


@pytest.fixture
def reconciler(floor: Floor, redis_url: str) -> Iterator[Reconciler]:
    """Goes round until the test is over."""
    made = Reconciler(floor.workshop, QueueLink(redis_url))
    made.start()
    yield made
    made.stop()


def unpackers(floor: Floor) -> list[int]:
    """Processes that have unpacked some of it and not all."""
    taken = select(func.count()).select_from(member).scalar_subquery()
    with floor.workshop.database.read() as connection:
        rows = connection.execute(
            select(tables.attempt.c.pid)
            .join(tables.chunk, tables.chunk.c.attempt_id == tables.attempt.c.id)
            .where(tables.attempt.c.outcome == Outcome.RUNNING)
            .where(tables.chunk.c.upload_id == floor.upload_id, taken > 0, taken < MEMBERS - 5)
        )
        return list(rows.scalars())


def wait_until_mid_archive(floor: Floor) -> int:
    return wait_until(lambda: unpackers(floor), what="somebody is mid-archive")[0]


def sum_of(floor: Floor) -> MembersSum:
    with floor.workshop.database.read() as connection:
        return sum_of_members(connection, floor.upload_id)


def assert_every_member_exactly_once(floor: Floor) -> None:
    def all_over() -> bool:
        return floor.job().state.is_over and not sum_of(floor).open_jobs

    wait_until(all_over, what="the archive and its members are done", timeout_seconds=120)
    assert (floor.job().state, floor.job().error) == (JobState.FINISHED, None)
    added_up = sum_of(floor)
    assert added_up.by_fate == {Fate.IMPORTED: MEMBERS}
    assert added_up.by_state == {JobState.FINISHED: MEMBERS}
    assert added_up.messages == MEMBERS * 5
    assert floor.books().balances
    named = {name for (name,) in floor.rows(tables.upload, "spool_name")}
    stored = {
        name
        for name, state in floor.rows(tables.upload, "spool_name", "state")
        if state == "stored"
    }
    spooled = {path.name for path in floor.workshop.spool.folder.iterdir()}
    assert spooled == stored
    assert stored <= named


@pytest.mark.parametrize("form", ["zip", "tgz"])
def test_row_16_killing_whoever_unpacks_loses_and_doubles_no_member(
    floor: Floor,
    redis_url: str,
    rq_worker: Callable[[Mapping[str, str]], Process],
    reconciler: Reconciler,
    form: str,
) -> None:
    rq_worker(environ_of(floor, redis_url))
    floor.hand_in(ARCHIVES[form], filename=f"takeout.{form}")
    ring_due(floor.workshop.database, Redis.from_url(redis_url))

    os.kill(wait_until_mid_archive(floor), signal.SIGKILL)

    assert_every_member_exactly_once(floor)
    assert (Outcome.LOST,) in floor.rows(tables.attempt, "outcome")


def test_row_16_a_flushed_redis_does_not_stop_an_archive(
    floor: Floor,
    redis_url: str,
    rq_worker: Callable[[Mapping[str, str]], Process],
    reconciler: Reconciler,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jobs.reconcile.BELL_PATIENCE_SECONDS", 1.0)
    rq_worker(environ_of(floor, redis_url))
    floor.hand_in(ARCHIVES["zip"], filename="takeout.zip")
    ring_due(floor.workshop.database, Redis.from_url(redis_url))
    wait_until_mid_archive(floor)

    Redis.from_url(redis_url).flushall()

    assert_every_member_exactly_once(floor)


def test_row_16_a_frozen_unpacker_that_wakes_up_again_writes_nothing(
    floor: Floor,
    redis_url: str,
    rq_worker: Callable[[Mapping[str, str]], Process],
    reconciler: Reconciler,
) -> None:
    rq_worker(environ_of(floor, redis_url))
    floor.hand_in(ARCHIVES["zip"], filename="takeout.zip")
    ring_due(floor.workshop.database, Redis.from_url(redis_url))
    frozen = wait_until_mid_archive(floor)
    freeze_until_given_up(floor, frozen)
    rq_worker(environ_of(floor, redis_url))
    os.kill(frozen, signal.SIGCONT)

    assert_every_member_exactly_once(floor)


def test_row_16_killing_a_local_child_that_unpacks_loses_no_member(floor: Floor) -> None:
    floor.hand_in(ARCHIVES["tgz"], filename="takeout.tgz")
    runner = LocalRunner(floor.workshop, wanted=lambda: True)
    runner.start()

    os.kill(wait_until_mid_archive(floor), signal.SIGKILL)

    assert_every_member_exactly_once(floor)
    runner.stop()
