"""Keep one attempt in check: its lease, its time, and its death with its parent.

Knows processes and signals; knows neither mail nor tables beyond the beat.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import os
import re
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

PR_SET_PDEATHSIG = 1
_HIGH_WATER = re.compile(rb"^VmHWM:\s+(\d+) kB", re.MULTILINE)
CLEAR_REFS = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"  # see proc(5)
# Wall-clock seconds a batch may take before the process is ended from outside the interpreter:
# a C library that spins while it holds the interpreter's lock hears no signal of ours.
HANG_SECONDS = 900
# Objects kept before cycles among them are looked for: more than a batch of usual mail holds.
COLLECT_AFTER = 250_000


class MessageTooSlow(BaseException):
    """One message took more CPU time than it may. Not an Exception: nobody is to swallow it."""


def die_with_parent() -> None:
    """Be killed when the parent process is, where the system can do that (Linux)."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died between the two lines
        os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raise MessageTooSlow inside the block after that much CPU time of this process.

    Uses the virtual timer, because RQ keeps the real one for itself. Main thread only.
    """
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def arm_cpu_limit() -> None:
    """Install the handler behind `cpu_limit`, once per process."""
    signal.signal(signal.SIGVTALRM, _too_slow)


def _too_slow(_number: int, _frame: FrameType | None) -> None:
    raise MessageTooSlow


@contextmanager
def hang_guard() -> Iterator[Callable[[], None]]:
    """End the process when nothing calls the yielded function for HANG_SECONDS."""

    def still_moving() -> None:
        faulthandler.dump_traceback_later(HANG_SECONDS, exit=True, file=2)

    still_moving()
    try:
        yield still_moving
    finally:
        faulthandler.cancel_dump_traceback_later()


@contextmanager
def rare_collections() -> Iterator[None]:
    """Look for cycles of garbage less often inside the block.

    Reading mail leaves none behind, and a batch is a thousand messages held until they are
    written: going through them again and again took a tenth of an import.
    """
    usual = gc.get_threshold()
    gc.set_threshold(COLLECT_AFTER, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def forget_peak() -> None:
    """Let `peak_memory_bytes` begin anew with what is held now, where the system can do that.

    Linux can, for a process of one's own; elsewhere the peak stays that of all its life.
    """
    with suppress(OSError):
        CLEAR_REFS.write_text(_RESET_PEAK)


def peak_memory_bytes() -> int:
    """The most memory this process has held since `forget_peak`, or in all its life, in bytes.

    `getrusage` would also count the program that started this one, from before the exec.
    """
    try:
        found = _HIGH_WATER.search(Path("/proc/self/status").read_bytes())
    except OSError:
        found = None
    kibibytes = int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kibibytes * 1024


class Heart(threading.Thread):
    """Calls `beat` every so many seconds until stopped, or until it answers False."""

    def __init__(self, beat: Callable[[], bool], *, every_seconds: float) -> None:
        super().__init__(name="heart", daemon=True)
        self._beat = beat
        self._every_seconds = every_seconds
        self._stopped = threading.Event()

    def run(self) -> None:
        """Beat."""
        while not self._stopped.wait(self._every_seconds) and self._beat():
            pass

    def stop(self) -> None:
        """No further beat; waits for one under way."""
        self._stopped.set()
        self.join()


@contextmanager
def beating(beat: Callable[[], bool], *, every_seconds: float) -> Iterator[None]:
    """Beat while the block runs."""
    heart = Heart(beat, every_seconds=every_seconds)
    heart.start()
    try:
        yield
    finally:
        heart.stop()


def cpu_seconds() -> float:
    """CPU time of this process so far."""
    return time.process_time()
