"""Which job read a byte of an upload, and in which of its chunks."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from store.tables import chunk, job


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkPlace:
    """A chunk that holds a byte; `seq` and the range are None where no chunk does (any more)."""

    job_id: str
    seq: int | None
    start: int | None
    stop: int | None


def place_of_byte(connection: Connection, *, upload_id: int, offset: int) -> ChunkPlace | None:
    """The latest job of an upload, and its chunk that holds the byte; None without a job."""
    latest = select(job.c.id).where(job.c.upload_id == upload_id).order_by(job.c.created_at.desc())
    job_id = connection.execute(latest.limit(1)).scalar_one_or_none()
    if job_id is None:
        return None
    holding = (
        select(chunk.c.seq, chunk.c.start, chunk.c.stop)
        .where(chunk.c.job_id == job_id, chunk.c.seq > 0)
        .where(chunk.c.start <= offset, chunk.c.stop > offset)
        .limit(1)
    )
    row = connection.execute(holding).one_or_none()
    if row is None:
        return ChunkPlace(job_id=job_id, seq=None, start=None, stop=None)
    return ChunkPlace(job_id=job_id, seq=row.seq, start=row.start, stop=row.stop)
