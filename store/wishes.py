"""What people may ask of a job: retry, cancel, pause, go on. Reading again is `store.read_anew`.

Decides from the tables alone; whoever calls this rings the doorbell afterwards. What happens by
itself after a failure is `store.recovery`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select, true, update

from store import tables
from store.causes import cause_of
from store.claims import is_paused
from store.clock import now_of, utc_now
from store.failures import Failure, note_failure
from store.inside import paused_inside
from store.rests import note_rest
from store.states import (
    OPEN_CHUNK_STATES,
    OPEN_JOB_STATES,
    STOPPED_CHUNK_STATES,
    ChunkKind,
    ChunkState,
    JobState,
    Outcome,
)
from store.stopping import give_back, note_stop

chunk, attempt, job = tables.chunk, tables.attempt, tables.job


def retry_job(
    connection: Connection,
    job_id: str,
    *,
    errand_id: int | None = None,
    known_open: set[int] | None = None,
) -> int:
    """Give every failed or cancelled chunk of a job a fresh start from where it got to.

    Answers how many chunks wait again; 0 changes nothing. An errand that asks for it can tell
    afterwards what became of them, see `store.retrying`. For `known_open` see `store.rests`.
    """
    again = connection.execute(
        update(chunk)
        .where(chunk.c.job_id == job_id)
        .where(chunk.c.state.in_(STOPPED_CHUNK_STATES))
        # An errand that is begun again does not retry twice what failed meanwhile.
        .where(or_(chunk.c.errand_id.is_(None), chunk.c.errand_id != (errand_id or 0)))
        # What was cancelled has not failed: an error of long ago is told by its attempts.
        .values(
            **fresh(connection),
            error=case((chunk.c.state == ChunkState.CANCELLED, None), else_=chunk.c.error),
        )
        .values(errand_id=errand_id)
    ).rowcount
    if again:
        begin_again(connection, job_id, known_open=known_open)
    return again


def retry_chunk(
    connection: Connection, chunk_id: int, *, errand_id: int | None = None
) -> str | None:
    """The same for one chunk; answers its job's id, or None when there was nothing to retry."""
    job_id: str | None = connection.execute(
        update(chunk)
        .where(chunk.c.id == chunk_id)
        .where(chunk.c.state.in_(STOPPED_CHUNK_STATES))
        .values(**fresh(connection) | {"errand_id": errand_id})
        .returning(chunk.c.job_id)
    ).scalar_one_or_none()
    if job_id is not None:
        begin_again(connection, job_id)
    return job_id


def fresh(connection: Connection) -> dict[str, Any]:
    """What is written of a chunk that begins anew, and waits from now on.

    Why it failed before stays written down, to be compared with.
    """
    return {
        "state": ChunkState.WAITING,
        "attempt_id": None,
        "attempts": 0,
        "suspect_attempts": 0,
        "suspect_offset": None,
        "not_before": now_of(connection),
        "rung_at": None,
        "ended_at": None,
        "same_cause": None,
        # What the row was before: told of a chunk that is done in the end.
        "failed_before": case(
            (chunk.c.state == ChunkState.FAILED, true()), else_=chunk.c.failed_before
        ),
        "errand_id": None,
    }


def begin_again(
    connection: Connection,
    job_id: str,
    *,
    for_reading: bool = False,
    known_open: set[int] | None = None,
) -> None:
    """Chunks of a job wait again; if it was over, it is written down for how long."""
    note_rest(connection, job_id, now=utc_now(), for_reading=for_reading, known_open=known_open)
    reopen(connection, job_id)


def reopen(connection: Connection, job_id: str) -> None:
    """A job that was over has chunks waiting again.

    It waits with what came out of it, where that is paused; else nobody keeps it from going on.
    """
    was = connection.execute(
        select(job.c.upload_id, job.c.state, job.c.paused_at)
        .where(job.c.id == job_id)
        .with_for_update()
    ).one()
    is_held = was.paused_at is not None and (
        not JobState(was.state).is_over or paused_inside(connection, was.upload_id) > 0
    )
    planned = connection.execute(
        select(func.count())
        .select_from(chunk)
        .where(
            chunk.c.job_id == job_id,
            chunk.c.kind == ChunkKind.PLAN,
            chunk.c.state == ChunkState.DONE,
        )
    ).scalar_one()
    connection.execute(
        update(job)
        .where(job.c.id == job_id)
        .values(
            state=JobState.RUNNING if planned else JobState.QUEUED,
            finished_at=None,
            paused_at=was.paused_at if is_held else None,
            error=None,
        )
    )


def cancel_job(connection: Connection, job_id: str, *, now: datetime) -> bool:
    """Stop a job where it is; what is committed stays. False when it was over already."""
    _lock_chunks(connection, job_id)
    stopped = connection.execute(
        update(job)
        .where(job.c.id == job_id, job.c.state.in_(OPEN_JOB_STATES))
        .values(state=JobState.CANCELLED, finished_at=now, paused_at=None, error=None)
    )
    if stopped.rowcount != 1:
        return False
    # Without its attempt id no running attempt gets past the fence again.
    connection.execute(
        update(chunk)
        .where(chunk.c.job_id == job_id, chunk.c.state.in_(OPEN_CHUNK_STATES))
        .values(state=ChunkState.CANCELLED, attempt_id=None, ended_at=now)
    )
    connection.execute(
        update(attempt)
        .where(attempt.c.job_id == job_id, attempt.c.outcome == Outcome.RUNNING)
        .values(outcome=Outcome.CANCELLED, ended_at=now)
    )
    return True


def stop_chunk(connection: Connection, chunk_id: int, *, by: str, now: datetime) -> str | None:
    """Fail a running chunk where it is: its attempt gets past no fence again.

    Answers its job's id, to be settled by a later transaction; None when it was not running.
    """
    why = f"stopped by {by}"
    job_id: str | None = connection.execute(
        update(chunk)
        .where(chunk.c.id == chunk_id, chunk.c.state == ChunkState.RUNNING)
        .values(state=ChunkState.FAILED, attempt_id=None, ended_at=now, error=why)
        .returning(chunk.c.job_id)
    ).scalar_one_or_none()
    if job_id is not None:
        connection.execute(
            update(attempt)
            .where(attempt.c.chunk_id == chunk_id, attempt.c.outcome == Outcome.RUNNING)
            .values(outcome=Outcome.CANCELLED, ended_at=now, error_type="Stopped", error=why)
        )
        why_stopped = cause_of(error_type="Stopped", error=why, traceback=None)
        note_failure(connection, Failure(chunk_id=chunk_id, cause=why_stopped, at=now))
    return job_id


def stop_worker(connection: Connection, worker: str, *, by: str, now: datetime) -> list[int]:
    """Give back what a worker reads, because it is about to be killed: nobody is to blame for it.

    Answers the chunks that wait again. Those of several files in the order of their uploads, as
    acts on archives take them, and all of them before the first attempt.
    """
    note_stop(connection, worker, by=by, now=now)
    rows = connection.execute(
        select(attempt.c.id, attempt.c.chunk_id)
        .join(chunk, chunk.c.id == attempt.c.chunk_id)
        .where(attempt.c.outcome == Outcome.RUNNING, attempt.c.worker == worker)
        .order_by(chunk.c.upload_id, chunk.c.id)
        .with_for_update(of=chunk)
    ).all()
    return [row.chunk_id for row in rows if give_back(connection, row.id, by=by, now=now)]


def _lock_chunks(connection: Connection, job_id: str) -> None:
    """Keep claims, batches and the plan waiting; chunks come before their job, as everywhere.

    The plan's also when it is made: so a message that is just being read again is waited for, and
    the next one waits. Only the next statement sees the chunks that a plan under way has added
    until now.
    """
    held = or_(chunk.c.state.in_(OPEN_CHUNK_STATES), chunk.c.kind == ChunkKind.PLAN)
    connection.execute(
        select(chunk.c.id)
        .where(chunk.c.job_id == job_id, held)
        .order_by(chunk.c.id)
        .with_for_update()
    ).all()


def pause_job(connection: Connection, job_id: str, *, now: datetime) -> bool:
    """Claim no further chunk of a job; chunks under way are finished. False when it is over."""
    paused = connection.execute(
        update(job)
        .where(job.c.id == job_id, job.c.state.in_(OPEN_JOB_STATES), job.c.paused_at.is_(None))
        .values(paused_at=now)
    )
    return paused.rowcount == 1


def resume_job(connection: Connection, job_id: str) -> bool:
    """Let a paused job go on; False when it was not paused.

    What waited for that waits for a worker from now on, and not since it was handed in.
    """
    _wait_from_now(connection, job_id)
    resumed = connection.execute(
        update(job).where(job.c.id == job_id, job.c.paused_at.is_not(None)).values(paused_at=None)
    )
    return resumed.rowcount == 1


def _wait_from_now(connection: Connection, job_id: str) -> None:
    """Of a paused job. Chunks come before their job, and each other in order, as everywhere."""
    now = now_of(connection)
    held = and_(
        chunk.c.job_id == job_id,
        chunk.c.state == ChunkState.WAITING,
        # One that is to rest after a failure rests on.
        or_(chunk.c.not_before.is_(None), chunk.c.not_before < now),
        is_paused(),
    )
    connection.execute(select(chunk.c.id).where(held).order_by(chunk.c.id).with_for_update()).all()
    connection.execute(update(chunk).where(held).values(not_before=now))
