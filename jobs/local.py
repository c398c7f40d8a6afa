"""The local fallback: a thread that keeps child processes busy with waiting chunks.

For development and small machines, and while Redis is away. The children claim from the same
table as RQ's workers do; the thread only starts them, and notes how they ended.
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
        self._children: list[subprocess.Popen[bytes]] = []
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
            for child in self._children:
                child.terminate()
            return
        if self._lease.held():
            self._staff()

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
        self._children.extend(self._child() for _ in range(due))

    def _child(self) -> subprocess.Popen[bytes]:
        name = f"local-{uuid.uuid4().hex[:8]}"
        environ = {**os.environ, **self._workshop.config.environment()}
        return subprocess.Popen(  # noqa: S603  (our own interpreter, our own module)
            [sys.executable, "-m", "jobs.child", name], env=environ, stdin=subprocess.DEVNULL
        )

    def _reap(self) -> None:
        for child in [child for child in self._children if child.poll() is not None]:
            self._children.remove(child)
            if child.returncode != 0:
                self._note_death(child)

    def _note_death(self, child: subprocess.Popen[bytes]) -> None:
        how = cause_of_death(child.returncode)
        log.error("the local child %s ended: %s", child.pid, how)
        note_death(self._workshop, pid=child.pid, how=f"child {child.pid}: {how}")

    def _end_children(self) -> None:
        for child in self._children:
            child.terminate()
        for child in self._children:
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._lease.give_back()

    def stop(self) -> None:
        """Ask the children to finish their batch and end; waits for them."""
        self._stopped.set()
        self._woken.set()
        self.join(timeout=STOP_SECONDS * 2)
