"""What a wish for an archive means for one job of it: whether it is concerned, and what is done.

Of many in their order is `store.wishes_inside`; what is told to one job is `store.wishes`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, update

from store.counted_on import has_lost
from store.files_reread import cancel_reading
from store.inside import has_open
from store.states import OPEN_JOB_STATES, STOPPED_JOB_STATES, ChunkKind, ChunkState, JobState
from store.tables import chunk, job, upload
from store.uploads import UploadKind
from store.wishes import begin_again, cancel_job, fresh, pause_job, resume_job, retry_job


class Wish(StrEnum):
    """What may be asked of an archive with all that is in it."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """A wish as it is carried out. For an errand see `store.wishes.retry_job`."""

    wish: Wish
    now: datetime
    errand_id: int | None
    again: set[str]  # jobs whose files are being read again
    known_open: set[int] = field(default_factory=set)  # see store.rests


def meant(doing: Doing) -> ColumnElement[bool]:
    """Which jobs a wish would change."""
    is_open = job.c.state.in_(OPEN_JOB_STATES)
    is_archive = upload.c.kind == UploadKind.ARCHIVE
    match doing.wish:
        case Wish.PAUSE:
            holds = and_(is_archive, has_open(upload.c.id))
            return and_(job.c.paused_at.is_(None), or_(is_open, holds))
        case Wish.RESUME:
            return job.c.paused_at.is_not(None)
        case Wish.CANCEL:
            read_again = job.c.id.in_(sorted(doing.again))
            return or_(is_open, job.c.paused_at.is_not(None), read_again)
        case Wish.RETRY:
            stopped = job.c.state.in_(STOPPED_JOB_STATES)
            lost = and_(is_archive, has_lost(upload.c.id))
            return and_(or_(stopped, lost), job.c.id.not_in(sorted(doing.again)))


def act(connection: Connection, row: Row[Any], doing: Doing) -> int:
    """Do it to one job; how much that changed."""
    match doing.wish:
        case Wish.PAUSE:
            return _pause(connection, row, doing)
        case Wish.RESUME:
            return int(resume_job(connection, row.id) and not _is_over(row))
        case Wish.CANCEL:
            return _cancel(connection, row, doing)
        case Wish.RETRY:
            return _retry(connection, row, doing)


def _is_over(row: Row[Any]) -> bool:
    return JobState(row.state).is_over


def _pause(connection: Connection, row: Row[Any], doing: Doing) -> int:
    if not _is_over(row):
        return int(pause_job(connection, row.id, now=doing.now))
    if row.kind == UploadKind.ARCHIVE:
        _hold(connection, row, now=doing.now)
    return 0


def _hold(connection: Connection, row: Row[Any], *, now: datetime) -> None:
    """An archive that was gone through is paused too while what came out of it is: when it is
    retried meanwhile, it waits as they do. Before them, as every act on it takes them."""
    connection.execute(
        update(job).where(job.c.id == row.id, job.c.paused_at.is_(None)).values(paused_at=now)
    )


def let_go(connection: Connection, row: Row[Any], *, since: datetime) -> None:
    """Take a hold of this very act back: nothing came out of the archive that could wait."""
    connection.execute(
        update(job).where(job.c.id == row.id, job.c.paused_at == since).values(paused_at=None)
    )


def _cancel(connection: Connection, row: Row[Any], doing: Doing) -> int:
    """First its own unpacking, so that nothing new comes out meanwhile.

    One that is being read again stops as soon as its messages are gone, though it looks over.
    """
    is_read_again = row.id in doing.again
    stopped = is_read_again and cancel_reading(connection, row.id, now=doing.now)
    # Its reading may just have come to its end, and not have seen that it was to be cancelled.
    if is_read_again or not _is_over(row):
        stopped = cancel_job(connection, row.id, now=doing.now) or stopped
    elif row.is_held:
        resume_job(connection, row.id)
    return int(stopped)


def _retry(connection: Connection, row: Row[Any], doing: Doing) -> int:
    """Failed and cancelled chunks go on, and what an archive has lost is unpacked anew.

    Of a file that is being read again all is read anyway, and what waited until then would be
    taken back.
    """
    if row.id in doing.again:
        return 0
    chunks = retry_job(connection, row.id, errand_id=doing.errand_id, known_open=doing.known_open)
    if row.kind == UploadKind.ARCHIVE:
        chunks += _unpack_lost(connection, row, doing)
    return chunks


def _unpack_lost(connection: Connection, row: Row[Any], doing: Doing) -> int:
    """Go through an archive once more for members whose mail was deleted with another file."""
    again = connection.execute(
        update(chunk)
        .where(
            chunk.c.job_id == row.id,
            chunk.c.kind == ChunkKind.PLAN,
            chunk.c.state == ChunkState.DONE,
            or_(chunk.c.errand_id.is_(None), chunk.c.errand_id != (doing.errand_id or 0)),
            has_lost(chunk.c.upload_id),
        )
        .values(**fresh(connection) | {"errand_id": doing.errand_id})
    ).rowcount
    if again:
        begin_again(connection, row.id, known_open=doing.known_open)
    return again
