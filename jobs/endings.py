"""Write down how an attempt ended, also when nothing can be written down just now.

An end that is not written leaves a chunk to the lease, and the lease blames whoever was in hand.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from jobs.planner import Hopeless, Planner
from jobs.processor import StreamingEmailProcessor
from jobs.surroundings import trouble_around
from jobs.unpacker import Unpacker
from jobs.workshop import Workshop
from store.claims import Claim, Fenced
from store.clock import now_of
from store.database import OUTAGES, Transaction
from store.outage import in_one_line
from store.planning import settle
from store.recovery import RetryPolicy, Trouble, record_trouble
from store.spool import SpoolError
from store.standstill import end_rest, rest
from store.states import Outcome
from store.stopping import let_go
from store.vitals import end_attempt

log = logging.getLogger(__name__)

# Trouble of the surroundings, not of the message that happened to be in hand.
NOT_THE_MESSAGE: tuple[type[BaseException], ...] = (*OUTAGES, OSError, MemoryError)
# How long to wait before each further try to write an end down; the last one is repeated.
PAUSES_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0)
# After so many tries it is left to the lease, so that a process that is to end does end.
TRIES = 60

Work = Planner | Unpacker | StreamingEmailProcessor


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One run of a claimed chunk, and how it hears from outside.

    `wait` lets seconds pass; `still_moving` keeps the hang guard quiet meanwhile.
    """

    workshop: Workshop
    claim: Claim
    host: str
    work: Work
    stop_asked: Callable[[], bool]
    wait: Callable[[float], object]
    still_moving: Callable[[], None]


def note_done(attempt: Attempt) -> None:
    """The chunk is done and says so itself; its job may be over, and the machine is fit."""

    def write(connection: Transaction) -> None:
        end_rest(connection, attempt.host)
        settle(connection, attempt.claim.job_id, now=now_of(connection))

    _write_down(attempt, write)


def make_way(attempt: Attempt) -> None:
    """It was asked to stop: the chunk goes on elsewhere as if it had not been claimed."""

    def write(connection: Transaction) -> None:
        now = now_of(connection)
        let_go(connection, attempt.claim.attempt_id, now=now)
        end_attempt(
            connection,
            attempt.claim.attempt_id,
            outcome=Outcome.DRAINED,
            vitals=attempt.work.statistics.vitals(),
            now=now,
        )

    _write_down(attempt, write)


def note_trouble(attempt: Attempt, error: Exception, *, outcome: Outcome) -> None:
    """It ended badly. Changes nothing when it was given up: its chunk is in other hands then."""
    around = trouble_around(error)
    trouble = _trouble(attempt, error, outcome=outcome, around=around)
    policy = attempt.workshop.policy
    if isinstance(error, Hopeless):
        policy = RetryPolicy(attempts=0, retry_seconds=0)

    def write(connection: Transaction) -> None:
        now = now_of(connection)
        if around is not None:
            seconds = policy.retry_seconds
            rest(connection, attempt.host, reason=around, seconds=seconds, now=now)
        record_trouble(
            connection, attempt.claim.attempt_id, trouble=trouble, policy=policy, now=now
        )

    if _write_down(attempt, write):
        _write_down(attempt, lambda connection: _settle(connection, attempt))


def _settle(connection: Transaction, attempt: Attempt) -> None:
    settle(connection, attempt.claim.job_id, now=now_of(connection))


def _trouble(
    attempt: Attempt, error: Exception, *, outcome: Outcome, around: str | None
) -> Trouble:
    return Trouble(
        outcome=outcome,
        error_type=type(error).__name__,
        error=storable(around or in_one_line(error)) or "no further words",
        # Where our code was says nothing about a full disk, and takes room on it.
        traceback=None if around else storable("".join(traceback.format_exception(error))),
        offset=_blamed_offset(attempt.work, error),
        of_surroundings=around is not None,
    )


def storable(words: str) -> str:
    """No database takes half a letter, and Postgres no NUL; errors may quote either from mail."""
    return words.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def _blamed_offset(work: Work, error: Exception) -> int | None:
    if not isinstance(work, StreamingEmailProcessor) or isinstance(
        error, (*NOT_THE_MESSAGE, SpoolError, Fenced)
    ):
        return None
    return work.offset


def _write_down(attempt: Attempt, write: Callable[[Transaction], None]) -> bool:
    """Write, as often as it takes. False when it was left to the lease in the end."""
    for number in range(TRIES):
        try:
            with attempt.workshop.database.write() as connection:
                write(connection)
        except OUTAGES as error:
            log.warning("the end of %s waits: %s", attempt.claim.attempt_id, in_one_line(error))
            if attempt.stop_asked():
                return False
            attempt.wait(PAUSES_SECONDS[min(number, len(PAUSES_SECONDS) - 1)])
            attempt.still_moving()
        else:
            return True
    return False
