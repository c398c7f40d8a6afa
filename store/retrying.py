"""Retry failed chunks in bulk for an errand, and tell afterwards what became of each.

A chunk remembers the errand that last gave it a fresh start, so the report is counted from the
chunks themselves. How they had ended when they began anew since is kept by the database
(`errand_past`), so that what an errand came to is told the same for ever.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    case,
    func,
    or_,
    select,
    union_all,
    update,
)

from store.clock import utc_now
from store.errands import ErrandKind, find_errand, note_place
from store.failure_filter import FailureFilter, chunks_of_filter
from store.rests import note_rest
from store.states import ChunkState
from store.tables import chunk
from store.tables_watch import errand_past
from store.touched import MOST_NAMED, Touched, note_reached
from store.wishes import fresh, reopen


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """What became of the chunks that an errand retried, in numbers of chunks.

    `elsewhere` were taken from this errand before they came to an end: put back, read again, gone.
    """

    waiting: int = 0
    running: int = 0
    succeeded: int = 0
    same: int = 0  # failed again as before
    other: int = 0  # failed again, but otherwise
    cancelled: int = 0
    elsewhere: int = 0
    last_end_at: datetime | None = None

    @property
    def open(self) -> int:
        """Those of which nobody knows yet."""
        return self.waiting + self.running

    @property
    def failed(self) -> int:
        """Those that failed again."""
        return self.same + self.other

    @property
    def settled(self) -> int:
        """Those that came to an end."""
        return self.succeeded + self.failed + self.cancelled


def retry_some(
    connection: Connection,
    wanted: FailureFilter,
    *,
    errand_id: int,
    failed_by: datetime,
    limit: int,
) -> dict[str, int]:
    """Let up to `limit` chunks that match go on from where they got to; how many of each job.

    Only what had failed by the time somebody asked: what fails again is not tried for ever.
    Job by job in the order of their uploads, as acts on archives go.
    """
    found = connection.execute(
        select(chunk.c.upload_id, chunk.c.job_id, chunk.c.id)
        .where(*chunks_of_filter(wanted), _had_failed(failed_by))
        .limit(limit)
    )
    retried, known_open = dict[str, int](), set[int]()
    for (_, job_id), rows in groupby(sorted(map(tuple, found)), key=itemgetter(0, 1)):
        again = connection.execute(
            update(chunk)
            .where(chunk.c.id.in_([row[2] for row in rows]), chunk.c.state == ChunkState.FAILED)
            .values(**fresh(connection) | {"errand_id": errand_id})
        ).rowcount
        if again:
            note_rest(connection, job_id, now=utc_now(), known_open=known_open)
            reopen(connection, job_id)
            retried[job_id] = again
            note_reached(connection, errand_id, {job_id: again})
    return retried


def count_failed(connection: Connection, wanted: FailureFilter, *, failed_by: datetime) -> int:
    """How many chunks that match had failed by then and are still failed."""
    return connection.execute(
        select(func.count())
        .select_from(chunk)
        .where(*chunks_of_filter(wanted), _had_failed(failed_by))
    ).scalar_one()


def failed_jobs(connection: Connection, wanted: FailureFilter, *, failed_by: datetime) -> Touched:
    """Whose chunks those are."""
    meant = (*chunks_of_filter(wanted), _had_failed(failed_by))
    count = select(func.count(chunk.c.job_id.distinct())).where(*meant)
    first = select(chunk.c.job_id).where(*meant).group_by(chunk.c.job_id)
    first = first.order_by(func.min(chunk.c.upload_id)).limit(MOST_NAMED)
    jobs = connection.execute(first).scalars()
    return Touched.of(jobs, count=connection.execute(count).scalar_one())


def _had_failed(by: datetime) -> ColumnElement[bool]:
    return or_(chunk.c.ended_at.is_(None), chunk.c.ended_at <= by)


def aftermaths(connection: Connection, retried: Sequence[tuple[int, int]]) -> dict[int, Aftermath]:
    """For each of some errands, given as (id, how many chunks it retried)."""
    counts: dict[int, dict[str, int]] = {errand_id: {} for errand_id, _ in retried}
    ends: dict[int, list[datetime]] = {errand_id: [] for errand_id, _ in retried}
    for row in connection.execute(union_all(_now(counts), _before(counts))):
        name = _name(ChunkState(row.state), same=row.same_cause)
        counts[row.errand_id][name] = counts[row.errand_id].get(name, 0) + int(row.number)
        ends[row.errand_id] += [row.last_end] if row.last_end else []
    return {
        errand_id: Aftermath(
            **counts[errand_id],
            elsewhere=max(number - sum(counts[errand_id].values()), 0),
            last_end_at=max(ends[errand_id], default=None),
        )
        for errand_id, number in retried
    }


def _now(errand_ids: Collection[int]) -> Select[Any]:
    """How the chunks stand that are still those of errands."""
    outcome = (chunk.c.errand_id, chunk.c.state, chunk.c.same_cause)
    number = func.count().label("number")
    last = func.max(chunk.c.ended_at, type_=chunk.c.ended_at.type).label("last_end")
    found = select(*outcome, number, last).where(chunk.c.errand_id.in_(errand_ids))
    return found.group_by(*outcome)


def _before(errand_ids: Collection[int]) -> Select[Any]:
    """How those had ended that have begun anew since."""
    past = errand_past.c
    outcome = (past.errand_id, past.state, past.same_cause)
    number = func.sum(past.number).label("number")
    last = func.max(past.last_end, type_=past.last_end.type).label("last_end")
    found = select(*outcome, number, last).where(past.errand_id.in_(errand_ids))
    return found.group_by(*outcome)


_NAMES = {
    ChunkState.WAITING: "waiting",
    ChunkState.RUNNING: "running",
    ChunkState.DONE: "succeeded",
    ChunkState.CANCELLED: "cancelled",
}


def _name(state: ChunkState, *, same: bool | None) -> str:
    return _NAMES.get(state, "same" if same else "other")


def jobs_retried(connection: Connection, errand_id: int) -> Touched:
    """Whose chunks an errand has given a fresh start that is still theirs."""
    of_errand = chunk.c.errand_id == errand_id
    count = select(func.count(chunk.c.job_id.distinct())).where(of_errand)
    first = select(chunk.c.job_id).where(of_errand).group_by(chunk.c.job_id)
    first = first.order_by(func.min(chunk.c.upload_id)).limit(MOST_NAMED)
    jobs = connection.execute(first).scalars()
    return Touched.of(jobs, count=connection.execute(count).scalar_one())


def name_what_was_reached(connection: Connection, errand_id: int) -> None:
    """Chunks were put back: files of which nothing is left to an errand were not reached by it."""
    asked, left = find_errand(connection, errand_id), jobs_retried(connection, errand_id)
    if asked is None or (left.count and asked.kind is not ErrandKind.RETRY_FAILED):
        return  # of acts on jobs an archive was reached, and its chunks are those of its files
    note_place(connection, errand_id, Touched.instead(asked.place, left))


def put_back(connection: Connection, errand_id: int, *, now: datetime, limit: int) -> list[str]:
    """Up to `limit` chunks of an errand that no worker has taken are failed again, as before.

    Answers the job of each; those are to be settled by a later transaction.
    """
    waiting = (
        select(chunk.c.id)
        .where(chunk.c.errand_id == errand_id, chunk.c.state == ChunkState.WAITING)
        .order_by(chunk.c.upload_id, chunk.c.id)
        .limit(limit)
        .with_for_update()
    )
    was = case((chunk.c.error.is_(None), ChunkState.CANCELLED), else_=ChunkState.FAILED)
    back = connection.execute(
        update(chunk)
        .where(
            chunk.c.id.in_(list(connection.execute(waiting).scalars())),
            chunk.c.state == ChunkState.WAITING,
        )
        .values(state=was, ended_at=now, not_before=None, errand_id=None)
        .returning(chunk.c.job_id)
    )
    return list(back.scalars())
