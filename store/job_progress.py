"""How far jobs are and how fast they go: sums over their chunks and attempts.

Of an archive, as long as it is unpacked, bytes are those of the archive; then those of its files.
Everything else is its files' all the while. Pure reads. Only what is committed counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select

from store import tables
from store.block_sums import IS_PLAN
from store.held import Held, added_of_archives
from store.outer import unpacked_bytes
from store.overall import UNDER_WAY
from store.states import OPEN_JOB_STATES, ChunkKind, ChunkState, JobState, Outcome
from store.tables_watch import block_sum

chunk, attempt = tables.chunk, tables.attempt

# The rate is what was done in this many seconds before now.
RATE_SECONDS = 30.0
# Of a job that nobody works on: bytes and messages per second, and chunks in hand.
IDLE = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job is. Only what is committed counts. Sizes in bytes."""

    bytes_done: int
    bytes_total: int
    bytes_planned: int  # how far the scan has got
    bytes_unpacked: int | None  # how much of an archive was gone through; None for what is none
    chunks_done: int
    chunks_failed: int
    chunks_total: int
    chunks_running: int  # in the hands of a worker now; a scan or an unpacking is one, too
    messages: int
    duplicates: int
    quarantined: int
    expected_messages: int
    bytes_per_second: float | None  # None while nothing moves
    messages_per_second: float | None
    eta_seconds: float | None

    @property
    def different(self) -> int:
        """Those that no other message is a copy of by then: each is found by itself."""
        return self.messages + self.quarantined

    @property
    def met(self) -> int:
        """Messages of every fate. A search in the file finds each, a copy by its first."""
        return self.messages + self.duplicates + self.quarantined


def progress_of(
    connection: Connection, rows: Sequence[Row[Any]], *, held: Mapping[int, Held], now: datetime
) -> dict[str, Progress]:
    """By job; `rows` are jobs with the size and the kind of their uploads. `held` by archive."""
    ids = [row.id for row in rows]
    sums = _sums(connection, ids)
    at_work = _at_work(connection, now=now)
    of_archives = added_of_archives(connection, held, at_work)
    unpacked = unpacked_bytes(connection, sorted(held))
    return {
        row.id: _of_archive(
            row,
            held[row.upload_id],
            sums.get(row.id),
            own=at_work.get(row.id, IDLE),
            at_work=of_archives.get(row.upload_id, IDLE),
            unpacked=unpacked.get(row.upload_id, 0),
        )
        if row.upload_id in held
        else _progress(
            row,
            sums.get(row.id),
            at_work=at_work.get(row.id, IDLE),
        )
        for row in rows
    }


def _sums(connection: Connection, job_ids: list[str]) -> dict[str, Row[Any]]:
    """What the chunks of each job add up to; `planned` is how far the scan has been."""
    parsing, number = ~IS_PLAN, func.sum(block_sum.c.chunks)
    rows: Iterable[Row[Any]] = connection.execute(
        select(
            block_sum.c.job_id,
            func.sum(block_sum.c.bytes_done).filter(IS_PLAN).label("planned"),
            number.filter(block_sum.c.state == ChunkState.FAILED).label("chunks_failed"),
            number.filter(parsing).label("chunks_total"),
            number.filter(parsing, block_sum.c.state == ChunkState.DONE).label("chunks_done"),
            func.sum(block_sum.c.bytes_done).filter(parsing).label("bytes_done"),
            func.sum(block_sum.c.messages).label("messages"),
            func.sum(block_sum.c.duplicates).label("duplicates"),
            func.sum(block_sum.c.quarantined).label("quarantined"),
            func.sum(block_sum.c.expected_messages).filter(parsing).label("expected_messages"),
        )
        .where(block_sum.c.job_id.in_(job_ids))
        .group_by(block_sum.c.job_id)
    )
    return {row.job_id: row for row in rows}


def _at_work(connection: Connection, *, now: datetime) -> dict[str, tuple[float, float, float]]:
    """(bytes, messages per second, chunks in hand) of every job that is, or just was, at work."""
    rates, running = _rates(connection, now=now), chunks_in_hand(connection)
    return {
        job_id: (*rates.get(job_id, (0.0, 0.0)), running.get(job_id, 0))
        for job_id in rates.keys() | running.keys()
    }


def chunks_in_hand(connection: Connection) -> dict[str, int]:
    """By job, its chunks that a worker has in hand; by the index that holds such attempts only."""
    rows = connection.execute(
        select(attempt.c.job_id, func.count().label("number"))
        .where(attempt.c.outcome == Outcome.RUNNING)
        .group_by(attempt.c.job_id)
    )
    return {row.job_id: row.number for row in rows}


def _rates(connection: Connection, *, now: datetime) -> dict[str, tuple[float, float]]:
    """Bytes and messages per second of the last while, from what each attempt did in it.

    Of every job that was at work then.
    """
    since = now - timedelta(seconds=RATE_SECONDS)
    # Not by job: that would look at every attempt the job ever had.
    rows = connection.execute(
        select(attempt)
        .join(chunk, chunk.c.id == attempt.c.chunk_id)
        .where(attempt.c.seen_at > since, chunk.c.kind == ChunkKind.PARSE)
    )
    begun: dict[str, datetime] = {}
    done: dict[str, tuple[float, float]] = {}
    for row in rows:
        began = max(row.started_at, since)
        span = max((row.seen_at - row.started_at).total_seconds(), 1e-3)
        share = (row.seen_at - began).total_seconds() / span
        size, number = done.get(row.job_id, (0.0, 0.0))
        done[row.job_id] = (size + row.bytes * share, number + row.messages * share)
        begun[row.job_id] = min(begun.get(row.job_id, began), began)
    return {
        job_id: (size / window, number / window)
        for job_id, (size, number) in done.items()
        if (window := max((now - begun[job_id]).total_seconds(), 0.5))
    }


def _progress(
    row: Row[Any],
    sums: Row[Any] | None,
    *,
    at_work: Sequence[float],
) -> Progress:
    *rates, running = at_work
    bytes_done = _sum(sums, "bytes_done")
    # What is paused stands still, however fast it was a moment ago.
    moving = row.state in OPEN_JOB_STATES and row.paused_at is None and rates[0] > 0
    return Progress(
        bytes_done=bytes_done,
        bytes_total=row.size,
        bytes_planned=_sum(sums, "planned"),
        bytes_unpacked=None,
        chunks_done=_sum(sums, "chunks_done"),
        chunks_failed=_sum(sums, "chunks_failed"),
        chunks_total=_sum(sums, "chunks_total"),
        chunks_running=int(running),
        messages=_sum(sums, "messages"),
        duplicates=_sum(sums, "duplicates"),
        quarantined=_sum(sums, "quarantined"),
        expected_messages=_sum(sums, "expected_messages"),
        bytes_per_second=rates[0] if moving else None,
        messages_per_second=rates[1] if moving else None,
        eta_seconds=(row.size - bytes_done) / rates[0] if moving else None,
    )


def _sum(sums: Row[Any] | None, name: str) -> int:
    """Nothing is added up for a job without chunks, nor of chunks there are none of."""
    return 0 if sums is None else int(getattr(sums, name) or 0)


def _of_archive(
    row: Row[Any],
    held: Held,
    sums: Row[Any] | None,
    *,
    own: Sequence[float],
    at_work: Sequence[float],
    unpacked: int,
) -> Progress:
    *rates, running = at_work
    is_unpacked = JobState(row.state).is_over and held.files > 0
    bytes_done = held.bytes_done if is_unpacked else unpacked
    bytes_total = held.bytes_total if is_unpacked else row.size
    moving = is_unpacked and not UNDER_WAY.isdisjoint(held.inside) and rates[0] > 0
    return Progress(
        bytes_done=bytes_done,
        bytes_total=bytes_total,
        bytes_planned=_sum(sums, "planned"),
        bytes_unpacked=unpacked,
        chunks_done=held.chunks_done,
        chunks_failed=held.chunks_failed + _sum(sums, "chunks_failed"),
        chunks_total=held.chunks_total,
        chunks_running=int(running + own[-1]),
        messages=held.messages,
        duplicates=held.duplicates,
        quarantined=held.quarantined,
        expected_messages=held.expected_messages,
        bytes_per_second=rates[0] if moving else None,
        messages_per_second=rates[1] if moving else None,
        eta_seconds=(bytes_total - bytes_done) / rates[0] if moving else None,
    )
