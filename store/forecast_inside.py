"""What a retry of an archive would do to what came out of it, and what it leaves alone.

Pure reads of the books as they stand at this moment. Doing it is `store.wishes_inside`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Select, func, select

from store.archives import lies_elsewhere
from store.counted_on import GONE
from store.files_reread import jobs_read_again
from store.inside import archives_within
from store.states import STOPPED_CHUNK_STATES, STOPPED_JOB_STATES
from store.tables import chunk, job, upload
from store.tables_archive import member
from store.uploads import UploadState


@dataclass(frozen=True, slots=True, kw_only=True)
class InsideForecast:
    """What a retry would do inside an archive, however deep. `bytes` of mail that will be read."""

    jobs: int  # failed or cancelled
    chunks: int  # of theirs, that go on
    bytes: int
    read_again: int  # jobs that are being read again: they are left alone
    lost: int  # members whose mail was deleted with an earlier upload: taken in from here
    elsewhere: int  # members whose mail lies with an earlier upload: that is left alone

    @property
    def does_something(self) -> bool:
        """False when a retry would change nothing in there."""
        return self.jobs > 0 or self.lost > 0


def forecast_inside(connection: Connection, archive_id: int) -> InsideForecast:
    """What retrying an archive would do beside its own unpacking."""
    again = jobs_read_again(connection)
    inside = (
        select(job.c.id)
        .join(upload, upload.c.id == job.c.upload_id)
        .where(
            upload.c.archive_id.in_(archives_within(archive_id)),
            upload.c.state == UploadState.STORED,
        )
    )
    stopped = inside.where(job.c.state.in_(STOPPED_JOB_STATES), job.c.id.not_in(sorted(again)))
    chunks = connection.execute(
        select(
            func.count().label("number"),
            func.coalesce(func.sum(chunk.c.stop - chunk.c.position), 0).label("bytes"),
        ).where(chunk.c.job_id.in_(stopped), chunk.c.state.in_(STOPPED_CHUNK_STATES))
    ).one()
    gone = upload.c.state.in_(GONE)
    return InsideForecast(
        jobs=_number(connection, stopped),
        chunks=chunks.number,
        bytes=int(chunks.bytes),
        read_again=_number(connection, inside.where(job.c.id.in_(sorted(again)))),
        lost=_number(connection, _elsewhere(archive_id).where(gone)),
        elsewhere=_number(connection, _elsewhere(archive_id).where(~gone)),
    )


def _elsewhere(archive_id: int) -> Select[tuple[int]]:
    """Members whose bytes came before."""
    return (
        select(member.c.ordinal)
        .join(upload, upload.c.id == member.c.upload_id)
        .where(member.c.archive_id.in_(archives_within(archive_id)), lies_elsewhere())
    )


def _number(connection: Connection, rows: Select[tuple[int]] | Select[tuple[str]]) -> int:
    return int(connection.execute(select(func.count()).select_from(rows.subquery())).scalar_one())
