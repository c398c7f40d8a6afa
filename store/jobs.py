"""Read models of jobs: what they are and where they stand.

Pure reads: nothing here changes a row, so any page may call it at any time. How far and how fast
they are is `store.job_progress`, chunks and attempts one by one are `store.chunks`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, tuple_

from store import tables
from store.counted_on import GONE
from store.inside import archives_within, paused_inside
from store.job_progress import Progress, progress_of
from store.outer import Outer, damages_of, outers_of
from store.states import OPEN_JOB_STATES, EngineName, JobState
from store.uploads import UploadKind

attempt, job, upload = tables.attempt, tables.job, tables.upload


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
    damage: str | None  # of the file in that archive: only a part of it could be had

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

    With `archive_id` only what came out of that upload, however deep.
    """
    query = shown_jobs().order_by(job.c.created_at.desc(), job.c.id.desc()).limit(limit)
    if states:
        query = query.where(job.c.state.in_(states))
    if archive_id is not None:
        query = query.where(upload.c.archive_id.in_(archives_within(archive_id)))
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
    return upload.c.state.not_in(GONE)


def views_of(connection: Connection, query: Select[Any], *, now: datetime) -> list[JobView]:
    """What a query made of `shown_jobs` finds, in its order."""
    rows = connection.execute(query).all()
    ids = [row.id for row in rows]
    progress = progress_of(connection, rows, now=now)
    engines = _engines(connection, ids)
    not_held = _not_held(connection, rows)
    inner = {row.upload_id: row.archive_id for row in rows if row.archive_id is not None}
    outers = outers_of(connection, set(inner.values()))
    damages = damages_of(connection, inner) if inner else {}
    return [
        _job_view(
            row,
            progress=progress[row.id],
            outer=outers.get(row.archive_id),
            damage=damages.get(row.upload_id),
            paused_at=None if row.id in not_held else row.paused_at,
            engine=engines.get(row.id),
        )
        for row in rows
    ]


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


def _job_view(
    row: Row[Any],
    *,
    progress: Progress,
    engine: EngineName | None,
    outer: Outer | None,
    damage: str | None,
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
        damage=damage,
    )
