"""What happens when an attempt ends badly: another try, isolation of one message, or failure.

Also the two things people may ask of a job: retry and cancel. Decides from the tables alone;
whoever calls this rings the doorbell afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from store import tables
from store.causes import Cause, cause_of
from store.failures import Failure, note_failure
from store.states import ChunkKind, ChunkState, Outcome
from store.stopping import give_back, stopped_by

chunk, attempt, job = tables.chunk, tables.attempt, tables.job

# Deaths in place that isolation may cost: two that arouse suspicion, one careful, and a few for
# a machine that is in trouble itself. Beyond that no message is to blame and the chunk fails.
ISOLATION_LIMIT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often a chunk is run and how long it rests before the second run, in seconds."""

    attempts: int
    retry_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """How an attempt went wrong. `offset` is set when it was in the middle of one message.

    `of_surroundings`: whatever it worked on would have ended so; it counts against no chunk.
    """

    outcome: Outcome  # FAILED, LOST or FENCED
    error_type: str
    error: str
    traceback: str | None = None
    offset: int | None = None
    of_surroundings: bool = False

    @property
    def cause(self) -> Cause:
        """What it has in common with others."""
        return cause_of(error_type=self.error_type, error=self.error, traceback=self.traceback)


def record_trouble(
    connection: Connection, attempt_id: str, *, trouble: Trouble, policy: RetryPolicy, now: datetime
) -> bool:
    """End an attempt badly and decide what becomes of its chunk.

    False when the attempt had already ended: then nothing was changed.
    """
    row = _lock_chunk(connection, attempt_id)
    by = stopped_by(connection, attempt_id, now=now) if trouble.outcome is Outcome.LOST else None
    if by is not None:
        return give_back(connection, attempt_id, by=by, now=now)
    ended = connection.execute(
        update(attempt)
        .where(attempt.c.id == attempt_id, attempt.c.outcome == Outcome.RUNNING)
        .values(
            outcome=trouble.outcome,
            ended_at=now,
            error_type=trouble.error_type,
            error=trouble.error,
            traceback=trouble.traceback,
            error_offset=trouble.offset,
        )
    )
    if ended.rowcount != 1:
        return False
    if row is not None:
        _release(connection, row, trouble=trouble, policy=policy, now=now)
    return True


def _lock_chunk(connection: Connection, attempt_id: str) -> Row[Any] | None:
    """The chunk that an attempt runs. Before the attempt itself, in the order of a batch."""
    return connection.execute(
        select(chunk, attempt.c.start_position)
        .join(attempt, attempt.c.id == chunk.c.attempt_id)
        .where(chunk.c.attempt_id == attempt_id, chunk.c.state == ChunkState.RUNNING)
        .with_for_update(of=chunk)
    ).one_or_none()


def _release(
    connection: Connection,
    row: Row[Any],
    *,
    trouble: Trouble,
    policy: RetryPolicy,
    now: datetime,
) -> None:
    if trouble.of_surroundings:
        _release_unblamed(connection, row, trouble=trouble, now=now)
        return
    progressed = row.position > row.start_position
    blames_message = row.kind == ChunkKind.PARSE and (
        trouble.outcome is Outcome.LOST or trouble.offset is not None
    )
    attempts = 1 if progressed else row.attempts
    suspicions = (0 if progressed else row.suspect_attempts) + (1 if blames_message else 0)
    limit_reached = suspicions >= ISOLATION_LIMIT if blames_message else attempts >= policy.attempts
    rest = 0.0 if blames_message else policy.retry_seconds * 2 ** (attempts - 1)
    connection.execute(
        update(chunk)
        .where(chunk.c.id == row.id)
        .values(
            state=ChunkState.FAILED if limit_reached else ChunkState.WAITING,
            attempt_id=None,
            attempts=attempts,
            suspect_attempts=suspicions,
            suspect_offset=row.suspect_offset if blames_message else None,
            not_before=now + timedelta(seconds=rest),
            rung_at=None,
            error=f"{trouble.error_type}: {trouble.error}",
            ended_at=now if limit_reached else None,
        )
    )
    if limit_reached:
        note_failure(connection, Failure(chunk_id=row.id, cause=trouble.cause, at=now))


def _release_unblamed(
    connection: Connection, row: Row[Any], *, trouble: Trouble, now: datetime
) -> None:
    """As if the chunk had not been claimed, but for what was wrong."""
    connection.execute(
        update(chunk)
        .where(chunk.c.id == row.id)
        .values(
            state=ChunkState.WAITING,
            attempt_id=None,
            attempts=max(row.attempts - 1, 0),
            suspect_offset=None,
            not_before=now,
            rung_at=None,
            error=trouble.error,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentAttempt:
    """An attempt whose lease ran out."""

    attempt_id: str
    job_id: str
    chunk_id: int
    worker: str
    pid: int
    started_at: datetime
    peak_memory_bytes: int | None
    silent_seconds: float


def silent_attempts(connection: Connection, *, now: datetime) -> list[SilentAttempt]:
    """Attempts that should have been heard of by now. Changes nothing."""
    rows = connection.execute(
        select(attempt).where(attempt.c.outcome == Outcome.RUNNING, attempt.c.lease_until < now)
    )
    return [
        SilentAttempt(
            attempt_id=row.id,
            job_id=row.job_id,
            chunk_id=row.chunk_id,
            worker=row.worker,
            pid=row.pid,
            started_at=row.started_at,
            peak_memory_bytes=row.peak_memory_bytes,
            silent_seconds=(now - row.seen_at).total_seconds(),
        )
        for row in rows
    ]


def give_up_silent(
    connection: Connection,
    silent: SilentAttempt,
    *,
    how: str | None = None,
    policy: RetryPolicy,
    now: datetime,
    nobody_could_write: bool = False,
) -> bool:
    """Declare an attempt lost, unless it has been heard of since; `how` it died, where known.

    With `nobody_could_write` it had no way to be heard of, which counts against no chunk.
    """
    _lock_chunk(connection, silent.attempt_id)
    still = connection.execute(
        select(attempt.c.id)
        .where(attempt.c.id == silent.attempt_id, attempt.c.lease_until < now)
        .with_for_update()
    ).one_or_none()
    if still is None:
        return False
    trouble = Trouble(
        outcome=Outcome.LOST,
        error_type="WorkerDied" if how else "WorkerLost",
        error=how or f"not heard of for {silent.silent_seconds:.0f} s ({silent.worker})",
        of_surroundings=nobody_could_write,
    )
    return record_trouble(connection, silent.attempt_id, trouble=trouble, policy=policy, now=now)


def running_attempts_of(connection: Connection, *, host: str, pid: int) -> list[tuple[str, str]]:
    """(attempt id, job id) of what a process of a host has not finished."""
    rows = connection.execute(
        select(attempt.c.id, attempt.c.job_id).where(
            attempt.c.outcome == Outcome.RUNNING, attempt.c.host == host, attempt.c.pid == pid
        )
    )
    return [(row.id, row.job_id) for row in rows]


def last_trouble(connection: Connection, chunk_id: int) -> tuple[str, str, str | None]:
    """How the latest attempt on a chunk that ended badly did so: cause, sentence, traceback.

    The cause is `crashed` when reading raised and `killed` when the process died.
    """
    row = connection.execute(
        select(attempt)
        .where(attempt.c.chunk_id == chunk_id)
        .where(attempt.c.outcome.in_((Outcome.FAILED, Outcome.LOST)))
        .order_by(attempt.c.number.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return "crashed", "An earlier attempt ended here.", None
    cause = "crashed" if row.outcome == Outcome.FAILED else "killed"
    return cause, f"{row.error_type}: {row.error}", row.traceback
