"""Exports as errands: written beside, whole or not there, gone after some days."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

import jobs.errand_runner
from jobs.errand_runner import ErrandRunner
from jobs.errands import run_errand
from jobs.exporting import KEPT_DAYS, export_path, remove_export, sweep_exports
from store.clock import utc_now
from store.config import Config
from store.errands import Errand, ErrandKind, ErrandState, Lane, add_errand, end_errand, find_errand
from tests.harness.waiting import wait_until
from tests.jobs.floor import Floor
from tests.mboxes import letters


def asked(floor: Floor, **parameters: Any) -> Errand:
    wanted = {"query": "", "format": "mbox", "labelled": False} | parameters
    with floor.workshop.database.write() as connection:
        errand_id = add_errand(
            connection, ErrandKind.EXPORT, wanted, by="account:ann", now=utc_now()
        )
    return looked_up(floor, errand_id)


def looked_up(floor: Floor, errand_id: int) -> Errand:
    with floor.workshop.database.read() as connection:
        found = find_errand(connection, errand_id)
    assert found is not None
    return found


def test_an_export_ends_with_a_file_of_all_that_was_counted(floor: Floor) -> None:
    floor.hand_in(letters(450))
    floor.run()
    errand = asked(floor)

    run_errand(floor.workshop, errand, still_mine=lambda: True)

    over = looked_up(floor, errand.id)
    assert (over.state, over.done, over.total) == (ErrandState.DONE, 450, 450)
    written = export_path(floor.workshop.config, errand)
    assert written.read_bytes().count(b"\nFrom ") == 449
    assert over.result == {
        "messages": 450,
        "bytes": written.stat().st_size,
        "kept_days": KEPT_DAYS,
    }
    assert written.stat().st_mode & 0o077 == 0


def test_an_export_that_is_stopped_leaves_no_file(floor: Floor) -> None:
    floor.hand_in(letters(10))
    floor.run()
    errand = asked(floor)

    def stop() -> bool:
        with floor.workshop.database.write() as connection:
            end_errand(connection, errand.id, state=ErrandState.STOPPED, now=utc_now())
        return False

    run_errand(floor.workshop, errand, still_mine=stop)

    assert looked_up(floor, errand.id).state is ErrandState.STOPPED
    folder = export_path(floor.workshop.config, errand).parent
    assert not folder.is_dir() or not list(folder.iterdir())


def test_an_export_that_is_stopped_when_all_is_written_leaves_no_file(floor: Floor) -> None:
    floor.hand_in(letters(10))
    floor.run()
    errand = asked(floor)
    looks = 0

    def stop_at_last() -> bool:
        nonlocal looks
        looks += 1
        if list(export_path(floor.workshop.config, errand).parent.glob("*.part")):
            with floor.workshop.database.write() as connection:
                end_errand(connection, errand.id, state=ErrandState.STOPPED, now=utc_now())
            return False
        return True

    run_errand(floor.workshop, errand, still_mine=stop_at_last)

    assert looks == 3  # counted, told, written
    assert not list(export_path(floor.workshop.config, errand).parent.iterdir())


def test_an_odd_file_among_exports_ends_no_runner(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    errand = asked(floor, format="csv")
    troubles = iter([PermissionError("not yours")])

    def sweep(config: Config, *, now: float) -> int:
        for trouble in troubles:
            raise trouble
        return sweep_exports(config, now=now)

    monkeypatch.setattr(jobs.errand_runner, "sweep_exports", sweep)
    monkeypatch.setattr(jobs.errand_runner, "LOOK_SECONDS", 0.05)
    runner = ErrandRunner(floor.workshop, ring=lambda: None, lane=Lane.EXPORTS)

    runner.start()
    wait_until(
        lambda: looked_up(floor, errand.id).state is ErrandState.DONE, what="the errand is done"
    )
    runner.stop()

    assert next(troubles, None) is None
    assert export_path(floor.workshop.config, errand).is_file()


def test_a_file_goes_after_some_days_and_when_it_is_removed(floor: Floor) -> None:
    old, new = asked(floor, format="csv"), asked(floor, format="csv")
    config = floor.workshop.config
    for errand in (old, new):
        run_errand(floor.workshop, errand, still_mine=lambda: True)
    long_ago = time.time() - (KEPT_DAYS + 1) * 86_400
    os.utime(export_path(config, old), (long_ago, long_ago))

    assert sweep_exports(config, now=time.time()) == 1

    assert not export_path(config, old).exists()
    assert remove_export(config, new)
    assert not remove_export(config, new)
