"""When each step of a job began and ended. Pure reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Connection, asc, desc, select

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
    return JobTimes(
        upload_began=came.created_at,
        upload_ended=came.stored_at,
        plan_began=plan.started_at if plan else None,
        plan_ended=plan.ended_at if plan else None,
        parse_began=_time(connection, job_id, chunk.c.started_at, order=asc),
        parse_ended=(
            None if still_open else _time(connection, job_id, chunk.c.ended_at, order=desc)
        ),
    )


def _time(
    connection: Connection,
    job_id: str,
    column: Column[datetime],
    *,
    order: Callable[[Column[datetime]], ColumnElement[datetime]],
) -> datetime | None:
    """The first in that order among a job's parse chunks; each column has an index for it."""
    found: datetime | None = connection.execute(
        select(column)
        .where(chunk.c.job_id == job_id, chunk.c.seq > 0, column.is_not(None))
        .order_by(order(column))
        .limit(1)
    ).scalar_one_or_none()
    return found
