"""How fast jobs go just now, and what they wait for: told by attempts that were heard of lately.

Pure reads. Only what is committed counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, union_all

from store.held_files import files_held
from store.states import ChunkKind, ChunkState, Outcome
from store.tables import attempt, chunk, job

# The speed is what was done in this many seconds before now.
RATE_SECONDS = 30.0
# From one chunk to the next nobody reads for a moment; a job whose last reader left longer ago
# stands still.
BETWEEN_SECONDS = 5.0
# A beat comes about twelve times in a lease; who missed a third of it has fallen silent.
SILENT_SHARE = 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Of one job, or of several together. Speeds are 0 while nothing moves.

    `readers` are attempts that run and were heard of. `held_seconds` is how long chunks stay, at
    most, with attempts that fell silent or before a retry, and `goes_on_in` how long until the
    first of those goes on; both 0 without any.
    """

    bytes_per_second: float = 0.0
    messages_per_second: float = 0.0
    readers: int = 0
    held_seconds: float = 0.0
    goes_on_in: float = 0.0


STANDING = Pace()


def paces(connection: Connection, *, retrying: Collection[str], now: datetime) -> dict[str, Pace]:
    """The pace of every job that was at work lately; `retrying` have chunks that were tried."""
    found: dict[str, list[Row[Any]]] = {}
    # Not by job: that would look at every attempt the job ever had. And not with an OR: for one
    # SQLite may go through every chunk instead of the two indexes, 180 ms with 223,000 of them.
    is_running = attempt.c.outcome == Outcome.RUNNING
    lately = attempt.c.seen_at > now - timedelta(seconds=RATE_SECONDS)
    rows = connection.execute(union_all(_parsing(is_running), _parsing(lately & ~is_running)))
    for row in rows:
        found.setdefault(row.job_id, []).append(row)
    resting = _resting(connection, retrying, now=now)
    return {
        job_id: _pace(found.get(job_id, ()), resting.get(job_id, ()), now=now)
        for job_id in found.keys() | resting.keys()
    }


def _parsing(which: ColumnElement[bool]) -> Select[Any]:
    mine = chunk.c.id == attempt.c.chunk_id
    return select(attempt).join(chunk, mine).where(which, chunk.c.kind == ChunkKind.PARSE)


def _resting(
    connection: Connection, job_ids: Collection[str], *, now: datetime
) -> dict[str, tuple[float, float]]:
    """Seconds until the first and the last chunk of each job may be tried again."""
    if not job_ids:
        return {}
    due = chunk.c.not_before
    rows = connection.execute(
        select(
            chunk.c.job_id,
            func.min(due, type_=due.type).label("first"),
            func.max(due, type_=due.type).label("last"),
        )
        .where(chunk.c.state == ChunkState.WAITING, chunk.c.job_id.in_(job_ids), due > now)
        .group_by(chunk.c.job_id)
    )
    return {
        row.job_id: ((row.first - now).total_seconds(), (row.last - now).total_seconds())
        for row in rows
    }


def _pace(rows: Collection[Row[Any]], resting: Collection[float], *, now: datetime) -> Pace:
    running = [row for row in rows if row.outcome == Outcome.RUNNING]
    silent = [row for row in running if is_silent(row, now=now)]
    held = [(row.lease_until - now).total_seconds() for row in silent]
    held = [max(seconds, 0.0) for seconds in (*held, *resting)]
    readers = len(running) - len(silent)
    moves = readers or any(_has_just_ended(row, now=now) for row in rows)
    size, number = _speeds(rows, now=now) if moves else (0.0, 0.0)
    return Pace(
        bytes_per_second=size,
        messages_per_second=number,
        readers=readers,
        held_seconds=max(held, default=0.0),
        goes_on_in=0.0 if moves else min(held, default=0.0),
    )


def is_silent(row: Row[Any], *, now: datetime) -> bool:
    """True for an attempt that runs by the books, and was not heard of for too long."""
    return bool(now - row.seen_at > (row.lease_until - row.seen_at) * SILENT_SHARE)


def _has_just_ended(row: Row[Any], *, now: datetime) -> bool:
    if row.outcome != Outcome.DONE or row.ended_at is None:
        return False
    return bool(now - row.ended_at <= timedelta(seconds=BETWEEN_SECONDS))


def _speeds(rows: Iterable[Row[Any]], *, now: datetime) -> tuple[float, float]:
    """Bytes and messages per second of the last while, from what each attempt did in it."""
    since = now - timedelta(seconds=RATE_SECONDS)
    begun, size, number = now, 0.0, 0.0
    for row in rows:
        if row.seen_at <= since:
            continue
        began = max(row.started_at, since)
        span = max((row.seen_at - row.started_at).total_seconds(), 1e-3)
        share = (row.seen_at - began).total_seconds() / span
        size, number = size + row.bytes * share, number + row.messages * share
        begun = min(begun, began)
    window = max((now - begun).total_seconds(), 0.5)
    return size / window, number / window


def of_archives(
    connection: Connection, archive_ids: Collection[int], known: Mapping[str, Pace]
) -> dict[int, Pace]:
    """The pace of all files of each archive together, given those of jobs."""
    if not archive_ids or not known:
        return {}
    pairs = files_held(archive_ids)
    rows = connection.execute(
        select(pairs.c.around, job.c.id)
        .select_from(pairs)
        .join(job, job.c.upload_id == pairs.c.upload_id)
        .where(job.c.id.in_(sorted(known)))
    )
    inside: dict[int, list[Pace]] = {}
    for around, job_id in rows:
        inside.setdefault(around, []).append(known[job_id])
    return {around: _together(some) for around, some in inside.items()}


def _together(some: Collection[Pace]) -> Pace:
    moves = any(one.readers or one.bytes_per_second for one in some)
    waits = [one.goes_on_in for one in some if one.goes_on_in]
    return Pace(
        bytes_per_second=sum(one.bytes_per_second for one in some),
        messages_per_second=sum(one.messages_per_second for one in some),
        readers=sum(one.readers for one in some),
        held_seconds=max(one.held_seconds for one in some),
        goes_on_in=0.0 if moves else min(waits, default=0.0),
    )
