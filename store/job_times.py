"""When each step of a job began and ended. Pure reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, select

from store.states import OPEN_CHUNK_STATES
from store.tables import chunk, job, upload


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTimes:
    """None for what has not begun, or not ended, yet."""

    upload_began: datetime | None
    upload_ended: datetime | None
    plan_began: datetime | None
    plan_ended: datetime | None
    parse_began: datetime | None
    parse_ended: datetime | None


def times_of(connection: Connection, job_id: str) -> JobTimes:
    """The times of a job; one pass over its chunks."""
    came = connection.execute(
        select(upload.c.created_at, upload.c.stored_at)
        .join(job, job.c.upload_id == upload.c.id)
        .where(job.c.id == job_id)
    ).one()
    plan = connection.execute(
        select(chunk.c.started_at, chunk.c.ended_at).where(
            chunk.c.job_id == job_id, chunk.c.seq == 0
        )
    ).one_or_none()
    still = func.count(case((chunk.c.state.in_(OPEN_CHUNK_STATES), 1)))
    parse = connection.execute(
        select(func.min(chunk.c.started_at), func.max(chunk.c.ended_at), still).where(
            chunk.c.job_id == job_id, chunk.c.seq > 0
        )
    ).one()
    return JobTimes(
        upload_began=came.created_at,
        upload_ended=came.stored_at,
        plan_began=plan.started_at if plan else None,
        plan_ended=plan.ended_at if plan else None,
        parse_began=parse[0],
        parse_ended=None if parse[2] else parse[1],
    )
