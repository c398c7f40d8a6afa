"""Which jobs an errand means, written down before it begins.

Acting on one job may change where others stand: a file that is retried opens every archive again
that counts on it. So what is asked for by state or by end is looked for once, or such an archive,
and its other files with it, would not match any more when its turn comes.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, literal, select

from store.errands import OPEN_ERRAND_STATES
from store.job_filter import JobFilter, joined, meant_by
from store.tables import job
from store.tables_watch import errand, errand_meant


def write_down(
    connection: Connection, errand_id: int, wanted: JobFilter, *, made_by: datetime
) -> None:
    """Keep which jobs match now, and did when the errand was asked for; once for an errand."""
    is_open = select(errand.c.id).where(errand.c.state.in_(OPEN_ERRAND_STATES))
    # What is left of one that was stopped just when it began.
    connection.execute(delete(errand_meant).where(errand_meant.c.errand_id.not_in(is_open)))
    known = select(errand_meant.c.job_id).where(errand_meant.c.errand_id == errand_id).limit(1)
    if connection.execute(known).first() is not None:
        return
    found = joined(literal(errand_id), job.c.id).where(
        *meant_by(connection, wanted, made_by=made_by)
    )
    connection.execute(insert(errand_meant).from_select(["errand_id", "job_id"], found))


def some_meant(
    connection: Connection, errand_id: int, *, after: str, limit: int
) -> list[tuple[str, int]]:
    """(job, upload) of what was written down and is there, by id; `after` is the last seen."""
    rows = connection.execute(
        select(job.c.id, job.c.upload_id)
        .join(errand_meant, errand_meant.c.job_id == job.c.id)
        .where(errand_meant.c.errand_id == errand_id, errand_meant.c.job_id > after)
        .order_by(errand_meant.c.job_id)
        .limit(limit)
    )
    return [(row.id, row.upload_id) for row in rows]


def forget_meant(connection: Connection, errand_id: int) -> None:
    """The errand is over; harmless for one that has nothing written down."""
    connection.execute(delete(errand_meant).where(errand_meant.c.errand_id == errand_id))
