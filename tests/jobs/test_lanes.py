"""Errands of different lanes go side by side; those of one go one after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

import jobs.errands
from jobs.errand_runner import ErrandRunners
from jobs.steps import Steps
from jobs.workshop import Workshop
from store.errands import KINDS_OF, Errand, ErrandKind, ErrandState, Lane
from tests.harness.waiting import wait_until
from tests.jobs.asked import ask, look_up
from tests.jobs.floor import Floor
from tests.mboxes import letters


def test_every_kind_has_its_one_lane() -> None:
    laned = [kind for lane in Lane for kind in KINDS_OF[lane]]

    assert sorted(laned) == sorted(ErrandKind)


def test_a_long_export_holds_up_no_other_act(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    floor.hand_in(letters(3))
    floor.run()
    may_end = threading.Event()

    def endless(_workshop: Workshop, _errand: Errand, _steps: Steps) -> Iterator[None]:
        while not may_end.wait(0.02):
            yield

    monkeypatch.setitem(jobs.errands.DOERS, ErrandKind.EXPORT, endless)
    first = ask(floor, ErrandKind.EXPORT, query="", format="mbox")
    second = ask(floor, ErrandKind.EXPORT, query="", format="csv")
    short = [
        ask(floor, ErrandKind.LABEL, query="", label="x"),
        ask(floor, ErrandKind.RETRY_JOBS),
        ask(floor, ErrandKind.DELETE_UPLOAD, upload_id=floor.upload_id),
    ]
    runners = ErrandRunners(floor.workshop, ring=lambda: None)

    runners.start()
    try:
        wait_until(
            lambda: all(look_up(floor, one.id).state is ErrandState.DONE for one in short),
            what="the short ones are done",
        )
        long = [look_up(floor, one.id).state for one in (first, second)]
        may_end.set()
        wait_until(
            lambda: look_up(floor, second.id).state is ErrandState.DONE, what="both exports ended"
        )
    finally:
        may_end.set()
        runners.stop()

    assert long == [ErrandState.RUNNING, ErrandState.WAITING]
