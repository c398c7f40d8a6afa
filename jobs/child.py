"""A child of the local thread: claims chunks and parses them, then goes when nothing is left.

An entry point of its own (`python -m jobs.child NAME`), so that its memory and its crashes are
not the console's. With `--when-told` it stands ready until a byte comes on its standard input:
what takes longest, loading all this, is done then.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from types import FrameType

from jobs.attempts import Surroundings, run_slice
from jobs.guard import die_with_parent
from jobs.workshop import this_worker, workshop_of_process
from store.database import OUTAGES
from store.outage import in_one_line
from store.states import EngineName

log = logging.getLogger(__name__)

IDLE_SECONDS = 20.0
# A database that takes no writing is asked again after so long.
OUTAGE_SECONDS = 5.0
LOOK_SECONDS = 0.2
WHEN_TOLD = "--when-told"


def main(name: str, *, when_told: bool = False) -> None:
    """Work until nothing has been due for a while or until asked to stop."""
    die_with_parent()
    if when_told and not told_to_begin():
        return
    asked = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        asked.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the console decides, also on Ctrl-C
    workshop = workshop_of_process()
    worker = this_worker(EngineName.LOCAL, name)
    idle = 0.0
    while idle < IDLE_SECONDS and not asked.is_set():
        try:
            made = run_slice(
                workshop,
                first=None,
                worker=worker,
                seconds=workshop.config.slice_seconds,
                surroundings=Surroundings(stop_asked=asked.is_set, wait=asked.wait),
            )
        except OUTAGES as error:
            log.warning("no chunk can be claimed just now: %s", in_one_line(error))
            made = 0
            asked.wait(OUTAGE_SECONDS)
        idle = 0.0 if made else idle + LOOK_SECONDS
        if not made:
            asked.wait(LOOK_SECONDS)
    workshop.database.close()


def told_to_begin() -> bool:
    """Wait for the byte that says so; False when the console hangs up or wants nobody ready."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return bool(os.read(sys.stdin.fileno(), 1))


if __name__ == "__main__":
    main(sys.argv[1], when_told=WHEN_TOLD in sys.argv[2:])
