"""When each step of a job began and ended. Pure reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from store.chunk_cells import Tally
from store.tables import chunk, job, upload

_OPEN = frozenset(("waiting", "retrying", "running"))


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTimes:
    """None for what has not begun, or not ended, yet."""

    upload_began: datetime | None
    upload_ended: datetime | None
    plan_began: datetime | None
    plan_ended: datetime | None
    parse_began: datetime | None
    parse_ended: datetime | None


def times_of(connection: Connection, job_id: str, tally: Sequence[Tally]) -> JobTimes:
    """The times of a job, given its chunks by how they stand."""
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
    still_open = any(one.state in _OPEN for one in tally)
    began = [one.began for one in tally if one.began]
    ended = [one.ended for one in tally if one.ended]
    return JobTimes(
        upload_began=came.created_at,
        upload_ended=came.stored_at,
        plan_began=plan.started_at if plan else None,
        plan_ended=plan.ended_at if plan else None,
        parse_began=min(began, default=None),
        parse_ended=None if still_open else max(ended, default=None),
    )
