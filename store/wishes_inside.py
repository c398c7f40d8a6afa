"""What is asked of an archive's job is asked of the jobs that came out of it too.

Pause, go on, cancel and retry reach them here; what each means for one job is `store.wishes`.
An archive may have given thousands, so they are reached in steps: each is one transaction over
so many jobs, by the keys of their uploads, so that two acts that meet cannot wait for each other.
Of a job that is no archive, nothing is inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select, update

from store.archives import uploads_inside
from store.counted_on import has_lost
from store.errands import ErrandKind, Lane, add_errand, next_errand
from store.files_reread import cancel_reading, jobs_read_again
from store.inside import has_open, jobs_after
from store.locks import Turn, take_turns
from store.states import OPEN_JOB_STATES, ChunkKind, ChunkState, JobState
from store.tables import chunk, job, upload
from store.uploads import UploadKind
from store.wishes import FRESH, cancel_job, pause_job, reopen, resume_job, retry_job

# Jobs that one transaction reaches: some tenths of a second on SQLite, which has one writer.
STEP_JOBS = 300


class Wish(StrEnum):
    """What may be asked of an archive with all that is in it."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one transaction did, in jobs, of a retry in chunks. `after` is the key to go on from;
    None when nobody is left."""

    did: int
    after: int | None


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


def first_step(
    connection: Connection, job_id: str, wish: Wish, *, now: datetime, errand_id: int | None = None
) -> Step:
    """The job itself, and the first of what came out of it.

    The job before all others: what comes out of it later is as paused as it, and of a cancelled
    one nothing does. For an errand see `store.wishes.retry_job`.
    """
    # Before the job: its file is not read again to the end between the two.
    doing = _Doing(wish=wish, now=now, errand_id=errand_id, again=jobs_read_again(connection))
    own = _row_of(connection, job_id)
    if own is None:
        return Step(did=0, after=None)
    did = _act(connection, own, doing)
    if own.kind != UploadKind.ARCHIVE:
        return Step(did=did, after=None)
    step = _through(connection, own.upload_id, doing, after=own.upload_id)
    did += step.did
    if wish is Wish.PAUSE and not did and step.after is None:
        _let_go(connection, own, since=now)
    return Step(did=did, after=step.after)


def next_step(
    connection: Connection,
    job_id: str,
    wish: Wish,
    *,
    after: int,
    now: datetime,
    errand_id: int | None = None,
) -> Step:
    """Further ones, those whose uploads have a key above `after`. May be repeated."""
    own = _row_of(connection, job_id)
    if own is None:
        return Step(did=0, after=None)
    doing = _Doing(wish=wish, now=now, errand_id=errand_id, again=jobs_read_again(connection))
    return _through(connection, own.upload_id, doing, after=after)


KINDS = {
    Wish.PAUSE: ErrandKind.PAUSE_MEMBERS,
    Wish.RESUME: ErrandKind.RESUME_MEMBERS,
    Wish.CANCEL: ErrandKind.CANCEL_MEMBERS,
    Wish.RETRY: ErrandKind.RETRY_MEMBERS,
}


def begin_wish(connection: Connection, job_id: str, wish: Wish, *, by: str, now: datetime) -> int:
    """The first step at once, and an errand for those who are left; what the step did.

    Both are one transaction, so whoever is killed in between has left the errand behind.
    """
    # Else two acts at once would each not know of the other's errand.
    take_turns(connection, Turn.MEMBERS)
    step = first_step(connection, job_id, wish, now=now)
    after = step.after
    if step.did and next_errand(connection, Lane.WORK) is not None:
        # What is under way may undo some of this: then all of them get their turn once more.
        after = 0
    if after is not None and _holds_others(connection, job_id):
        parameters = {"job_id": job_id, "after": after}
        subject = f"job:{job_id}"
        add_errand(connection, KINDS[wish], parameters, by=by, now=now, subject=subject)
    return step.did


def _holds_others(connection: Connection, job_id: str) -> bool:
    own = _row_of(connection, job_id)
    return own is not None and own.kind == UploadKind.ARCHIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Doing:
    wish: Wish
    now: datetime
    errand_id: int | None
    again: set[str]  # jobs whose files are being read again


def _row_of(connection: Connection, job_id: str) -> Row[Any] | None:
    return connection.execute(
        select(
            upload.c.id.label("upload_id"),
            upload.c.kind,
            job.c.id,
            job.c.state,
            job.c.paused_at.is_not(None).label("is_held"),
        )
        .join(upload, upload.c.id == job.c.upload_id)
        .where(job.c.id == job_id)
    ).one_or_none()


def _through(connection: Connection, archive_id: int, doing: _Doing, *, after: int) -> Step:
    """Act on up to `STEP_JOBS` jobs.

    Then looks at the same stretch anew: until its turn came, an archive among them may have given
    more. Once it had its turn, what it gives is as it is itself, see `paused_since`.
    """
    meant, did, seen = _meant(doing), 0, set[str]()
    found = jobs_after(connection, archive_id, meant, after=after, limit=STEP_JOBS)
    last = found[-1].upload_id if len(found) == STEP_JOBS else None
    while more := [row for row in found if row.id not in seen]:
        for row in more:
            did += _act(connection, row, doing)
            seen.add(row.id)
        found = jobs_after(
            connection, archive_id, meant, after=after, upto=last, limit=STEP_JOBS + len(seen)
        )
    return Step(did=did, after=last)


def _meant(doing: _Doing) -> ColumnElement[bool]:
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
            stopped = job.c.state.in_((JobState.FAILED, JobState.CANCELLED))
            lost = and_(is_archive, has_lost(upload.c.id))
            return and_(or_(stopped, lost), job.c.id.not_in(sorted(doing.again)))


def _act(connection: Connection, row: Row[Any], doing: _Doing) -> int:
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


def _pause(connection: Connection, row: Row[Any], doing: _Doing) -> int:
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


def _let_go(connection: Connection, row: Row[Any], *, since: datetime) -> None:
    """Take a hold of this very act back: nothing came out of the archive that could wait."""
    connection.execute(
        update(job).where(job.c.id == row.id, job.c.paused_at == since).values(paused_at=None)
    )


def _cancel(connection: Connection, row: Row[Any], doing: _Doing) -> int:
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


def _retry(connection: Connection, row: Row[Any], doing: _Doing) -> int:
    """Failed and cancelled chunks go on, and what an archive has lost is unpacked anew.

    Of a file that is being read again all is read anyway, and what waited until then would be
    taken back.
    """
    if row.id in doing.again:
        return 0
    chunks = retry_job(connection, row.id, errand_id=doing.errand_id)
    if row.kind == UploadKind.ARCHIVE:
        chunks += _unpack_lost(connection, row, doing)
    return chunks


def _unpack_lost(connection: Connection, row: Row[Any], doing: _Doing) -> int:
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
        .values(**FRESH | {"errand_id": doing.errand_id})
    ).rowcount
    if again:
        reopen(connection, row.id)
    return again


def paused_since(connection: Connection, job_id: str) -> datetime | None:
    """Since when a job is paused, if it is; nobody pauses it or lets it go on meanwhile."""
    paused_at: datetime | None = connection.execute(
        select(job.c.paused_at).where(job.c.id == job_id).with_for_update()
    ).scalar_one()
    return paused_at
