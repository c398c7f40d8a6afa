"""When a job that was over began again: because its file was read again, or failures retried.

Between two runs nobody works, for minutes or for months; whoever tells how long a job took has
to leave that out. The audit log remembers when the run before had ended. Pure reads.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from store.errands import ErrandKind, ErrandState, find_errand
from store.tables import chunk, job
from store.tables_people import audit

READ_AGAIN = f"errand.{ErrandKind.READ_AGAIN}"
REOPENING = (READ_AGAIN, "job.retry", "chunk.retry")
# What the entry of such an act keeps of the run before it.
ENDED_BEFORE = "ended_before"
# More acts than this upon one job are not looked through.
LOOKED_THROUGH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """The latest run of a job that has had several, and when the first of them ended."""

    asked_at: datetime
    is_reading: bool  # the file was read again; False: what had failed was retried
    first_ended: datetime


def end_so_far(connection: Connection, job_id: str) -> dict[str, str]:
    """For the audit log, before a job begins again: when it ended; nothing while it is open."""
    query = select(job.c.finished_at).where(job.c.id == job_id)
    ended_at: datetime | None = connection.execute(query).scalar_one_or_none()
    return {} if ended_at is None else {ENDED_BEFORE: ended_at.isoformat()}


def end_so_far_by_chunk(connection: Connection, chunk_id: int) -> dict[str, str]:
    """The same of the job that a chunk is of."""
    query = select(chunk.c.job_id).where(chunk.c.id == chunk_id)
    job_id: str | None = connection.execute(query).scalar_one_or_none()
    return {} if job_id is None else end_so_far(connection, job_id)


def last_run(connection: Connection, job_id: str) -> LastRun | None:
    """None for a job that has been worked on in one go."""
    runs = list(_runs(connection, job_id))
    if not runs:
        return None
    at, action, _ = runs[-1]
    return LastRun(asked_at=at, is_reading=action == READ_AGAIN, first_ended=runs[0][2])


def runs_of(connection: Connection, job_ids: Collection[str]) -> dict[str, int]:
    """How many runs those of the jobs of one page have had that have had several."""
    subjects = [f"job:{job_id}" for job_id in job_ids]
    rows = connection.execute(
        select(audit.c.subject)
        .where(audit.c.subject.in_(subjects), audit.c.action.in_(REOPENING))
        .distinct()
    )
    further = {
        job_id: len(list(_runs(connection, job_id)))
        for job_id in (subject.removeprefix("job:") for subject in rows.scalars())
    }
    return {job_id: 1 + number for job_id, number in further.items() if number}


def _runs(connection: Connection, job_id: str) -> Iterator[tuple[datetime, str, datetime]]:
    """When each further run was asked for, by which act, and when the run before had ended."""
    rows = connection.execute(
        select(audit.c.at, audit.c.action, audit.c.detail)
        .where(audit.c.subject == f"job:{job_id}", audit.c.action.in_(REOPENING))
        .order_by(audit.c.id)
        .limit(LOOKED_THROUGH)
    )
    for row in rows:
        detail = json.loads(row.detail)
        if ENDED_BEFORE in detail and _came_about(connection, row.action, detail):
            yield row.at, row.action, datetime.fromisoformat(detail[ENDED_BEFORE])


def _came_about(connection: Connection, action: str, detail: dict[str, Any]) -> bool:
    """A retry is done when it is asked for; reading again is an errand that may come to nothing."""
    if action != READ_AGAIN:
        return True
    errand = find_errand(connection, int(detail["errand"]))
    return errand is not None and errand.state is ErrandState.DONE
