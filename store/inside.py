"""What came out of an archive, and out of archives in it, in the order of their keys.

Pure reads. An upload's key is higher than that of the archive it came out of, so whoever goes
through them by key meets an archive before what comes out of it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select

from store.archives import uploads_inside
from store.states import OPEN_JOB_STATES, JobState
from store.tables import job, upload
from store.tables_archive import archive
from store.uploads import UploadState

# A job as an act on an archive sees it.
ACTED_ON = select(
    upload.c.id.label("upload_id"),
    upload.c.kind,
    job.c.id,
    job.c.state,
    job.c.paused_at.is_not(None).label("is_held"),
).join(job, job.c.upload_id == upload.c.id)


def archives_within(archive_id: int) -> Select[tuple[int]]:
    """An archive and those inside it, however deep."""
    root = select(archive.c.root_id).where(archive.c.upload_id == archive_id).scalar_subquery()
    return _downwards(archive.c.upload_id == archive_id, archive.c.root_id == root)


def archives_under(roots: Select[tuple[int]]) -> Select[tuple[int]]:
    """Some archives, and those inside them, however deep."""
    return _downwards(archive.c.upload_id.in_(roots))


def _downwards(first: ColumnElement[bool], *further: ColumnElement[bool]) -> Select[tuple[int]]:
    """From the first archives on; `further` narrows where those inside are looked for."""
    outer = select(archive.c.upload_id).where(first).cte(recursive=True)
    inner = (
        select(archive.c.upload_id)
        .join(upload, upload.c.id == archive.c.upload_id)
        .where(upload.c.archive_id == outer.c.upload_id, *further)
    )
    return select(outer.union(inner).c.upload_id)


def jobs_after(
    connection: Connection,
    archive_id: int,
    *conditions: ColumnElement[bool],
    after: int,
    upto: int | None = None,
    limit: int,
) -> list[Row[tuple[int, str, str, str, bool]]]:
    """(upload_id, kind, id, state, is_held) of jobs inside, those with a key above `after`."""
    query = (
        ACTED_ON.where(
            upload.c.archive_id.in_(archives_within(archive_id)),
            upload.c.id > after,
            upload.c.state == UploadState.STORED,
            *conditions,
        )
        .order_by(upload.c.id)
        .limit(limit)
    )
    if upto is not None:
        query = query.where(upload.c.id <= upto)
    return list(connection.execute(query))


def jobs_inside(connection: Connection, job_id: str) -> list[tuple[str, JobState]]:
    """(job, state) of everything that came out of a job's archive, however deep."""
    upload_id = connection.execute(
        select(job.c.upload_id).where(job.c.id == job_id)
    ).scalar_one_or_none()
    inside = [] if upload_id is None else uploads_inside(connection, upload_id)
    found = []
    # No database takes any number of parameters in one statement.
    for at in range(0, len(inside), 500):
        rows = connection.execute(
            select(job.c.id, job.c.state).where(job.c.upload_id.in_(inside[at : at + 500]))
        )
        found += [(row.id, JobState(row.state)) for row in rows]
    return found


def has_open(archive_id: ColumnElement[int]) -> ColumnElement[bool]:
    """True for an archive of which a file is still to be read."""
    came_out = upload.alias("came_out")
    of_it = (
        select(job.c.id)
        .join(came_out, came_out.c.id == job.c.upload_id)
        .where(
            came_out.c.archive_id == archive_id,
            came_out.c.state == UploadState.STORED,
            job.c.state.in_(OPEN_JOB_STATES),
        )
    )
    return of_it.correlate(upload).exists()


def has_open_within(connection: Connection, archive_id: int) -> bool:
    """True while something that came out of an archive, however deep, is not over."""
    return _any_within(connection, archive_id, job.c.state.in_(OPEN_JOB_STATES))


def ended_since(then: datetime) -> ColumnElement[bool]:
    """True for a job that ended then or later, by itself or by what came out of it, however deep.

    On `job`; whether an archive is over is not asked here. Files that were deleted since count:
    they ended when they did, and what an errand that deletes has yet to do hangs on it.
    """
    files = (
        select(upload.c.archive_id)
        .join(job, job.c.upload_id == upload.c.id)
        .where(upload.c.archive_id.is_not(None), job.c.finished_at >= then)
    ).cte(recursive=True)
    around = (
        select(upload.c.archive_id)
        .join(files, files.c.archive_id == upload.c.id)
        .where(upload.c.archive_id.is_not(None))
    )
    archives = select(files.union(around).c.archive_id)
    return or_(job.c.finished_at >= then, job.c.upload_id.in_(archives))


def has_ended_since(connection: Connection, archive_id: int, then: datetime) -> bool:
    """True when something that came out of an archive, however deep, was over only after that."""
    return _any_within(connection, archive_id, job.c.finished_at > then)


def _any_within(connection: Connection, archive_id: int, meets: ColumnElement[bool]) -> bool:
    found = (
        select(job.c.id)
        .join(upload, upload.c.id == job.c.upload_id)
        .where(
            meets,
            upload.c.archive_id.in_(archives_within(archive_id)),
            upload.c.state == UploadState.STORED,
        )
    )
    return connection.execute(found.limit(1)).first() is not None


def paused_inside(connection: Connection, archive_id: int) -> int:
    """How many jobs that came out of an archive, however deep, are paused."""
    found = connection.execute(
        select(func.count())
        .select_from(job.join(upload, upload.c.id == job.c.upload_id))
        .where(
            upload.c.archive_id.in_(archives_within(archive_id)),
            upload.c.state == UploadState.STORED,
            job.c.state.in_(OPEN_JOB_STATES),
            job.c.paused_at.is_not(None),
        )
    )
    return int(found.scalar_one())
