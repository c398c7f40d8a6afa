"""What is asked of an archive's job is asked of the jobs that came out of it too.

Pause, go on, cancel and retry reach them here; what each means for one job is `store.wishes`.
Of a job that is no archive, nothing is inside.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, select

from store.archives import uploads_inside
from store.files_reread import cancel_reading, jobs_read_again
from store.states import JobState
from store.tables import job
from store.wishes import cancel_job, pause_job, resume_job, retry_job


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


def cancel_with_members(connection: Connection, job_id: str, *, now: datetime) -> bool:
    """Stop a job, and first its own unpacking so that nothing new comes out meanwhile.

    One that is being read again stops as soon as its messages are gone, though it looks over.
    """
    read_again = jobs_read_again(connection)

    def cancel(one: str, state: JobState | None = None) -> bool:
        stopped = one in read_again and cancel_reading(connection, one, now=now)
        if state is not None and state.is_over:
            return stopped
        return cancel_job(connection, one, now=now) or stopped

    stopped = cancel(job_id)
    return _each(connection, job_id, cancel) or stopped


def pause_with_members(connection: Connection, job_id: str, *, now: datetime) -> bool:
    """Claim no further chunk of a job, nor of what came out of it.

    What comes out later is as paused as its archive, see `paused_since`.
    """
    paused = pause_job(connection, job_id, now=now)
    return (
        _each(
            connection,
            job_id,
            lambda one, state: not state.is_over and pause_job(connection, one, now=now),
        )
        or paused
    )


def resume_with_members(connection: Connection, job_id: str) -> bool:
    """Let a paused job go on, and what came out of it."""
    resumed = resume_job(connection, job_id)
    return (
        _each(
            connection,
            job_id,
            lambda one, state: not state.is_over and resume_job(connection, one),
        )
        or resumed
    )


def paused_since(connection: Connection, job_id: str) -> datetime | None:
    """Since when a job is paused, if it is; nobody pauses it or lets it go on meanwhile."""
    paused_at: datetime | None = connection.execute(
        select(job.c.paused_at).where(job.c.id == job_id).with_for_update()
    ).scalar_one()
    return paused_at


def _each(connection: Connection, job_id: str, act: Callable[[str, JobState], bool]) -> bool:
    """Do it to every job inside, by its id and state; True when it did something.

    Looks again afterwards: an archive inside may have given more until it was reached.
    """
    seen: set[str] = set()
    did = False
    while more := [one for one in jobs_inside(connection, job_id) if one[0] not in seen]:
        for one, state in more:
            did = act(one, state) or did
            seen.add(one)
    return did


def retry_with_members(connection: Connection, job_id: str, *, errand_id: int | None = None) -> int:
    """Let failed and cancelled chunks go on, also of what came out of it; how many.

    For an errand see `store.wishes.retry_job`.
    """
    stopped = (JobState.FAILED, JobState.CANCELLED)
    inside = [one for one, state in jobs_inside(connection, job_id) if state in stopped]
    return sum(retry_job(connection, one, errand_id=errand_id) for one in (job_id, *inside))
