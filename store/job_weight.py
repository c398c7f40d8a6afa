"""What an act on all jobs that match would touch, counted before it is asked for.

Pure reads. An act on an archive reaches what came out of it, so that is counted as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from store.archives import uploads_inside
from store.block_sums import MET
from store.counted_on import has_lost
from store.failure_filter import in_vain
from store.files_reread import jobs_read_again
from store.inside import archives_under
from store.job_filter import JobFilter, joined, matching
from store.states import (
    OPEN_JOB_STATES,
    STOPPED_CHUNK_STATES,
    STOPPED_JOB_STATES,
    ChunkKind,
    ChunkState,
)
from store.tables import chunk, job, upload
from store.tables_watch import block_sum
from store.uploads import UploadKind, UploadState


@dataclass(frozen=True, slots=True, kw_only=True)
class GoesAlong:
    """Files that came out of archives that match, and do not match themselves."""

    files: int
    bytes: int
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsWeight:
    """What a bulk act would touch, of the jobs that match. Sizes in bytes."""

    jobs: int
    # These with what came out of archives that match: they are reached too.
    retried_jobs: int  # have chunks that failed or were cancelled, or lost members
    retried_chunks: int
    vain_chunks: int  # of those: a retry comes to the same end
    retried_bytes: int
    open_jobs: int
    paused_jobs: int  # of those
    # These not.
    bytes: int  # of all their files
    messages: int
    goes_along: GoesAlong  # when they are deleted
    left_alone: int  # archives that match by a file of theirs only, of which a deletion takes none

    @property
    def pausable_jobs(self) -> int:
        """Not over, and not paused either."""
        return self.open_jobs - self.paused_jobs


def weigh_jobs(
    connection: Connection, wanted: JobFilter, *, for_deletion: bool = False
) -> JobsWeight:
    """Count without changing anything."""
    all_that_match = matching(connection, wanted)
    conditions = matching(connection, wanted.for_deletion()) if for_deletion else all_that_match
    jobs = connection.execute(
        joined(
            func.count().label("jobs"), func.coalesce(func.sum(upload.c.size), 0).label("bytes")
        ).where(*conditions)
    ).one()
    matches = joined(job.c.id).where(*conditions)
    retried, by_pause = _retried(connection, conditions), _open(connection, conditions)
    messages = connection.execute(
        select(func.coalesce(func.sum(MET), 0)).where(block_sum.c.job_id.in_(matches))
    ).scalar_one()
    return JobsWeight(
        jobs=jobs.jobs,
        retried_jobs=retried.jobs,
        retried_chunks=retried.chunks,
        vain_chunks=int(retried.vain),
        retried_bytes=int(retried.bytes),
        open_jobs=sum(by_pause.values()),
        paused_jobs=by_pause.get(True, 0),
        bytes=int(jobs.bytes),
        messages=int(messages),
        goes_along=_going_along(connection, conditions),
        left_alone=_number(connection, all_that_match) - jobs.jobs if for_deletion else 0,
    )


def _number(connection: Connection, conditions: list[ColumnElement[bool]]) -> int:
    return int(connection.execute(joined(func.count()).where(*conditions)).scalar_one())


def uploads_going(connection: Connection, wanted: JobFilter) -> set[int]:
    """Every upload that goes when the jobs that match are deleted, with what came out of it."""
    matches = joined(upload.c.id).where(*matching(connection, wanted.for_deletion()))
    going = set(connection.execute(matches).scalars())
    archives = matches.where(upload.c.kind == UploadKind.ARCHIVE)
    return going | set(uploads_inside(connection, *connection.execute(archives).scalars()))


def _going_along(connection: Connection, conditions: list[ColumnElement[bool]]) -> GoesAlong:
    archives = joined(upload.c.id).where(*conditions, upload.c.kind == UploadKind.ARCHIVE)
    inside = uploads_inside(connection, *connection.execute(archives).scalars())
    matches = joined(upload.c.id).where(*conditions)
    files = size = messages = 0
    for at in range(0, len(inside), 500):
        others = (
            upload.c.id.in_(inside[at : at + 500]),
            upload.c.id.not_in(matches),
            upload.c.state == UploadState.STORED,
        )
        found = connection.execute(
            select(func.count(), func.coalesce(func.sum(upload.c.size), 0)).where(*others)
        ).one()
        jobs = select(job.c.id).join(upload, upload.c.id == job.c.upload_id).where(*others)
        read = select(func.coalesce(func.sum(MET), 0)).where(block_sum.c.job_id.in_(jobs))
        files, size = files + int(found[0]), size + int(found[1])
        messages += int(connection.execute(read).scalar_one())
    return GoesAlong(files=files, bytes=size, messages=messages)


def _open(connection: Connection, conditions: list[ColumnElement[bool]]) -> dict[bool, int]:
    """Jobs that are not over, of those that match or came out of an archive that does: how many
    are paused, and how many are not."""
    is_paused = job.c.paused_at.is_not(None)
    rows = connection.execute(
        joined(is_paused, func.count())
        .where(job.c.state.in_(OPEN_JOB_STATES), or_(and_(*conditions), _came_out(conditions)))
        .group_by(is_paused)
    )
    return {bool(paused): number for paused, number in rows}


def _came_out(conditions: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    archives = joined(upload.c.id).where(*conditions, upload.c.kind == UploadKind.ARCHIVE)
    return and_(
        upload.c.archive_id.in_(archives_under(archives)), upload.c.state == UploadState.STORED
    )


def _retried(connection: Connection, conditions: list[ColumnElement[bool]]) -> Row[Any]:
    """What a retry lets go on: `jobs`, `chunks`, `vain` of those, `bytes`."""
    rest = chunk.c.stop - chunk.c.position
    return connection.execute(
        joined(
            func.count(chunk.c.job_id.distinct()).label("jobs"),
            func.count().label("chunks"),
            in_vain().label("vain"),
            func.coalesce(func.sum(rest), 0).label("bytes"),
        )
        .join(chunk, chunk.c.job_id == job.c.id)
        .where(_reached_by_retry(connection, conditions), _goes_on())
    ).one()


# Mail of its members was deleted with another file: it is unpacked anew. See `store.wish_acts`.
_LOST = and_(upload.c.kind == UploadKind.ARCHIVE, has_lost(upload.c.id))


def _goes_on() -> ColumnElement[bool]:
    unpacked = and_(chunk.c.kind == ChunkKind.PLAN, chunk.c.state == ChunkState.DONE, _LOST)
    return or_(chunk.c.state.in_(STOPPED_CHUNK_STATES), unpacked)


def _reached_by_retry(
    connection: Connection, conditions: list[ColumnElement[bool]]
) -> ColumnElement[bool]:
    inside = and_(_came_out(conditions), or_(job.c.state.in_(STOPPED_JOB_STATES), _LOST))
    again = sorted(jobs_read_again(connection))
    return and_(or_(and_(*conditions), inside), job.c.id.not_in(again))
