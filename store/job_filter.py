"""Which jobs a bulk act means: the filter that the list, its dry run and the errand share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, Select, func, select

from store.states import OPEN_JOB_STATES, ChunkState, JobState
from store.tables import chunk, job, upload
from store.uploads import UploadState

RETRIED = (ChunkState.FAILED, ChunkState.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """What jobs have to have in common; nothing set means all.

    `q` stands in the file's name, `by` uploaded it, from `since` on and before `until`.
    """

    states: tuple[JobState, ...] = ()
    q: str | None = None
    by: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """The parameters of an errand."""
        return {
            "state": ",".join(self.states) or None,
            "q": self.q,
            "by": self.by,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
        }

    @classmethod
    def from_json(cls, parameters: dict[str, Any]) -> Self:
        """What `to_json` wrote."""
        since, until = parameters.get("since"), parameters.get("until")
        return cls(
            states=states_in(parameters.get("state")),
            q=parameters.get("q"),
            by=parameters.get("by"),
            since=datetime.fromisoformat(since) if since else None,
            until=datetime.fromisoformat(until) if until else None,
        )


def states_in(text: str | None) -> tuple[JobState, ...]:
    """States joined by commas. Raises ValueError for a word that is none."""
    return tuple(JobState(word) for word in (text or "").split(",") if word)


def jobs_of_filter(wanted: JobFilter) -> list[ColumnElement[bool]]:
    """Conditions on `job` joined with its `upload`, to be met all."""
    found: list[ColumnElement[bool]] = [
        upload.c.state.not_in((UploadState.DELETING, UploadState.DELETED))
    ]
    if wanted.states:
        found.append(job.c.state.in_(wanted.states))
    if wanted.by is not None:
        found.append(job.c.created_by == wanted.by)
    if wanted.q is not None:
        found.append(upload.c.filename.icontains(wanted.q, autoescape=True))
    if wanted.since is not None:
        found.append(job.c.created_at >= wanted.since)
    if wanted.until is not None:
        found.append(job.c.created_at < wanted.until)
    return found


def some_jobs(
    connection: Connection, wanted: JobFilter, *, made_by: datetime, after: str, limit: int
) -> list[tuple[str, int]]:
    """(job, upload) of jobs that match and were there by then, by id; `after` is the last seen."""
    rows = connection.execute(
        select(job.c.id, job.c.upload_id)
        .join(upload, upload.c.id == job.c.upload_id)
        .where(*jobs_of_filter(wanted), job.c.created_at <= made_by, job.c.id > after)
        .order_by(job.c.id)
        .limit(limit)
    )
    return [(row.id, row.upload_id) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsWeight:
    """What a bulk act would touch, of the jobs that match. Sizes in bytes."""

    jobs: int
    retried_jobs: int  # have chunks that failed or were cancelled
    retried_chunks: int
    retried_bytes: int
    open_jobs: int
    bytes: int  # of all their files
    messages: int


def weigh_jobs(connection: Connection, wanted: JobFilter) -> JobsWeight:
    """Count without changing anything."""
    conditions = jobs_of_filter(wanted)
    jobs = connection.execute(
        _joined(
            func.count().label("jobs"),
            func.count().filter(job.c.state.in_(OPEN_JOB_STATES)).label("open_jobs"),
            func.coalesce(func.sum(upload.c.size), 0).label("bytes"),
        ).where(*conditions)
    ).one()
    matching = _joined(job.c.id).where(*conditions)
    chunks = connection.execute(
        select(
            func.count(chunk.c.job_id.distinct()).label("jobs"),
            func.count().label("chunks"),
            func.coalesce(func.sum(chunk.c.stop - chunk.c.position), 0).label("bytes"),
        ).where(chunk.c.job_id.in_(matching), chunk.c.state.in_(RETRIED))
    ).one()
    messages = connection.execute(
        select(func.coalesce(func.sum(chunk.c.messages + chunk.c.duplicates), 0)).where(
            chunk.c.job_id.in_(matching)
        )
    ).scalar_one()
    return JobsWeight(
        jobs=jobs.jobs,
        retried_jobs=chunks.jobs,
        retried_chunks=chunks.chunks,
        retried_bytes=int(chunks.bytes),
        open_jobs=jobs.open_jobs,
        bytes=int(jobs.bytes),
        messages=int(messages),
    )


def _joined(*columns: ColumnElement[Any]) -> Select[Any]:
    return select(*columns).select_from(job).join(upload, upload.c.id == job.c.upload_id)
