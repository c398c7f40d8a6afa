"""When a job was over before it began again: nobody worked meanwhile, for minutes or for months.

Whoever tells how long a job took leaves these times out. They are written down where a job begins
again, whoever asked for it: a retry, of the job, of a chunk, of an archive around it or of a
cause, or a reading of the whole file. An archive rests while it and all that came out of it is
over, and so begins again with the first of its files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select

from store.inside import archives_within, has_open_within
from store.states import JobState
from store.tables import job, job_rest, upload
from store.uploads import UploadState

_AT_ONCE = 500
_JOBS = select(job.c.id, job.c.upload_id, job.c.state, job.c.finished_at, upload.c.archive_id).join(
    upload, upload.c.id == job.c.upload_id
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """From the end of one run to the beginning of the next."""

    since: datetime
    until: datetime
    for_reading: bool  # the file was read again then; False: something was retried

    @property
    def seconds(self) -> float:
        """How long it was."""
        return (self.until - self.since).total_seconds()


def note_rest(
    connection: Connection,
    job_id: str,
    *,
    now: datetime,
    for_reading: bool = False,
    known_open: set[int] | None = None,
) -> None:
    """A job is about to begin again, and with it the archives around it; harmless while it runs.

    Before its state is changed. Adds rows only: a file may begin again while somebody acts on its
    archive, and neither is to wait for the other. Whoever begins many again hands `known_open` on
    from one to the next, archives that need not be looked at any more.
    """
    row = connection.execute(_JOBS.where(job.c.id == job_id)).one()
    if not JobState(row.state).is_over:
        return
    ended = _last_end(connection, row.upload_id, row.finished_at)
    if ended is not None:
        _add(connection, job_id, since=ended, until=now, for_reading=for_reading)
    at, seen = row.archive_id, set() if known_open is None else known_open
    while at is not None and at not in seen:
        seen.add(at)
        outer = connection.execute(_JOBS.where(upload.c.id == at)).one()
        if not JobState(outer.state).is_over:
            return
        ended = _last_end(connection, at, outer.finished_at)
        if ended is None:  # then those around it do not rest either
            return
        _add(connection, outer.id, since=ended, until=now, for_reading=for_reading)
        at = outer.archive_id


def _last_end(
    connection: Connection, upload_id: int, finished_at: datetime | None
) -> datetime | None:
    """When a job that is over, and all that came out of it, was over; None while a file is not."""
    if finished_at is None or has_open_within(connection, upload_id):
        return None
    last: datetime | None = connection.execute(
        select(func.max(job.c.finished_at, type_=job.c.finished_at.type))
        .join(upload, upload.c.id == job.c.upload_id)
        .where(
            upload.c.archive_id.in_(archives_within(upload_id)),
            upload.c.state == UploadState.STORED,
        )
    ).scalar_one()
    return max(finished_at, last) if last else finished_at


def _add(
    connection: Connection,
    job_id: str,
    *,
    since: datetime,
    until: datetime,
    for_reading: bool,
) -> None:
    if since < until:
        connection.execute(
            insert(job_rest).values(
                job_id=job_id, since=since, until=until, for_reading=for_reading
            )
        )


def rests_of(connection: Connection, job_ids: Collection[str]) -> dict[str, list[Rest]]:
    """In their order, of those of some jobs that have rested; what overlaps counts once."""
    ids, found = sorted(job_ids), dict[str, list[Rest]]()
    for at in range(0, len(ids), _AT_ONCE):
        rows = connection.execute(
            select(job_rest)
            .where(job_rest.c.job_id.in_(ids[at : at + _AT_ONCE]))
            .order_by(job_rest.c.job_id, job_rest.c.since, job_rest.c.until)
        )
        for row in rows:
            rest = Rest(since=row.since, until=row.until, for_reading=row.for_reading)
            found[row.job_id] = _merged(found.get(row.job_id, []), rest)
    return found


def _merged(before: list[Rest], rest: Rest) -> list[Rest]:
    if not before or rest.since > before[-1].until:
        return [*before, rest]
    last = before[-1]
    both = Rest(
        since=last.since,
        until=max(last.until, rest.until),
        for_reading=last.for_reading or rest.for_reading,
    )
    return [*before[:-1], both]


def worked_seconds(*, begun: datetime, ended: datetime, rests: Iterable[Rest]) -> float:
    """From a beginning to an end, without the rests in between."""
    idle = sum((rest.until - rest.since for rest in rests), timedelta())
    return max((ended - begun - idle).total_seconds(), 0.0)
