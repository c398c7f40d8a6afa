"""Start a process for a test, keep its log, and end it with all its children.

Knows nothing of what the process is. Every process dies with the test run, even when that is
killed: the kernel sends it a signal when its parent goes.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.harness.waiting import wait_until

LOG_TAIL_CHARS = 20_000
STOP_SECONDS = 10

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def bare_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """`settings` with the little a process needs besides; nothing of the developer's own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", **settings}


def program(name: str) -> str:
    """A command of the environment the tests run in, such as `rq` or `email-parser`."""
    return str(Path(sys.executable).parent / name)


def die_with_parent() -> None:
    """Have the kernel end this process when the one that started it is gone."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Process:
    """A running process and the file its output goes to."""

    name: str
    popen: subprocess.Popen[bytes]
    log_path: Path
    _orphans: list[psutil.Process] = field(default_factory=list)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.popen.pid

    def is_running(self) -> bool:
        """True until it has ended, by itself or otherwise."""
        return self.popen.poll() is None

    def log(self) -> str:
        """What it wrote so far; the end of it when that is much."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")[-LOG_TAIL_CHARS:]

    def send(self, signal_number: signal.Signals) -> None:
        """Send it a signal: the process alone, not its children."""
        self.popen.send_signal(signal_number)

    def kill(self) -> None:
        """SIGKILL to the process alone, as a crash would; children live on until `stop`."""
        self._orphans.extend(_descendants(self.pid))
        self.popen.kill()
        self.popen.wait()

    def wait(self, timeout_seconds: float = STOP_SECONDS) -> int:
        """Its exit status once it has ended; negative for a signal."""
        return self.popen.wait(timeout_seconds)

    def stop(self, *, with_signal: signal.Signals = signal.SIGTERM) -> None:
        """End it kindly, then firmly, and whatever it had started too."""
        family = [*self._orphans, *_descendants(self.pid)]
        if self.is_running():
            self.send(with_signal)
            _wait_or_kill(self.popen)
        _kill_all(family)


def start(
    command: Sequence[str | Path],
    *,
    name: str,
    folder: Path,
    environ: Mapping[str, str],
    user: str | None = None,
) -> Process:
    """Start `command` in `folder`, with exactly `environ`; its output goes to a log there."""
    log_path = folder / f"{name}.log"
    with log_path.open("ab") as log:
        popen = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            preexec_fn=die_with_parent,
        )
    return Process(name, popen, log_path)


def wait_until_ready(process: Process, is_ready: Callable[[], bool]) -> None:
    """Wait for `is_ready`. Raises RuntimeError with the process's log if it ends before."""
    wait_until(lambda: is_ready() or not process.is_running(), what=f"{process.name} is ready")
    if not process.is_running():
        raise RuntimeError(f"{process.name} ended before it was ready:\n{process.log()}")


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _wait_or_kill(popen: subprocess.Popen[bytes]) -> None:
    try:
        popen.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        popen.kill()
        popen.wait()


def _kill_all(family: Iterable[psutil.Process]) -> None:
    for process in family:
        # A process id may have been given to a stranger since; psutil compares start times.
        if process.is_running():
            process.kill()
