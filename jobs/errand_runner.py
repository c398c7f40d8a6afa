"""The threads of a console that carry out errands: one for each lane, while it holds its lease.

So a long export holds up no retry. Within a lane errands go one after the other.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from jobs.errands import run_errand
from jobs.exporting import SWEEP_SECONDS, sweep_exports
from jobs.lease import Lease
from jobs.workshop import PASSING, Workshop
from store.clock import utc_now
from store.errands import ErrandKind, Lane, add_errand, next_errand
from store.half_done import half_deleted
from store.retried_ends import ended_untold, tell_ends

log = logging.getLogger(__name__)

LOCK_SECONDS = 30.0
LOOK_SECONDS = 1.0
# How soon the log tells that what was retried is over.
ENDS_SECONDS = 10.0


class ErrandRunner(threading.Thread):
    """Carries out the errands of one lane; rings afterwards, as some make work."""

    def __init__(
        self, workshop: Workshop, *, ring: Callable[[], None], lane: Lane = Lane.FILES
    ) -> None:
        super().__init__(name=lane, daemon=True)
        self._workshop = workshop
        self._ring = ring
        self._lane = lane
        self._lease = Lease(workshop.database, lane, seconds=LOCK_SECONDS)
        self._stopped = threading.Event()
        self._woken = threading.Event()
        self._sweep_at = 0.0
        self._ends_at = 0.0

    def wake(self) -> None:
        """Look now."""
        self._woken.set()

    def run(self) -> None:
        """Look for errands until stopped."""
        while not self._stopped.is_set():
            try:
                self._round()
            except PASSING:
                log.exception("this round failed; the next tries again")
            self._woken.wait(LOOK_SECONDS)
            self._woken.clear()

    def _sweep(self) -> None:
        if time.monotonic() < self._sweep_at:
            return
        self._sweep_at = time.monotonic() + SWEEP_SECONDS
        if self._lane is Lane.EXPORTS:
            sweep_exports(self._workshop.config, now=time.time())
        if self._lane is Lane.FILES:
            self._take_up_deletions()

    def _take_up_deletions(self) -> None:
        """Ask again for what an errand that failed has left half deleted."""
        with self._workshop.database.write() as connection:
            if next_errand(connection, self._lane) is None:
                for upload_id in half_deleted(connection):
                    wish = {"upload_id": upload_id}
                    now = utc_now()
                    add_errand(connection, ErrandKind.DELETE_UPLOAD, wish, by="system", now=now)

    def _tell_ends(self) -> None:
        if self._lane is Lane.WORK and time.monotonic() >= self._ends_at:
            self._ends_at = time.monotonic() + ENDS_SECONDS
            tell_ends_of(self._workshop, may=self._lease.held)

    def _round(self) -> None:
        self._sweep()
        self._tell_ends()
        while not self._stopped.is_set():
            with self._workshop.database.read() as connection:
                errand = next_errand(connection, self._lane)
            if errand is None or not self._lease.held():
                return
            run_errand(self._workshop, errand, still_mine=self._may_go_on)
            self._ring()

    def _may_go_on(self) -> bool:
        return not self._stopped.is_set() and self._lease.held()

    def stop(self) -> None:
        """Finish the step under way, then end; an errand under way is begun again later."""
        self.ask_to_stop()
        self.join(timeout=10)

    def ask_to_stop(self) -> None:
        """Take no further step; `stop` also waits for the one under way."""
        self._stopped.set()
        self._woken.set()


def tell_ends_of(workshop: Workshop, *, may: Callable[[], bool] = lambda: True) -> int:
    """Let the audit log say what retries came to that are over by now; of how many it was.

    `may` is asked only where there is something to tell: two consoles would tell it twice.
    """
    with workshop.database.read() as connection:
        due = ended_untold(connection)
    if not due or not may():
        return 0
    with workshop.database.write() as connection:
        return tell_ends(connection, now=utc_now())


class ErrandRunners:
    """All lanes together."""

    def __init__(self, workshop: Workshop, *, ring: Callable[[], None]) -> None:
        self._lanes = [ErrandRunner(workshop, ring=ring, lane=lane) for lane in Lane]

    def start(self) -> None:
        """Begin to look for errands."""
        for lane in self._lanes:
            lane.start()

    def wake(self) -> None:
        """Look now."""
        for lane in self._lanes:
            lane.wake()

    def stop(self) -> None:
        """Finish the steps under way, then end."""
        for lane in self._lanes:
            lane.ask_to_stop()
        for lane in self._lanes:
            lane.stop()
