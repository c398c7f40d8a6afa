"""A file is read again, all of it or from some chunk on: its books as if it never had been.

Taking its messages away meanwhile is `store.removing`, and all of it together an errand.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from store import tables
from store.past_work import delete_attempts
from store.states import ChunkKind, ChunkState, JobState
from store.wishes import begin_again, cancel_job, fresh

chunk, attempt, job = tables.chunk, tables.attempt, tables.job


def start_of(connection: Connection, job_id: str, *, from_seq: int) -> int:
    """The byte offset at which a job's chunk begins; 0 for the whole file.

    Raises LookupError when there is no such chunk.
    """
    if from_seq == 0:
        return 0
    start = connection.execute(
        select(chunk.c.start).where(chunk.c.job_id == job_id, chunk.c.seq == from_seq)
    ).scalar_one_or_none()
    if start is None:
        raise LookupError(f"the job has no chunk {from_seq}")
    return int(start)


def set_aside(connection: Connection, job_id: str, *, start: int, now: datetime) -> None:
    """Stop a job, also one that is over, and take what follows from `start` out of its books.

    A job whose messages are being taken away is to look finished to nobody. It keeps the end it
    had: only when it begins again is it a run more.
    """
    cancel_job(connection, job_id, now=now)
    connection.execute(
        update(job)
        .where(job.c.id == job_id)
        .values(
            state=JobState.CANCELLED,
            finished_at=func.coalesce(job.c.finished_at, now),
            error=None,
        )
    )
    upload_id = connection.execute(select(job.c.upload_id).where(job.c.id == job_id)).scalar_one()
    forget_range(connection, upload_id, start=start)


def rewind_chunks(connection: Connection, job_id: str, *, from_seq: int) -> None:
    """Make a job's chunks from `from_seq` on as if they had never been read.

    Those before it that were stopped go on. The messages and the books of that range must be
    gone already (`set_aside`).
    """
    connection.execute(
        update(chunk)
        .where(chunk.c.job_id == job_id, chunk.c.state == ChunkState.CANCELLED)
        .values(**fresh(connection))
    )
    connection.execute(
        update(chunk)
        .where(chunk.c.job_id == job_id, chunk.c.seq >= max(from_seq, 1))
        .values(
            **fresh(connection) | {"failed_before": None},
            position=chunk.c.start,
            messages=0,
            duplicates=0,
            quarantined=0,
            started_at=None,
            error=None,
        )
    )
    begin_again(connection, job_id, for_reading=True)


def forget_range(connection: Connection, upload_id: int, *, start: int) -> None:
    """Take ledger entries and quarantine notes from a byte offset on out of the books."""
    ledger, quarantine = tables.ledger, tables.quarantine
    connection.execute(
        delete(ledger).where(ledger.c.upload_id == upload_id, ledger.c.start >= start)
    )
    connection.execute(
        delete(quarantine).where(quarantine.c.upload_id == upload_id, quarantine.c.offset >= start)
    )


def plan_anew(connection: Connection, job_id: str, *, rule: str | None) -> None:
    """Forget a job's chunks and plan again, by another rule or by a fresh detection.

    The messages and the books must be gone already, and no attempt may run (`set_aside`).
    """
    parsing = select(chunk.c.id).where(chunk.c.job_id == job_id, chunk.c.kind == ChunkKind.PARSE)
    delete_attempts(connection, attempt.c.chunk_id.in_(parsing))
    connection.execute(
        delete(chunk).where(chunk.c.job_id == job_id, chunk.c.kind == ChunkKind.PARSE)
    )
    connection.execute(
        update(chunk)
        .where(chunk.c.job_id == job_id)
        .values(**fresh(connection) | {"failed_before": None}, position=0, error=None)
    )
    connection.execute(update(job).where(job.c.id == job_id).values(rule=rule))
    begin_again(connection, job_id, for_reading=True)
