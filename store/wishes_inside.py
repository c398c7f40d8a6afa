"""What is asked of an archive's job is asked of the jobs that came out of it too.

Pause, go on, cancel and retry reach them here; what each means for one job is `store.wishes`.
Of a job that is no archive, nothing is inside.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, select

from store.archives import uploads_inside
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
    """Stop a job, and first its own unpacking so that nothing new comes out meanwhile."""
    stopped = cancel_job(connection, job_id, now=now)
    return _each(connection, job_id, lambda one: cancel_job(connection, one, now=now)) or stopped


def pause_with_members(connection: Connection, job_id: str, *, now: datetime) -> bool:
    """Claim no further chunk of a job, nor of what came out of it."""
    paused = pause_job(connection, job_id, now=now)
    return _each(connection, job_id, lambda one: pause_job(connection, one, now=now)) or paused


def resume_with_members(connection: Connection, job_id: str) -> bool:
    """Let a paused job go on, and what came out of it."""
    resumed = resume_job(connection, job_id)
    return _each(connection, job_id, lambda one: resume_job(connection, one)) or resumed


def _each(connection: Connection, job_id: str, act: Callable[[str], bool]) -> bool:
    """Do it to every job inside that is not over; True when it did something."""
    done = [act(one) for one, state in jobs_inside(connection, job_id) if not state.is_over]
    return any(done)


def retry_with_members(connection: Connection, job_id: str) -> int:
    """Let failed and cancelled chunks go on, also of what came out of it; how many."""
    stopped = (JobState.FAILED, JobState.CANCELLED)
    inside = [one for one, state in jobs_inside(connection, job_id) if state in stopped]
    return sum(retry_job(connection, one) for one in (job_id, *inside))
