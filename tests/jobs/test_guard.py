"""What keeps an attempt in check: memory told truly, CPU limits, beats."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading

import pytest

from jobs.guard import (
    MessageTooSlow,
    arm_cpu_limit,
    beating,
    cpu_limit,
    forget_peak,
    peak_memory_bytes,
    rare_collections,
)
from tests.harness.waiting import wait_until


def test_peak_memory_is_that_of_the_process_itself_not_of_the_one_that_started_it() -> None:
    ballast = bytearray(300 << 20)
    ballast[::4096] = b"x" * len(ballast[::4096])

    told = subprocess.run(
        [sys.executable, "-c", "from jobs.guard import peak_memory_bytes as p; print(p())"],
        capture_output=True,
        check=True,
    )

    assert peak_memory_bytes() > 300 << 20
    assert int(told.stdout) < 100 << 20


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a peak begin anew")
def test_a_peak_begins_anew_with_each_attempt() -> None:
    ballast = bytearray(200 << 20)
    ballast[::4096] = b"x" * len(ballast[::4096])
    before = peak_memory_bytes()
    del ballast

    forget_peak()

    assert before > 200 << 20
    assert peak_memory_bytes() < before - (150 << 20)


def test_code_that_takes_too_much_cpu_time_is_interrupted() -> None:
    arm_cpu_limit()

    with pytest.raises(MessageTooSlow):
        spin_under_a_limit()


def spin_under_a_limit() -> None:
    with cpu_limit(0.1):
        while True:
            pass


def test_waiting_does_not_count_as_cpu_time() -> None:
    arm_cpu_limit()

    with cpu_limit(0.1):
        ended_early = threading.Event().wait(0.3)

    assert not ended_early


def test_a_heart_beats_until_it_is_told_that_it_was_given_up() -> None:
    beats: list[int] = []

    def beat() -> bool:
        beats.append(len(beats))
        return len(beats) < 3

    with beating(beat, every_seconds=0.01):
        wait_until(lambda: len(beats) >= 3, what="three beats")
        threading.Event().wait(0.1)

    assert len(beats) == 3


def test_cycles_of_garbage_are_looked_for_as_usual_after_an_attempt_that_ended_badly() -> None:
    usual = gc.get_threshold()

    with rare_collections():
        rare = gc.get_threshold()
    with pytest.raises(RuntimeError), rare_collections():
        raise RuntimeError

    assert rare[0] > usual[0]
    assert gc.get_threshold() == usual
