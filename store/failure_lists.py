"""Read models of failures: causes with their counts, and the chunks that failed for one.

Pure reads, grouped by the database, so that 200,000 failed chunks cost no more than its index.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, Row, Select, and_, func, or_, select, tuple_

from store.causes import Cause
from store.failure_filter import (
    FailureFilter,
    causes_of_filter,
    chunks_in_files,
    chunks_of_filter,
    in_vain,
)
from store.states import ChunkState
from store.tables import chunk, job, upload
from store.tables_watch import cause


class CauseOrder(StrEnum):
    """Which causes come first."""

    LATEST = "latest"
    MOST = "most"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedCause:
    """A cause and the chunks that fail for it now. `chunks` counts those a list asked for."""

    key: str
    cause: Cause
    chunks: int
    first_at: datetime
    last_at: datetime
    sample: str | None  # see `sample_of`


@dataclass(frozen=True, slots=True, kw_only=True)
class Causes:
    """Some causes of a list, and how many there are in all."""

    found: tuple[FailedCause, ...]
    causes: int
    chunks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What a bulk retry would move. `bytes` are still to be read."""

    chunks: int
    vain_chunks: int  # of those: a retry comes to the same end
    jobs: int
    bytes: int


Place = tuple[datetime | int, str]


def failed_causes(
    connection: Connection,
    wanted: FailureFilter,
    *,
    order: CauseOrder = CauseOrder.LATEST,
    after: Place | None = None,
    limit: int = 50,
) -> Causes:
    """Causes with failed chunks; `after` is (what it is sorted by, key) of the last one seen."""
    counted = _counted(connection, wanted)
    groups = (
        select(
            counted,
            func.count().over().label("all_causes"),
            func.sum(counted.c.chunks).over().label("all_chunks"),
        )
        .where(counted.c.chunks > 0)
        .subquery()
    )
    query = select(groups)
    by: ColumnElement[Any] = {
        CauseOrder.LATEST: groups.c.last_at,
        CauseOrder.OLDEST: groups.c.first_at,
        CauseOrder.MOST: groups.c.chunks,
    }[order]
    ascending = order is CauseOrder.OLDEST
    if after is not None:
        query = query.where(_beyond(by, groups.c.key, after, ascending=ascending))
    arranged = (by.asc(), groups.c.key.asc()) if ascending else (by.desc(), groups.c.key.desc())
    rows = connection.execute(query.order_by(*arranged).limit(limit)).all()
    return Causes(
        found=tuple(_failed_cause(row) for row in rows),
        causes=rows[0].all_causes if rows else 0,
        chunks=int(rows[0].all_chunks) if rows else 0,
    )


def _counted(connection: Connection, wanted: FailureFilter) -> CTE:
    """Each cause with its chunks; counted once, which both databases have to be told.

    With 200,000 chunks SQLite counts cause by cause in a third of the time of grouping them all;
    Postgres takes twice as long for it, and for ever when it has to look at files each time.
    """
    each = connection.dialect.name == "sqlite" and wanted.file is None
    query = _counted_one_by_one(wanted) if each else _counted_at_once(wanted)
    return query.cte("counted").prefix_with("MATERIALIZED")


def _counted_one_by_one(wanted: FailureFilter) -> Select[Any]:
    of_cause = (*chunks_in_files(wanted), chunk.c.cause == cause.c.key)
    number = select(func.count()).select_from(chunk).where(*of_cause)
    first = select(func.min(chunk.c.ended_at)).where(*of_cause)
    last = select(func.max(chunk.c.ended_at)).where(*of_cause)
    return select(
        *_OF_CAUSE,
        number.scalar_subquery().label("chunks"),
        first.scalar_subquery().label("first_at"),
        last.scalar_subquery().label("last_at"),
    ).where(*causes_of_filter(wanted))


def _counted_at_once(wanted: FailureFilter) -> Select[Any]:
    groups = (
        select(
            chunk.c.cause,
            func.count().label("chunks"),
            func.min(chunk.c.ended_at).label("first_at"),
            func.max(chunk.c.ended_at).label("last_at"),
        )
        .where(*chunks_in_files(wanted))
        .group_by(chunk.c.cause)
        .subquery()
    )
    return (
        select(*_OF_CAUSE, groups.c.chunks, groups.c.first_at, groups.c.last_at)
        .join(groups, groups.c.cause == cause.c.key)
        .where(*causes_of_filter(wanted))
    )


_OF_CAUSE = (cause.c.key, cause.c.error_type, cause.c.message, cause.c.frame, cause.c.sample)


def _beyond(
    by: ColumnElement[Any], key: ColumnElement[str], after: Place, *, ascending: bool
) -> ColumnElement[bool]:
    value, last_key = after
    if ascending:
        return or_(by > value, and_(by == value, key > last_key))
    return or_(by < value, and_(by == value, key < last_key))


def _failed_cause(row: Row[Any]) -> FailedCause:
    return FailedCause(
        key=row.key,
        cause=Cause(error_type=row.error_type, message=row.message, frame=row.frame),
        chunks=row.chunks,
        first_at=row.first_at,
        last_at=row.last_at,
        sample=sample_of(row),
    )


def place_of(found: FailedCause, order: CauseOrder) -> Place:
    """Where a cause stands in a list."""
    if order is CauseOrder.MOST:
        return found.chunks, found.key
    return found.first_at if order is CauseOrder.OLDEST else found.last_at, found.key


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCause:
    """A cause that failed chunks some time; `first_at` and `last_at` of all it ever failed."""

    key: str
    cause: Cause
    first_at: datetime
    last_at: datetime
    sample: str | None  # see `sample_of`


def sample_of(row: Row[Any]) -> str | None:
    """What the latest chunk that failed for a cause said, word for word and cut.

    A cause itself keeps no names and numbers. None where it says the same.
    """
    said: str = (row.sample or "").removeprefix(f"{row.error_type}: ")
    return None if said in ("", row.message) else said


def find_cause(connection: Connection, key: str) -> KnownCause | None:
    """The cause of that key, whether or not a chunk fails for it now."""
    row = connection.execute(select(cause).where(cause.c.key == key)).one_or_none()
    if row is None:
        return None
    return KnownCause(
        key=row.key,
        cause=Cause(error_type=row.error_type, message=row.message, frame=row.frame),
        first_at=row.first_at,
        last_at=row.last_at,
        sample=sample_of(row),
    )


def error_types(connection: Connection, *, limit: int = 200) -> list[str]:
    """Every type that a cause has, in the order of the alphabet."""
    rows = connection.execute(
        select(cause.c.error_type)
        .where(cause.c.error_type.is_not(None))
        .distinct()
        .order_by(cause.c.error_type)
        .limit(limit)
    )
    return [name for name in rows.scalars() if name is not None]


def unsorted_failures(connection: Connection) -> int:
    """Failed chunks that have no cause yet; the reconciler is about to give them theirs."""
    return _count(connection, chunk.c.cause.is_(None))


def failing_for(connection: Connection, key: str) -> int:
    """How many chunks fail for a cause now."""
    return _count(connection, chunk.c.cause == key)


def _count(connection: Connection, condition: ColumnElement[bool]) -> int:
    failed = select(func.count()).where(chunk.c.state == ChunkState.FAILED, condition)
    return int(connection.execute(failed.select_from(chunk)).scalar_one())


def weigh(connection: Connection, wanted: FailureFilter) -> Weight:
    """What retrying all that match would mean."""
    row = connection.execute(
        select(
            func.count().label("chunks"),
            in_vain().label("vain"),
            func.count(chunk.c.job_id.distinct()).label("jobs"),
            func.coalesce(func.sum(chunk.c.stop - chunk.c.position), 0).label("bytes"),
        ).where(*chunks_of_filter(wanted))
    ).one()
    return Weight(chunks=row.chunks, vain_chunks=int(row.vain), jobs=row.jobs, bytes=int(row.bytes))


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedFile:
    """How many chunks of one file failed for a cause."""

    upload_id: int
    filename: str
    job_id: str | None
    chunks: int


def failed_files(connection: Connection, key: str, *, limit: int) -> list[FailedFile]:
    """The files with most chunks that fail for a cause now."""
    counted = (
        select(chunk.c.upload_id, func.count().label("chunks"))
        .where(chunk.c.state == ChunkState.FAILED, chunk.c.cause == key)
        .group_by(chunk.c.upload_id)
        .order_by(func.count().desc(), chunk.c.upload_id)
        .limit(limit)
        .subquery()
    )
    reading = select(job.c.id).where(job.c.upload_id == counted.c.upload_id).limit(1)
    rows = connection.execute(
        select(counted, upload.c.filename, reading.scalar_subquery().label("job_id"))
        .join(upload, upload.c.id == counted.c.upload_id)
        .order_by(counted.c.chunks.desc(), counted.c.upload_id)
    )
    return [
        FailedFile(
            upload_id=row.upload_id, filename=row.filename, job_id=row.job_id, chunks=row.chunks
        )
        for row in rows
    ]


def failed_ids(
    connection: Connection,
    key: str,
    *,
    before: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> list[int]:
    """Chunks that fail for a cause now, the latest first; `before` is (ended_at, id) of one."""
    query = (
        select(chunk.c.id)
        .where(chunk.c.state == ChunkState.FAILED, chunk.c.cause == key)
        .order_by(chunk.c.ended_at.desc(), chunk.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(tuple_(chunk.c.ended_at, chunk.c.id) < before)
    return list(connection.execute(query).scalars())
