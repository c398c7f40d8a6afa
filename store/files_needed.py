"""Which files failed chunks have to be read from, for who looks whether those are still there.

Pure reads; whether a file is there is a look at the spool, which no transaction waits for.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, select

from store.failure_filter import FailureFilter, chunks_of_filter
from store.states import ChunkState
from store.tables import chunk, upload


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNeeded:
    """A file from which so many failed chunks of one cause are still to be read."""

    cause: str | None
    job_id: str
    spool_name: str
    size: int
    chunks: int


def needed_by_causes(
    connection: Connection, keys: Collection[str], *, limit: int
) -> list[FileNeeded]:
    """Of some causes the files with most chunks that fail for them now."""
    if not keys:
        return []
    meant = [chunk.c.state == ChunkState.FAILED, chunk.c.cause.in_(keys)]
    return _needed(connection, meant, limit=limit)


def needed_by_filter(
    connection: Connection, wanted: FailureFilter, *, limit: int
) -> list[FileNeeded]:
    """Of all that match, the same."""
    return _needed(connection, chunks_of_filter(wanted), limit=limit)


def _needed(
    connection: Connection, meant: list[ColumnElement[bool]], *, limit: int
) -> list[FileNeeded]:
    counted = (
        select(chunk.c.cause, chunk.c.upload_id, chunk.c.job_id, func.count().label("chunks"))
        .where(*meant)
        .group_by(chunk.c.cause, chunk.c.upload_id, chunk.c.job_id)
        .order_by(func.count().desc(), chunk.c.upload_id)
        .limit(limit)
        .subquery()
    )
    rows = connection.execute(
        select(
            counted.c.cause,
            counted.c.job_id,
            counted.c.chunks,
            upload.c.spool_name,
            func.coalesce(upload.c.size, 0).label("size"),
        ).join(upload, upload.c.id == counted.c.upload_id)
    )
    return [FileNeeded(**row._mapping) for row in rows]
