"""Read models of chunks and attempts: what was tried, what failed, what waits.

Pure reads; the jobs they add up to are `store.jobs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, select

from store import tables
from store.clock import now_of
from store.states import ChunkKind, ChunkState, EngineName, Outcome
from store.tables_archive import archive
from store.vain import is_vain

chunk, attempt, job, upload = tables.chunk, tables.attempt, tables.job, tables.upload


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkView:
    """One chunk of a job."""

    id: int
    job_id: str
    seq: int
    kind: ChunkKind
    state: ChunkState
    start: int
    stop: int
    position: int
    expected_messages: int | None
    messages: int
    duplicates: int
    quarantined: int
    attempts: int
    not_before: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    error: str | None
    retry_is_vain: bool  # it failed, and a retry with this version comes to the same end

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1."""
        return (self.position - self.start) / max(self.stop - self.start, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One run of a chunk."""

    id: str
    job_id: str
    chunk_id: int
    chunk_seq: int
    unpacks: bool  # the plan of an archive
    filename: str
    number: int
    engine: EngineName
    worker: str
    host: str
    pid: int
    version: str
    outcome: Outcome
    careful: bool
    bytes: int
    messages: int
    peak_memory_bytes: int | None
    cpu_seconds: float | None
    started_at: datetime
    seen_at: datetime
    lease_until: datetime
    ended_at: datetime | None
    error_type: str | None
    error: str | None
    error_offset: int | None
    traceback: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedChunk:
    """A chunk that has used up its attempts, with its latest trouble."""

    chunk: ChunkView
    filename: str
    unpacks: bool  # the plan of an archive
    last_attempt: AttemptView | None


def chunks_of(
    connection: Connection, job_id: str, *, after: int = -1, limit: int = 200_000
) -> list[ChunkView]:
    """The chunks of a job in file order, the plan (seq 0) first; `after` is a seq."""
    rows = connection.execute(
        select(chunk, is_vain().label("is_vain"))
        .where(chunk.c.job_id == job_id, chunk.c.seq > after)
        .order_by(chunk.c.seq)
        .limit(limit)
    )
    return [_chunk_view(row) for row in rows]


def _chunk_view(row: Row[Any]) -> ChunkView:
    return ChunkView(
        id=row.id,
        job_id=row.job_id,
        seq=row.seq,
        kind=ChunkKind(row.kind),
        state=ChunkState(row.state),
        start=row.start,
        stop=row.stop,
        position=row.position,
        expected_messages=row.expected_messages,
        messages=row.messages,
        duplicates=row.duplicates,
        quarantined=row.quarantined,
        attempts=row.attempts,
        not_before=row.not_before,
        started_at=row.started_at,
        ended_at=row.ended_at,
        error=row.error,
        retry_is_vain=bool(row.is_vain),
    )


# True for a chunk whose work is to unpack an archive.
UNPACKS = and_(chunk.c.seq == 0, chunk.c.upload_id.in_(select(archive.c.upload_id)))
# Attempts with the number of their chunk and the name of its file.
ATTEMPTS = (
    select(attempt, chunk.c.seq.label("chunk_seq"), UNPACKS.label("unpacks"), upload.c.filename)
    .join(chunk, chunk.c.id == attempt.c.chunk_id)
    .join(upload, upload.c.id == chunk.c.upload_id)
)


def running_attempts(connection: Connection) -> list[AttemptView]:
    """What is being worked on, as far as the database knows."""
    query = ATTEMPTS.where(attempt.c.outcome == Outcome.RUNNING).order_by(attempt.c.started_at)
    return [attempt_view(row) for row in connection.execute(query)]


def last_attempts(
    connection: Connection, workers: Iterable[str], *, since: datetime
) -> dict[str, AttemptView]:
    """What each of a few workers ran last, of what was heard of since then."""
    found: dict[str, AttemptView] = {}
    for worker in workers:
        row = connection.execute(
            ATTEMPTS.where(attempt.c.worker == worker, attempt.c.seen_at >= since)
            .order_by(attempt.c.started_at.desc())
            .limit(1)
        ).one_or_none()
        if row is not None:
            found[worker] = attempt_view(row)
    return found


def last_heard_at(connection: Connection) -> datetime | None:
    """When any attempt was last heard of."""
    latest = select(attempt.c.seen_at).order_by(attempt.c.seen_at.desc()).limit(1)
    return connection.execute(latest).scalar()


def lost_attempts(connection: Connection, *, since: datetime, limit: int) -> list[AttemptView]:
    """Attempts whose process died or fell silent since then, the latest first."""
    rows = connection.execute(
        ATTEMPTS.where(attempt.c.seen_at >= since, attempt.c.outcome == Outcome.LOST)
        .order_by(attempt.c.seen_at.desc())
        .limit(limit)
    )
    return [attempt_view(row) for row in rows]


def attempt_view(row: Row[Any]) -> AttemptView:
    """A row of `ATTEMPTS` as one of these."""
    return AttemptView(
        id=row.id,
        job_id=row.job_id,
        chunk_id=row.chunk_id,
        chunk_seq=row.chunk_seq,
        unpacks=bool(row.unpacks),
        filename=row.filename,
        number=row.number,
        engine=EngineName(row.engine),
        worker=row.worker,
        host=row.host,
        pid=row.pid,
        version=row.version,
        outcome=Outcome(row.outcome),
        careful=row.careful,
        bytes=row.bytes,
        messages=row.messages,
        peak_memory_bytes=row.peak_memory_bytes,
        cpu_seconds=row.cpu_seconds,
        started_at=row.started_at,
        seen_at=row.seen_at,
        lease_until=row.lease_until,
        ended_at=row.ended_at,
        error_type=row.error_type,
        error=row.error,
        error_offset=row.error_offset,
        traceback=row.traceback,
    )


def failed_chunks(connection: Connection, chunk_ids: Sequence[int]) -> list[FailedChunk]:
    """Those of some chunks that are there, each with its latest trouble; in the order asked for."""
    rows = connection.execute(
        select(chunk, upload.c.filename, UNPACKS.label("unpacks"), is_vain().label("is_vain"))
        .join(upload, upload.c.id == chunk.c.upload_id)
        .where(chunk.c.id.in_(chunk_ids))
    ).all()
    latest = _latest_attempts(connection, [row.id for row in rows])
    found = {
        row.id: FailedChunk(
            chunk=_chunk_view(row),
            filename=row.filename,
            unpacks=bool(row.unpacks),
            last_attempt=latest.get(row.id),
        )
        for row in rows
    }
    return [found[chunk_id] for chunk_id in chunk_ids if chunk_id in found]


def _latest_attempts(connection: Connection, chunk_ids: list[int]) -> dict[int, AttemptView]:
    query = ATTEMPTS.where(attempt.c.chunk_id.in_(chunk_ids)).order_by(attempt.c.number)
    return {row.chunk_id: attempt_view(row) for row in connection.execute(query)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits: chunks and bytes, and since when the oldest of it could be begun.

    That is since it came, was let go on or retried; None while all of it rests after a failure.

    What is `paused` waits for a person, not for a worker, and is counted apart.
    """

    waiting: int
    paused: int
    running: int
    failed: int
    waiting_bytes: int
    oldest_since: datetime | None


def _count(connection: Connection, rows: Select[Any]) -> int:
    return int(connection.execute(select(func.count()).select_from(rows.subquery())).scalar_one())


def _due_since(now: datetime) -> ColumnElement[datetime | None]:
    return case(
        (chunk.c.not_before.is_(None), job.c.created_at),
        (chunk.c.not_before <= now, chunk.c.not_before),
    )


def backlog(connection: Connection) -> Backlog:
    """The queue as the database knows it."""
    is_paused = job.c.paused_at.is_not(None)
    rows = connection.execute(
        select(
            is_paused.label("is_paused"),
            func.count().label("number"),
            func.sum(chunk.c.stop - chunk.c.position).label("size"),
            func.min(_due_since(now_of(connection))).label("oldest"),
        )
        .join(job, job.c.id == chunk.c.job_id)
        .where(chunk.c.state == ChunkState.WAITING)
        .group_by(is_paused)
    )
    by_pause = {bool(row.is_paused): row for row in rows}
    waiting, paused = by_pause.get(False), by_pause.get(True)
    # A running chunk has exactly one running attempt, and of those there is an index.
    running = select(attempt.c.id).where(attempt.c.outcome == Outcome.RUNNING)
    failed = select(chunk.c.id).where(chunk.c.state == ChunkState.FAILED)
    return Backlog(
        waiting=waiting.number if waiting else 0,
        paused=paused.number if paused else 0,
        running=_count(connection, running),
        failed=_count(connection, failed),
        waiting_bytes=int(waiting.size) if waiting else 0,
        oldest_since=waiting.oldest if waiting else None,
    )
