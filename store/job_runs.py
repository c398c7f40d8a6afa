"""How long jobs took, run by run: from the upload to the end, and again from each retry or reading.

What lies between two runs is left out, see `store.rests`. Pure reads.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from store.errands import ErrandKind
from store.job_view import JobView
from store.jobs import end_of
from store.rests import rests_of, worked_seconds
from store.tables import chunk
from store.tables_people import audit

READ_AGAIN = f"errand.{ErrandKind.READ_AGAIN}"
# What the entry in the audit log of an act that begins a job again keeps of the run before it.
ENDED_BEFORE = "ended_before"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """The latest run of a job that has had several, and when the first of them ended."""

    asked_at: datetime
    is_reading: bool  # the file was read again; False: what had failed was retried
    first_ended: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How often a job was worked on, and how long in all; None while it is not over."""

    runs: int
    seconds: float | None


def end_so_far(connection: Connection, job_id: str) -> dict[str, str]:
    """For the audit log, before a job begins again: when it ended; nothing while it is open."""
    ended_at = end_of(connection, job_id)
    return {} if ended_at is None else {ENDED_BEFORE: ended_at.isoformat()}


def end_so_far_by_chunk(connection: Connection, chunk_id: int) -> dict[str, str]:
    """The same of the job that a chunk is of."""
    query = select(chunk.c.job_id).where(chunk.c.id == chunk_id)
    job_id: str | None = connection.execute(query).scalar_one_or_none()
    return {} if job_id is None else end_so_far(connection, job_id)


def last_run(connection: Connection, job_id: str) -> LastRun | None:
    """None for a job that has been worked on in one go."""
    rests = rests_of(connection, [job_id]).get(job_id)
    if not rests:
        return None
    last, asked_at = rests[-1], None
    if last.for_reading:
        # Reading again is an errand: it may have waited for others, and takes messages away first.
        asked_at = connection.execute(
            select(func.max(audit.c.at, type_=audit.c.at.type)).where(
                audit.c.subject == f"job:{job_id}",
                audit.c.action == READ_AGAIN,
                audit.c.at >= last.since,
                audit.c.at <= last.until,
            )
        ).scalar_one()
    return LastRun(
        asked_at=asked_at or last.until,
        is_reading=last.for_reading,
        first_ended=rests[0].since,
    )


def work_on(connection: Connection, jobs: Collection[JobView]) -> dict[str, Work]:
    """How long each of some jobs took, the time between its runs left out."""
    rests = rests_of(connection, [one.id for one in jobs])
    return {
        one.id: Work(
            runs=1 + len(rests.get(one.id, ())),
            seconds=None
            if one.ended_at is None
            else worked_seconds(
                begun=one.created_at, ended=one.ended_at, rests=rests.get(one.id, ())
            ),
        )
        for one in jobs
    }
