"""Threads that go round and round: trouble that passes does not end them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from jobs.child import WHEN_TOLD
from jobs.health import look
from jobs.local import LocalRunner
from jobs.reconcile import Reconciler
from store.clock import utc_now
from store.states import JobState
from tests.harness.waiting import wait_until
from tests.jobs.floor import Floor
from tests.mboxes import letters


class Troubled:
    """Raises when called, and counts how often it was."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, *_words: object, **_named: object) -> None:
        """Do as the system does when it has no room for another process."""
        self.calls += 1
        raise BlockingIOError(11, "Resource temporarily unavailable")


def test_a_local_runner_that_cannot_start_a_child_tries_again(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubled = Troubled()
    monkeypatch.setattr("jobs.local.subprocess.Popen", troubled)
    floor.hand_in(letters(5))
    runner = LocalRunner(floor.workshop, wanted=lambda: True)

    runner.start()
    wait_until(lambda: troubled.calls >= 2 or not runner.is_alive(), what="it tries again")
    runner.stop()

    assert troubled.calls >= 2


class Started:
    """Starts processes as ever, and remembers them."""

    def __init__(self) -> None:
        self.processes: list[subprocess.Popen[bytes]] = []
        self._popen = subprocess.Popen

    def __call__(self, command: list[str], **options: object) -> subprocess.Popen[bytes]:
        """Start one."""
        self.processes.append(self._popen(command, **options))  # type: ignore[call-overload]
        return self.processes[-1]

    def ready(self) -> list[subprocess.Popen[bytes]]:
        """Those that were started to stand ready."""
        return [one for one in self.processes if WHEN_TOLD in str(one.args)]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """What the runner starts."""
    found = Started()
    monkeypatch.setattr("jobs.local.subprocess.Popen", found)
    return found


def with_one_ready(
    floor: Floor, started: Started, *, wanted: Callable[[], bool] = lambda: True
) -> LocalRunner:
    """A runner that goes round, and has a child standing ready."""
    runner = LocalRunner(floor.workshop, wanted=wanted)
    runner.start()
    wait_until(started.ready, what="one stands ready")
    return runner


def test_without_redis_a_child_stands_ready_and_takes_the_first_job(
    floor: Floor, started: Started
) -> None:
    runner = with_one_ready(floor, started)

    floor.hand_in(letters(5))
    runner.wake()
    wait_until(lambda: floor.job().state.is_over, what="the job is over")
    runner.stop()

    assert len(started.processes) == 1
    assert floor.job().state is JobState.FINISHED
    assert started.processes[0].returncode == 0


def test_a_child_that_stands_ready_goes_when_nobody_is_wanted(
    floor: Floor, started: Started
) -> None:
    wanted = [True]
    runner = with_one_ready(floor, started, wanted=lambda: bool(wanted))

    wanted.clear()
    gone = wait_until(lambda: [one for one in started.ready() if one.poll() == 0], what="it goes")
    runner.stop()

    assert len(gone) == len(started.processes) == 1


def test_who_is_not_wanted_any_more_is_no_taker_of_work(floor: Floor, started: Started) -> None:
    wanted, database = [True], floor.workshop.database
    runner = with_one_ready(floor, started, wanted=lambda: bool(wanted))
    assert look(database, config=floor.workshop.config, link=None, now=utc_now()).queue.by_itself

    wanted.clear()

    def nobody_is_counted() -> bool:
        seen = look(database, config=floor.workshop.config, link=None, now=utc_now())
        return seen.queue.consumers == 0

    wait_until(nobody_is_counted, what="nobody is counted")
    runner.stop()


def test_work_is_done_also_when_the_child_that_stood_ready_has_died(
    floor: Floor, started: Started
) -> None:
    runner = with_one_ready(floor, started)

    started.processes[0].kill()
    floor.hand_in(letters(5))
    runner.wake()
    wait_until(lambda: floor.job().state.is_over, what="the job is over")
    runner.stop()

    assert floor.job().state is JobState.FINISHED


def test_a_reconciler_whose_spool_is_away_tries_again(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubled = Troubled()
    monkeypatch.setattr("jobs.reconcile._break_off_the_abandoned", troubled)
    reconciler = Reconciler(floor.workshop, None)

    reconciler.start()
    wait_until(lambda: troubled.calls >= 1 or not reconciler.is_alive(), what="it has gone round")
    wait_until(lambda: troubled.calls >= 2 or not reconciler.is_alive(), what="it tries again")
    reconciler.stop()

    assert troubled.calls >= 2
