"""Read models of jobs: what they are, how far they are, how fast they go.

Pure reads: nothing here changes a row, so any page may call it at any time. Chunks and attempts
one by one are `store.chunks`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, case, func, select, tuple_

from store import tables
from store.inside import paused_inside
from store.outer import Outer, outers_of, unpacked_bytes
from store.states import (
    OPEN_JOB_STATES,
    ChunkKind,
    ChunkState,
    EngineName,
    JobState,
)
from store.uploads import UploadKind, UploadState

chunk, attempt, job, upload = tables.chunk, tables.attempt, tables.job, tables.upload

# The rate is what was done in this many seconds before now.
RATE_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job is. Only what is committed counts. Sizes in bytes."""

    bytes_done: int
    bytes_total: int
    bytes_planned: int  # how far the scan has got
    chunks_done: int
    chunks_failed: int
    chunks_total: int
    messages: int
    duplicates: int
    quarantined: int
    expected_messages: int
    bytes_per_second: float | None  # None while nothing moves
    messages_per_second: float | None
    eta_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """One job as people see it.

    `paused_at`: nothing of it is begun; of an archive that is over, nothing of what came out of it.
    """

    id: str
    upload_id: int
    filename: str
    size: int
    sha256: str
    state: JobState
    engine: EngineName | None  # of the latest attempt; None before the first
    progress: Progress
    error: str | None
    created_at: datetime
    created_by: str
    started_at: datetime | None
    finished_at: datetime | None
    paused_at: datetime | None
    detection: dict[str, Any] | None
    rule: dict[str, Any] | None
    kind: UploadKind
    archive: Outer | None

    @property
    def is_archive(self) -> bool:
        """True when it unpacks a file, False when it reads mail."""
        return self.kind is UploadKind.ARCHIVE

    @property
    def standing(self) -> str:
        """The word for where it stands: its state, or "paused" while nothing of it is begun."""
        return "paused" if self.paused_at and not self.state.is_over else self.state


def find_job(connection: Connection, job_id: str, *, now: datetime) -> JobView | None:
    """The job of that id."""
    found = views_of(connection, shown_jobs().where(job.c.id == job_id), now=now)
    return found[0] if found else None


def list_jobs(
    connection: Connection,
    *,
    now: datetime,
    states: Sequence[JobState] = (),
    before: tuple[datetime, str] | None = None,
    archive_id: int | None = None,
    limit: int = 50,
) -> list[JobView]:
    """Newest first; `before` is (created_at, id) of the last one already seen.

    With `archive_id` only what came out of that upload.
    """
    query = shown_jobs().order_by(job.c.created_at.desc(), job.c.id.desc()).limit(limit)
    if states:
        query = query.where(job.c.state.in_(states))
    if archive_id is not None:
        query = query.where(upload.c.archive_id == archive_id)
    if before is not None:
        query = query.where(tuple_(job.c.created_at, job.c.id) < before)
    return views_of(connection, query, now=now)


def open_jobs(connection: Connection, *, now: datetime, limit: int = 20) -> list[JobView]:
    """What is happening: jobs that are not over, oldest first."""
    query = shown_jobs().where(job.c.state.in_(OPEN_JOB_STATES))
    return views_of(connection, query.order_by(job.c.created_at, job.c.id).limit(limit), now=now)


def job_counts(connection: Connection) -> dict[JobState, int]:
    """How many jobs there are in each state that occurs; those of deleted files do not count."""
    counted = select(job.c.state, func.count()).select_from(job)
    there = counted.join(upload, upload.c.id == job.c.upload_id).where(_is_there())
    rows = connection.execute(there.group_by(job.c.state))
    return {JobState(state): int(number) for state, number in rows}


def shown_jobs() -> Select[Any]:
    """Every job whose mbox is not deleted, with what is known of the mbox; for `views_of`."""
    return (
        select(
            job,
            upload.c.filename,
            upload.c.size,
            upload.c.sha256,
            upload.c.kind,
            upload.c.archive_id,
        )
        .join(upload, upload.c.id == job.c.upload_id)
        .where(_is_there())
    )


def _is_there() -> ColumnElement[bool]:
    return upload.c.state.not_in((UploadState.DELETING, UploadState.DELETED))


def views_of(connection: Connection, query: Select[Any], *, now: datetime) -> list[JobView]:
    """What a query made of `shown_jobs` finds, in its order."""
    rows = connection.execute(query).all()
    ids = [row.id for row in rows]
    sums, planned = _sums(connection, ids), _planned(connection, ids)
    failed = _failed(connection, ids)
    rates = _rates(connection, ids, now=now)
    engines = _engines(connection, ids)
    not_held = _not_held(connection, rows)
    unpacked = unpacked_bytes(connection, [row.upload_id for row in rows if _is_archive(row)])
    outers = outers_of(connection, {row.archive_id for row in rows} - {None})
    return [
        _job_view(
            row,
            progress=_progress(
                row,
                sums.get(row.id),
                planned=planned.get(row.id, 0),
                failed=failed.get(row.id, 0),
                rates=rates.get(row.id, (0.0, 0.0)),
                unpacked=unpacked.get(row.upload_id, 0),
            ),
            outer=outers.get(row.archive_id),
            paused_at=None if row.id in not_held else row.paused_at,
            engine=engines.get(row.id),
        )
        for row in rows
    ]


def _sums(connection: Connection, job_ids: list[str]) -> dict[str, Row[Any]]:
    """What the parse chunks of each job add up to: one plain pass, as there may be 100,000."""
    done = case((chunk.c.state == ChunkState.DONE, 1), else_=0)
    rows = connection.execute(
        select(
            chunk.c.job_id,
            func.sum(chunk.c.position - chunk.c.start).label("bytes_done"),
            func.count().label("chunks_total"),
            func.sum(done).label("chunks_done"),
            func.sum(chunk.c.messages).label("messages"),
            func.sum(chunk.c.duplicates).label("duplicates"),
            func.sum(chunk.c.quarantined).label("quarantined"),
            func.sum(chunk.c.expected_messages).label("expected_messages"),
        )
        .where(chunk.c.job_id.in_(job_ids), chunk.c.seq > 0)
        .group_by(chunk.c.job_id)
    )
    return {row.job_id: row for row in rows}


def _planned(connection: Connection, job_ids: list[str]) -> dict[str, int]:
    """How many bytes the scan of each job has been through."""
    rows = connection.execute(
        select(chunk.c.job_id, chunk.c.position).where(
            chunk.c.job_id.in_(job_ids), chunk.c.seq == 0
        )
    )
    return {row.job_id: row.position for row in rows}


def _failed(connection: Connection, job_ids: list[str]) -> dict[str, int]:
    """How many chunks of each job have failed; by the index that holds failed ones only."""
    rows = connection.execute(
        select(chunk.c.job_id, func.count().label("number"))
        .where(chunk.c.state == ChunkState.FAILED)
        .group_by(chunk.c.job_id)
    )
    return {row.job_id: row.number for row in rows if row.job_id in job_ids}


def _rates(
    connection: Connection, job_ids: list[str], *, now: datetime
) -> dict[str, tuple[float, float]]:
    """Bytes and messages per second of the last while, from what each attempt did in it."""
    since = now - timedelta(seconds=RATE_SECONDS)
    # Not by job: that would look at every attempt the job ever had.
    rows = connection.execute(
        select(attempt)
        .join(chunk, chunk.c.id == attempt.c.chunk_id)
        .where(attempt.c.seen_at > since, chunk.c.kind == ChunkKind.PARSE)
    )
    begun: dict[str, datetime] = {}
    done: dict[str, tuple[float, float]] = {}
    for row in rows:
        if row.job_id not in job_ids:
            continue
        began = max(row.started_at, since)
        span = max((row.seen_at - row.started_at).total_seconds(), 1e-3)
        share = (row.seen_at - began).total_seconds() / span
        size, number = done.get(row.job_id, (0.0, 0.0))
        done[row.job_id] = (size + row.bytes * share, number + row.messages * share)
        begun[row.job_id] = min(begun.get(row.job_id, began), began)
    return {
        job_id: (size / window, number / window)
        for job_id, (size, number) in done.items()
        if (window := max((now - begun[job_id]).total_seconds(), 0.5))
    }


def _engines(connection: Connection, job_ids: list[str]) -> dict[str, EngineName]:
    latest = (
        select(attempt.c.engine)
        .where(attempt.c.job_id == job.c.id)
        .order_by(attempt.c.started_at.desc(), attempt.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = connection.execute(select(job.c.id, latest).where(job.c.id.in_(job_ids)))
    return {job_id: EngineName(engine) for job_id, engine in rows if engine is not None}


def _not_held(connection: Connection, rows: Sequence[Row[Any]]) -> set[str]:
    """Archives that were gone through while paused, and of which no file waits any more."""
    return {
        row.id
        for row in rows
        if row.paused_at is not None
        and JobState(row.state).is_over
        and not paused_inside(connection, row.upload_id)
    }


def _is_archive(row: Row[Any]) -> bool:
    return bool(row.kind == UploadKind.ARCHIVE)


def _progress(
    row: Row[Any],
    sums: Row[Any] | None,
    *,
    planned: int,
    failed: int,
    rates: tuple[float, float],
    unpacked: int,
) -> Progress:
    bytes_done = unpacked if _is_archive(row) else int(sums.bytes_done) if sums else 0
    moving = row.state in OPEN_JOB_STATES and rates[0] > 0
    return Progress(
        bytes_done=bytes_done,
        bytes_total=row.size,
        bytes_planned=planned,
        chunks_done=int(sums.chunks_done) if sums else 0,
        chunks_failed=failed,
        chunks_total=int(sums.chunks_total) if sums else 0,
        messages=int(sums.messages) if sums else 0,
        duplicates=int(sums.duplicates) if sums else 0,
        quarantined=int(sums.quarantined) if sums else 0,
        expected_messages=int(sums.expected_messages or 0) if sums else 0,
        bytes_per_second=rates[0] if moving else None,
        messages_per_second=rates[1] if moving else None,
        eta_seconds=(row.size - bytes_done) / rates[0] if moving else None,
    )


def _job_view(
    row: Row[Any],
    *,
    progress: Progress,
    engine: EngineName | None,
    outer: Outer | None,
    paused_at: datetime | None,
) -> JobView:
    return JobView(
        id=row.id,
        upload_id=row.upload_id,
        filename=row.filename,
        size=row.size,
        sha256=row.sha256,
        state=JobState(row.state),
        engine=engine,
        progress=progress,
        error=row.error,
        created_at=row.created_at,
        created_by=row.created_by,
        started_at=row.started_at,
        finished_at=row.finished_at,
        paused_at=paused_at,
        detection=json.loads(row.detection) if row.detection else None,
        rule=json.loads(row.rule) if row.rule else None,
        kind=UploadKind(row.kind),
        archive=outer,
    )
