"""Threads that go round and round: trouble that passes does not end them."""

from __future__ import annotations

import pytest

from jobs.local import LocalRunner
from jobs.reconcile import Reconciler
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
