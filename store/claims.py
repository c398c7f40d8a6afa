"""Who may work on a chunk: claim it, move it on behind the fence, finish it.

Every change is a guarded UPDATE followed by a look at the row count; the database alone
decides races. How an attempt reports is `store.vitals`, what happens after a
failure `store.recovery`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, update

from store import tables
from store.standstill import rests
from store.states import ChunkKind, ChunkState, EngineName, JobState, Outcome
from store.turns import FAIREST_FIRST
from store.uploads import UploadKind

chunk, attempt, job, upload = tables.chunk, tables.attempt, tables.job, tables.upload

# A chunk whose attempts ended this often at the same place is read one message at a time.
CAREFUL_AFTER = 2
# How many waiting chunks one look takes in: more than there are workers to race for them.
CANDIDATES = 16


class Fenced(Exception):
    """Another attempt owns the chunk, or it was cancelled: nothing more may be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerIdentity:
    """The process that claims, as the attempts list shows it."""

    engine: EngineName
    name: str
    host: str
    pid: int
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to work on one chunk, and all that is needed to do it.

    `attempt_id` is the fencing token. `position` is where earlier attempts got to. `careful`
    asks for one message per transaction. `condemned_offset` names a message that is to be
    quarantined unread, because attempts died on it and on nothing else.
    """

    attempt_id: str
    number: int
    chunk_id: int
    job_id: str
    upload_id: int
    kind: ChunkKind
    seq: int
    start: int
    stop: int
    position: int
    careful: bool
    condemned_offset: int | None
    rule: str | None  # JSON of mail.mbox.Rule; None until the plan has fixed it
    spool_name: str
    size: int
    uploaded_at: datetime
    uploaded_by: str
    filename: str
    is_archive: bool


def claim(
    connection: Connection,
    chunk_id: int,
    *,
    worker: WorkerIdentity,
    now: datetime,
    lease_seconds: float,
) -> Claim | None:
    """Take a waiting, due chunk; None when somebody else has it or there is nothing to do."""
    token = uuid.uuid4().hex
    taken = connection.execute(
        update(chunk)
        .where(chunk.c.id == chunk_id, _is_due(now), ~rests(worker.host, now=now))
        .values(
            state=ChunkState.RUNNING,
            attempt_id=token,
            attempts=chunk.c.attempts + 1,
            started_at=func.coalesce(chunk.c.started_at, now),
            ended_at=None,
        )
    )
    if taken.rowcount != 1:
        return None
    row = _claimed_row(connection, chunk_id)
    claimed = _as_claim(row, token=token, number=_next_number(connection, chunk_id))
    _note_attempt(connection, claimed, worker=worker, now=now, lease_seconds=lease_seconds)
    _start_job(connection, claimed, now=now)
    return claimed


def claim_next(
    connection: Connection, *, worker: WorkerIdentity, now: datetime, lease_seconds: float
) -> Claim | None:
    """Take any due chunk, fairest first; None when nothing is due."""
    for chunk_id in due_chunks(connection, host=worker.host, now=now, limit=CANDIDATES):
        taken = claim(connection, chunk_id, worker=worker, now=now, lease_seconds=lease_seconds)
        if taken is not None:
            return taken
    return None


def due_chunks(connection: Connection, *, host: str, now: datetime, limit: int) -> list[int]:
    """Chunks that could be claimed on `host` now, fairest first.

    In the order of `store.turns`. None while the machine rests.
    """
    rows = connection.execute(
        select(chunk.c.id)
        .where(_is_due(now), ~rests(host, now=now))
        .order_by(*FAIREST_FIRST)
        .limit(limit)
    )
    return list(rows.scalars())


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(
        chunk.c.state == ChunkState.WAITING,
        or_(chunk.c.not_before.is_(None), chunk.c.not_before <= now),
        ~is_paused(),
    )


def is_paused() -> ColumnElement[bool]:
    """True for a chunk whose job is paused."""
    paused = select(job.c.id).where(job.c.id == chunk.c.job_id, job.c.paused_at.is_not(None))
    return paused.exists()


def _claimed_row(connection: Connection, chunk_id: int) -> Row[Any]:
    return connection.execute(
        select(
            chunk,
            job.c.rule,
            upload.c.spool_name,
            upload.c.size,
            upload.c.created_at.label("uploaded_at"),
            upload.c.created_by.label("uploaded_by"),
            upload.c.filename,
            upload.c.kind.label("upload_kind"),
        )
        .join(job, job.c.id == chunk.c.job_id)
        .join(upload, upload.c.id == chunk.c.upload_id)
        .where(chunk.c.id == chunk_id)
    ).one()


def _next_number(connection: Connection, chunk_id: int) -> int:
    last = connection.execute(
        select(func.max(attempt.c.number)).where(attempt.c.chunk_id == chunk_id)
    ).scalar()
    return (last or 0) + 1


def _as_claim(row: Row[Any], *, token: str, number: int) -> Claim:
    # A careful attempt notes the message it is about to read. If the chunk is claimed again with
    # such a note at its position, that message ended the careful attempt: it is condemned.
    condemned = row.suspect_offset if row.suspect_offset == row.position else None
    return Claim(
        attempt_id=token,
        number=number,
        chunk_id=row.id,
        job_id=row.job_id,
        upload_id=row.upload_id,
        kind=ChunkKind(row.kind),
        seq=row.seq,
        start=row.start,
        stop=row.stop,
        position=row.position,
        careful=row.suspect_attempts >= CAREFUL_AFTER,
        condemned_offset=condemned,
        rule=row.rule,
        spool_name=row.spool_name,
        size=row.size,
        uploaded_at=row.uploaded_at,
        uploaded_by=row.uploaded_by,
        filename=row.filename,
        is_archive=row.upload_kind == UploadKind.ARCHIVE,
    )


def _note_attempt(
    connection: Connection,
    claimed: Claim,
    *,
    worker: WorkerIdentity,
    now: datetime,
    lease_seconds: float,
) -> None:
    connection.execute(
        insert(attempt).values(
            id=claimed.attempt_id,
            chunk_id=claimed.chunk_id,
            job_id=claimed.job_id,
            number=claimed.number,
            engine=worker.engine,
            worker=worker.name,
            host=worker.host,
            pid=worker.pid,
            version=worker.version,
            careful=claimed.careful,
            start_position=claimed.position,
            started_at=now,
            seen_at=now,
            lease_until=now + timedelta(seconds=lease_seconds),
            outcome=Outcome.RUNNING,
        )
    )


def _start_job(connection: Connection, claimed: Claim, *, now: datetime) -> None:
    if claimed.kind is not ChunkKind.PLAN:
        return
    connection.execute(
        update(job)
        .where(job.c.id == claimed.job_id, job.c.state == JobState.QUEUED)
        .values(state=JobState.PLANNING, started_at=func.coalesce(job.c.started_at, now))
    )


def advance(connection: Connection, claimed: Claim, *, since: int, to: int) -> None:
    """Move the chunk on from position `since` to `to`, behind the fence.

    First in the transaction that writes what lies between. Raises Fenced when the chunk belongs
    to another attempt by now; the transaction must then be rolled back.
    """
    moved = connection.execute(
        update(chunk)
        .where(*_fence(claimed), chunk.c.position == since)
        .values(position=to, suspect_offset=None)
    )
    if moved.rowcount != 1:
        raise Fenced(f"chunk {claimed.chunk_id} is not at {since} under {claimed.attempt_id}")


def suspect(connection: Connection, claimed: Claim, *, offset: int) -> None:
    """Note which message a careful attempt is about to read. Raises Fenced."""
    noted = connection.execute(update(chunk).where(*_fence(claimed)).values(suspect_offset=offset))
    if noted.rowcount != 1:
        raise Fenced(f"chunk {claimed.chunk_id} belongs to another attempt")


def count(
    connection: Connection, claimed: Claim, *, messages: int, duplicates: int, quarantined: int
) -> None:
    """Add to the chunk's counters; in the same transaction as `advance`."""
    connection.execute(
        update(chunk)
        .where(chunk.c.id == claimed.chunk_id)
        .values(
            messages=chunk.c.messages + messages,
            duplicates=chunk.c.duplicates + duplicates,
            quarantined=chunk.c.quarantined + quarantined,
        )
    )


def finish(connection: Connection, claimed: Claim, *, now: datetime) -> None:
    """The chunk is done to its end. Raises Fenced when it is not ours to say."""
    ended = connection.execute(
        update(chunk)
        .where(*_fence(claimed), chunk.c.position == claimed.stop)
        .values(state=ChunkState.DONE, ended_at=now, error=None, cause=None, suspect_attempts=0)
    )
    if ended.rowcount != 1:
        raise Fenced(f"chunk {claimed.chunk_id} was not at its end under {claimed.attempt_id}")


def _fence(claimed: Claim) -> tuple[ColumnElement[bool], ...]:
    return (
        chunk.c.id == claimed.chunk_id,
        chunk.c.attempt_id == claimed.attempt_id,
        chunk.c.state == ChunkState.RUNNING,
    )
