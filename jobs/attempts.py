"""Run one claimed chunk to whatever end it comes to; `jobs.endings` writes that down.

The edge where our own bugs stop: any exception of an attempt ends here, with its traceback in
the attempts list. Also the loop that goes from chunk to chunk for a while.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from jobs.endings import Attempt, Work, make_way, note_done, note_trouble
from jobs.guard import arm_cpu_limit, beating, forget_peak, hang_guard
from jobs.planner import Planner
from jobs.processor import StopAsked, StreamingEmailProcessor
from jobs.surroundings import trouble_around
from jobs.unpacker import Unpacker
from jobs.workshop import Workshop
from store.chunk_names import in_log
from store.claims import Claim, Fenced, WorkerIdentity, claim, claim_next
from store.clock import now_of
from store.database import OUTAGES
from store.outage import in_one_line
from store.states import ChunkKind, Outcome
from store.turns import gives_way
from store.vitals import beat

log = logging.getLogger(__name__)


def never() -> bool:
    """Nobody asks this process to stop."""
    return False


def silence() -> None:
    """A doorbell for nobody: whoever claims looks by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """How an attempt hears from outside (`stop_asked`) and tells of new work (`ring`).

    `report` follows every beat; it is to raise nothing, and not to take long.
    `wait` lets that many seconds pass, or fewer when it is asked to stop.
    """

    stop_asked: Callable[[], bool] = never
    ring: Callable[[], None] = silence
    report: Callable[[], None] = silence
    wait: Callable[[float], object] = time.sleep


def run_slice(
    workshop: Workshop,
    *,
    first: int | None,
    worker: WorkerIdentity,
    seconds: float,
    surroundings: Surroundings,
) -> int:
    """Take chunk `first`, or the one whose turn it is, then further ones for about `seconds`.

    Answers how many attempts were made; 0 when nothing was to be had.
    """
    arm_cpu_limit()
    until = time.monotonic() + seconds
    made = 0
    claimed = _take(workshop, first, worker=worker)
    while claimed is not None:
        run_attempt(workshop, claimed, surroundings=surroundings)
        made += 1
        if time.monotonic() >= until or surroundings.stop_asked():
            break
        claimed = _take(workshop, None, worker=worker)
    return made


def _take(workshop: Workshop, chunk_id: int | None, *, worker: WorkerIdentity) -> Claim | None:
    lease = workshop.config.lease_seconds
    with workshop.database.write() as connection:
        now = now_of(connection)
        taken = (
            None
            if chunk_id is None or gives_way(connection, chunk_id)
            else claim(connection, chunk_id, worker=worker, now=now, lease_seconds=lease)
        )
        return taken or claim_next(connection, worker=worker, now=now, lease_seconds=lease)


def run_attempt(workshop: Workshop, claimed: Claim, *, surroundings: Surroundings) -> Outcome:
    """Work on a claimed chunk and record how it ended. Raises only what ends the process."""
    # A work-horse reads many chunks: the peak is to be that of this one.
    forget_peak()
    with hang_guard() as still_moving:
        attempt = Attempt(
            workshop=workshop,
            claim=claimed,
            host=socket.gethostname(),
            work=_work(workshop, claimed, surroundings=surroundings, still_moving=still_moving),
            stop_asked=surroundings.stop_asked,
            wait=surroundings.wait,
            still_moving=still_moving,
        )

        def beat_once() -> bool:
            try:
                return _beat_once(attempt)
            finally:
                surroundings.report()

        with beating(beat_once, every_seconds=workshop.config.beat_seconds):
            return _run(attempt)


def _beat_once(attempt: Attempt) -> bool:
    workshop, attempt_id = attempt.workshop, attempt.claim.attempt_id
    try:
        with workshop.database.write() as connection:
            return beat(
                connection,
                attempt_id,
                vitals=attempt.work.statistics.vitals(),
                now=now_of(connection),
                lease_seconds=workshop.config.lease_seconds,
            )
    except OUTAGES as error:
        log.warning("the beat of attempt %s was not heard: %s", attempt_id, in_one_line(error))
        return True


def _work(
    workshop: Workshop,
    claimed: Claim,
    *,
    surroundings: Surroundings,
    still_moving: Callable[[], None],
) -> Work:
    if claimed.kind is ChunkKind.PLAN:
        find = Unpacker if claimed.is_archive else Planner
        return find(
            workshop,
            claimed,
            stop_asked=surroundings.stop_asked,
            still_moving=still_moving,
            ring=surroundings.ring,
        )
    return StreamingEmailProcessor(
        workshop, claimed, stop_asked=surroundings.stop_asked, still_moving=still_moving
    )


def _run(attempt: Attempt) -> Outcome:
    claimed = attempt.claim
    named = in_log(claimed.chunk_id, job_id=claimed.job_id, seq=claimed.seq)
    name = f"attempt {claimed.attempt_id} on {named}"
    try:
        attempt.work.run()
    except Fenced as error:
        log.warning("%s was fenced off: %s", name, error)
        note_trouble(attempt, error, outcome=Outcome.FENCED)
        return Outcome.FENCED
    except StopAsked:
        make_way(attempt)
        return Outcome.DRAINED
    except Exception as error:
        around = trouble_around(error)
        log.error("%s: %s", name, around or "failed", exc_info=around is None)
        note_trouble(attempt, error, outcome=Outcome.FAILED)
        return Outcome.FAILED
    note_done(attempt)
    return Outcome.DONE
