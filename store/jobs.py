"""Read models of jobs: what they are and where they stand.

Pure reads: nothing here changes a row, so any page may call it at any time. How far and how fast
they are is `store.job_progress`, chunks and attempts one by one are `store.chunks`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, tuple_

from store import tables
from store.causes import is_lasting
from store.counted_on import GONE, numbers_lost
from store.files_reread import FileReading, files_read_again
from store.held import NOTHING, Held, held_by
from store.inside import archives_within
from store.job_progress import Progress, progress_of
from store.job_view import JobView
from store.outer import Outer, damages_of, outers_of
from store.overall import (
    status_of_jobs,
)
from store.states import OPEN_JOB_STATES, EngineName, JobState
from store.uploads import UploadKind
from store.vain import jobs_in_vain

attempt, job, upload = tables.attempt, tables.job, tables.upload


def find_job(connection: Connection, job_id: str, *, now: datetime) -> JobView | None:
    """The job of that id."""
    found = views_of(connection, shown_jobs().where(job.c.id == job_id), now=now)
    return found[0] if found else None


def kind_of_job(connection: Connection, job_id: str) -> UploadKind | None:
    """What its upload is; None when there is no such job."""
    query = select(upload.c.kind).join(job, job.c.upload_id == upload.c.id)
    kind = connection.execute(query.where(job.c.id == job_id)).scalar_one_or_none()
    return None if kind is None else UploadKind(kind)


def end_of(connection: Connection, job_id: str) -> datetime | None:
    """When a job was over, with all that came out of it; None while it is not."""
    row = connection.execute(
        select(job.c.upload_id, job.c.finished_at).where(job.c.id == job_id)
    ).one_or_none()
    if row is None or row.finished_at is None:
        return None
    held = held_by(connection, [row.upload_id]).get(row.upload_id, NOTHING)
    if held.open_here:
        return None
    ended: datetime = max(row.finished_at, held.last_end or row.finished_at)
    return ended


def list_jobs(
    connection: Connection,
    *,
    now: datetime,
    states: Sequence[JobState] = (),
    own_states: Sequence[JobState] = (),
    is_folded: bool = False,
    before: tuple[datetime, str] | None = None,
    archive_id: int | None = None,
    limit: int = 50,
) -> list[JobView]:
    """Newest first; `before` is (created_at, id) of the last one already seen.

    With `archive_id` only what came out of that upload, however deep; `is_folded` leaves out what
    came out of any. `states` are those of jobs with their files, `own_states` without.
    """
    query = shown_jobs().order_by(job.c.created_at.desc(), job.c.id.desc()).limit(limit)
    if states:
        query = query.where(status_of_jobs(connection).in_(states))
    if own_states:
        query = query.where(job.c.state.in_(own_states))
    if is_folded:
        query = query.where(upload.c.archive_id.is_(None))
    if archive_id is not None:
        query = query.where(upload.c.archive_id.in_(archives_within(archive_id)))
    if before is not None:
        query = query.where(tuple_(job.c.created_at, job.c.id) < before)
    return views_of(connection, query, now=now)


def open_jobs(connection: Connection, *, now: datetime, limit: int = 20) -> list[JobView]:
    """What is happening: uploads that are not over, with all that is in them; oldest first."""
    query = shown_jobs().where(
        upload.c.archive_id.is_(None), status_of_jobs(connection).in_(OPEN_JOB_STATES)
    )
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
    archives = [row.upload_id for row in rows if row.kind == UploadKind.ARCHIVE]
    held = dict.fromkeys(archives, NOTHING) | held_by(connection, archives)
    progress = progress_of(connection, rows, held=held, now=now)
    engines, lost = _engines(connection, ids), numbers_lost(connection, archives)
    inner = {row.upload_id: row.archive_id for row in rows if row.archive_id is not None}
    outers = outers_of(connection, set(inner.values()))
    damages = damages_of(connection, inner) if inner else {}
    readings = files_read_again(connection)
    in_vain = jobs_in_vain(connection, [row.id for row in rows if is_lasting(row.error)])
    return [
        _job_view(
            row,
            progress=progress[row.id],
            outer=outers.get(row.archive_id),
            damage=damages.get(row.upload_id),
            held=held.get(row.upload_id),
            lost=lost.get(row.upload_id, 0),
            engine=engines.get(row.id),
            is_vain=row.id in in_vain,
            reading=readings.get(row.id),
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


def _job_view(
    row: Row[Any],
    *,
    progress: Progress,
    engine: EngineName | None,
    outer: Outer | None,
    damage: str | None,
    held: Held | None,
    lost: int,
    is_vain: bool,
    reading: FileReading | None,
) -> JobView:
    # An archive that was gone through while paused, and of which no file waits any more.
    lets_go = held is not None and JobState(row.state).is_over and not held.paused_here
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
        paused_at=None if lets_go else row.paused_at,
        detection=json.loads(row.detection) if row.detection else None,
        rule=json.loads(row.rule) if row.rule else None,
        kind=UploadKind(row.kind),
        archive=outer,
        damage=damage,
        held=held,
        lost=lost,
        retry_is_vain=is_vain and JobState(row.state) is JobState.FAILED,
        reading=reading,
    )
