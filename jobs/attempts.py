"""Run one claimed chunk to whatever end it comes to, and write that end down.

The edge where our own bugs stop: any exception of an attempt ends here, with its traceback in
the attempts list. Also the loop that goes from chunk to chunk for a while.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from jobs.guard import arm_cpu_limit, beating, hang_guard
from jobs.planner import NoMessages, Planner
from jobs.processor import StopAsked, StreamingEmailProcessor
from jobs.workshop import Workshop
from store.claims import Claim, Fenced, WorkerIdentity, claim, claim_next
from store.clock import utc_now
from store.database import OUTAGES
from store.planning import settle
from store.recovery import RetryPolicy, Trouble, let_go, record_trouble
from store.spool import SpoolError
from store.states import ChunkKind, Outcome
from store.vitals import beat, end_attempt

log = logging.getLogger(__name__)

# Trouble of the surroundings, not of the message that happened to be in hand.
NOT_THE_MESSAGE: tuple[type[BaseException], ...] = (*OUTAGES, OSError, MemoryError)


def never() -> bool:
    """Nobody asks this process to stop."""
    return False


def silence() -> None:
    """A doorbell for nobody: whoever claims looks by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """How an attempt hears from outside (`stop_asked`) and tells of new work (`ring`).

    `report` follows every beat; it is to raise nothing, and not to take long.
    """

    stop_asked: Callable[[], bool] = never
    ring: Callable[[], None] = silence
    report: Callable[[], None] = silence


def run_slice(
    workshop: Workshop,
    *,
    first: int | None,
    worker: WorkerIdentity,
    seconds: float,
    surroundings: Surroundings,
) -> int:
    """Take chunk `first`, or any, then further ones for about `seconds`.

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
        taken = (
            None
            if chunk_id is None
            else claim(connection, chunk_id, worker=worker, now=utc_now(), lease_seconds=lease)
        )
        return taken or claim_next(connection, worker=worker, now=utc_now(), lease_seconds=lease)


def run_attempt(workshop: Workshop, claimed: Claim, *, surroundings: Surroundings) -> Outcome:
    """Work on a claimed chunk and record how it ended. Raises only what ends the process."""
    with hang_guard() as still_moving:
        work = _work(workshop, claimed, surroundings=surroundings, still_moving=still_moving)

        def beat_once() -> bool:
            try:
                return _beat(workshop, claimed, work)
            except OUTAGES as error:
                log.warning("the beat of attempt %s was not heard: %s", claimed.attempt_id, error)
                return True
            finally:
                surroundings.report()

        with beating(beat_once, every_seconds=workshop.config.beat_seconds):
            outcome = _run(workshop, claimed, work)
    if outcome is Outcome.DONE:
        _settle(workshop, claimed)
    return outcome


def _beat(workshop: Workshop, claimed: Claim, work: Planner | StreamingEmailProcessor) -> bool:
    with workshop.database.write() as connection:
        return beat(
            connection,
            claimed.attempt_id,
            vitals=work.statistics.vitals(),
            now=utc_now(),
            lease_seconds=workshop.config.lease_seconds,
        )


def _work(
    workshop: Workshop,
    claimed: Claim,
    *,
    surroundings: Surroundings,
    still_moving: Callable[[], None],
) -> Planner | StreamingEmailProcessor:
    if claimed.kind is ChunkKind.PLAN:
        return Planner(
            workshop,
            claimed,
            stop_asked=surroundings.stop_asked,
            still_moving=still_moving,
            ring=surroundings.ring,
        )
    return StreamingEmailProcessor(
        workshop, claimed, stop_asked=surroundings.stop_asked, still_moving=still_moving
    )


def _run(workshop: Workshop, claimed: Claim, work: Planner | StreamingEmailProcessor) -> Outcome:
    try:
        work.run()
    except Fenced as error:
        log.warning("attempt %s was fenced off: %s", claimed.attempt_id, error)
        _record(workshop, claimed, work, error, outcome=Outcome.FENCED)
        return Outcome.FENCED
    except StopAsked:
        _make_way(workshop, claimed, work)
        return Outcome.DRAINED
    except Exception as error:
        log.exception("attempt %s on chunk %s failed", claimed.attempt_id, claimed.chunk_id)
        _record(workshop, claimed, work, error, outcome=Outcome.FAILED)
        return Outcome.FAILED
    return Outcome.DONE


def _make_way(workshop: Workshop, claimed: Claim, work: Planner | StreamingEmailProcessor) -> None:
    now = utc_now()
    with workshop.database.write() as connection:
        let_go(connection, claimed.attempt_id, now=now)
        end_attempt(
            connection,
            claimed.attempt_id,
            outcome=Outcome.DRAINED,
            vitals=work.statistics.vitals(),
            now=now,
        )


def _record(
    workshop: Workshop,
    claimed: Claim,
    work: Planner | StreamingEmailProcessor,
    error: Exception,
    *,
    outcome: Outcome,
) -> None:
    """Changes nothing when the attempt was given up: then its chunk is in other hands already."""
    trouble = Trouble(
        outcome=outcome,
        error_type=type(error).__name__,
        error=_storable(str(error)) or "no further words",
        traceback=_storable("".join(traceback.format_exception(error))),
        offset=_blamed_offset(work, error),
    )
    policy = workshop.policy
    if isinstance(error, NoMessages):
        policy = RetryPolicy(attempts=0, retry_seconds=0)
    with workshop.database.write() as connection:
        record_trouble(
            connection, claimed.attempt_id, trouble=trouble, policy=policy, now=utc_now()
        )
    _settle(workshop, claimed)


def _storable(words: str) -> str:
    """No database takes half a letter, and Postgres no NUL; errors may quote either from mail."""
    return words.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def _blamed_offset(work: Planner | StreamingEmailProcessor, error: Exception) -> int | None:
    if isinstance(work, Planner) or isinstance(error, (*NOT_THE_MESSAGE, SpoolError, Fenced)):
        return None
    return work.offset


def _settle(workshop: Workshop, claimed: Claim) -> None:
    with workshop.database.write() as connection:
        settle(connection, claimed.job_id, now=utc_now())
