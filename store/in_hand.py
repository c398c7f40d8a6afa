"""What workers have in hand at this moment, whatever is done with it: scanned, unpacked or read.

Pure reads. Who has fallen silent has nothing in hand, see `store.pace`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from store.held_files import files_held
from store.pace import is_silent
from store.states import Outcome
from store.tables import attempt, job


def chunks_in_hand(connection: Connection, *, now: datetime) -> dict[str, int]:
    """How many chunks of each job; those with none left out."""
    # By the index that holds such attempts only.
    rows: Iterable[Row[Any]] = connection.execute(
        select(attempt.c.job_id, attempt.c.seen_at, attempt.c.lease_until).where(
            attempt.c.outcome == Outcome.RUNNING
        )
    )
    return dict(Counter(row.job_id for row in rows if not is_silent(row, now=now)))


def in_hand_inside(
    connection: Connection, archive_ids: Collection[int], by_job: Mapping[str, int]
) -> dict[int, int]:
    """The same of all files of each archive together, given those of jobs."""
    if not archive_ids or not by_job:
        return {}
    pairs = files_held(archive_ids)
    rows = connection.execute(
        select(pairs.c.around, job.c.id)
        .select_from(pairs)
        .join(job, job.c.upload_id == pairs.c.upload_id)
        .where(job.c.id.in_(sorted(by_job)))
    )
    found = Counter[int]()
    for around, job_id in rows:
        found[around] += by_job[job_id]
    return dict(found)
