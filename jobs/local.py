"""The local fallback: a thread that keeps child processes busy with waiting chunks.

For development and small machines, and while Redis is away. The children claim from the same
table as RQ's workers do; the thread only starts them, and notes how they ended. While nothing is
to do one stands ready, so that an upload does not wait until a process has loaded everything.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable

from jobs.child import WHEN_TOLD
from jobs.deaths import cause_of_death, note_death
from jobs.lease import Lease
from jobs.workshop import PASSING, Workshop
from store.claims import due_chunks
from store.clock import now_of

log = logging.getLogger(__name__)

LOCK = "local_runner"
LOCK_SECONDS = 60.0
LOOK_SECONDS = 0.5
STOP_SECONDS = 10.0


class LocalRunner(threading.Thread):
    """Runs up to LOCAL_WORKERS children while `wanted()` says so. One per database, by a lease."""

    def __init__(self, workshop: Workshop, *, wanted: Callable[[], bool]) -> None:
        super().__init__(name="local-runner", daemon=True)
        self._workshop = workshop
        self._wanted = wanted
        self._lease = Lease(workshop.database, LOCK, seconds=LOCK_SECONDS)
        self._holds = False
        self._children: list[subprocess.Popen[bytes]] = []
        self._ready: subprocess.Popen[bytes] | None = None
        # One that died before it was told anything would only die again.
        self._may_stand_ready = True
        self._stopped = threading.Event()
        self._woken = threading.Event()

    def wake(self) -> None:
        """Look now."""
        self._woken.set()

    def run(self) -> None:
        """Look, staff, reap, until stopped."""
        while not self._stopped.is_set():
            self._woken.wait(LOOK_SECONDS)
            self._woken.clear()
            try:
                self._round()
            except PASSING:
                log.exception("this round failed; the next tries again")
        self._end_children()

    def _round(self) -> None:
        self._reap()
        if not self._wanted():
            self._stand_down()
            return
        self._holds = self._lease.held()
        if self._holds:
            self._staff()

    def _stand_down(self) -> None:
        self._dismiss_ready()
        for child in self._children:
            child.terminate()
        # Who takes no work any more is not to be counted as one who could.
        if self._holds and not self._children:
            self._lease.give_back()
            self._holds = False

    def _staff(self) -> None:
        free = self._workshop.config.local_workers - len(self._children)
        if free <= 0:
            return
        with self._workshop.database.read() as connection:
            due = len(
                due_chunks(
                    connection, host=socket.gethostname(), now=now_of(connection), limit=free
                )
            )
        for _ in range(due):
            self._children.append(self._told_child() or self._child())
            self._may_stand_ready = True
        if not self._children and self._ready is None and self._may_stand_ready:
            self._ready = self._child(WHEN_TOLD)

    def _child(self, *words: str) -> subprocess.Popen[bytes]:
        name = f"local-{uuid.uuid4().hex[:8]}"
        environ = {**os.environ, **self._workshop.config.environment()}
        return subprocess.Popen(  # noqa: S603  (our own interpreter, our own module)
            [sys.executable, "-m", "jobs.child", name, *words],
            env=environ,
            stdin=subprocess.PIPE if WHEN_TOLD in words else subprocess.DEVNULL,
            bufsize=0,
        )

    def _told_child(self) -> subprocess.Popen[bytes] | None:
        """The child that stood ready, told to begin; None when there is none (any more)."""
        child, self._ready = self._ready, None
        if child is None or child.stdin is None:
            return None
        try:
            with child.stdin as line:
                line.write(b"\n")
        except OSError:
            child.wait()
            return None
        return child

    def _dismiss_ready(self) -> None:
        """End the child that stands ready: it goes when the line to it is cut."""
        if self._ready is None:
            return
        child, self._ready = self._ready, None
        if child.stdin is not None:
            child.stdin.close()
        _wait_or_kill(child)

    def _reap(self) -> None:
        for child in [child for child in self._children if child.poll() is not None]:
            self._children.remove(child)
            if child.returncode != 0:
                self._note_death(child)
        if self._ready is not None and self._ready.poll() is not None:
            log.error("the local child that stood ready ended: %s", self._ready.returncode)
            self._ready, self._may_stand_ready = None, False

    def _note_death(self, child: subprocess.Popen[bytes]) -> None:
        how = cause_of_death(child.returncode)
        log.error("the local child %s ended: %s", child.pid, how)
        note_death(self._workshop, pid=child.pid, how=f"child {child.pid}: {how}")

    def _end_children(self) -> None:
        for child in self._children:
            child.terminate()
        self._dismiss_ready()
        for child in self._children:
            _wait_or_kill(child)
        self._lease.give_back()

    def stop(self) -> None:
        """Ask the children to finish their batch and end; waits for them."""
        self._stopped.set()
        self._woken.set()
        self.join(timeout=STOP_SECONDS * 2)


def _wait_or_kill(child: subprocess.Popen[bytes]) -> None:
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
