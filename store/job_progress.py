"""How far jobs are and how fast they go: sums over their chunks and attempts.

Of an archive, as long as it is unpacked, bytes are those of the archive; then those of its files.
Everything else is its files' all the while. Pure reads. Only what is committed counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from store.block_sums import IS_PLAN
from store.held import Held
from store.in_hand import chunks_in_hand, in_hand_inside
from store.outer import unpacked_bytes
from store.overall import UNDER_WAY
from store.pace import Pace, paces
from store.pace import of_archives as paces_of_archives
from store.states import OPEN_JOB_STATES, ChunkState, JobState
from store.tables_watch import block_sum


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
    pace: Pace | None  # None for what is over or paused, and for what nobody was at lately

    @property
    def different(self) -> int:
        """Those that no other message is a copy of by then: each is found by itself."""
        return self.messages + self.quarantined

    @property
    def met(self) -> int:
        """Messages of every fate. A search in the file finds each, a copy by its first."""
        return self.messages + self.duplicates + self.quarantined

    @property
    def bytes_per_second(self) -> float | None:
        """None while nothing moves."""
        return (self.pace and self.pace.bytes_per_second) or None

    @property
    def messages_per_second(self) -> float | None:
        """None while nothing moves."""
        return self.pace.messages_per_second if self.pace and self.bytes_per_second else None

    @property
    def eta_seconds(self) -> float | None:
        """For all that is left, at the speed of just now; None while nothing moves."""
        speed = self.bytes_per_second
        return (self.bytes_total - self.bytes_done) / speed if speed else None


def progress_of(
    connection: Connection, rows: Sequence[Row[Any]], *, held: Mapping[int, Held], now: datetime
) -> dict[str, Progress]:
    """By job; `rows` are jobs with the size and the kind of their uploads. `held` by archive."""
    ids = [row.id for row in rows]
    sums = _sums(connection, ids)
    retrying = [job_id for job_id, one in sums.items() if one.chunks_retrying]
    known = paces(connection, retrying=retrying, now=now)
    of_archives = paces_of_archives(connection, held, known)
    in_hand = chunks_in_hand(connection, now=now)
    inside = in_hand_inside(connection, held, in_hand)
    unpacked = unpacked_bytes(connection, sorted(held))
    return {
        row.id: _of_archive(
            row,
            held[row.upload_id],
            sums.get(row.id),
            pace=of_archives.get(row.upload_id),
            running=in_hand.get(row.id, 0) + inside.get(row.upload_id, 0),
            unpacked=unpacked.get(row.upload_id, 0),
        )
        if row.upload_id in held
        else _progress(
            row, sums.get(row.id), pace=known.get(row.id), running=in_hand.get(row.id, 0)
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
            number.filter(block_sum.c.state == ChunkState.WAITING, block_sum.c.tries > 0).label(
                "chunks_retrying"
            ),
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


def _progress(row: Row[Any], sums: Row[Any] | None, *, pace: Pace | None, running: int) -> Progress:
    # What is paused stands still, however fast it was a moment ago.
    may_move = row.state in OPEN_JOB_STATES and row.paused_at is None
    return Progress(
        bytes_done=_sum(sums, "bytes_done"),
        bytes_total=row.size,
        bytes_planned=_sum(sums, "planned"),
        bytes_unpacked=None,
        chunks_done=_sum(sums, "chunks_done"),
        chunks_failed=_sum(sums, "chunks_failed"),
        chunks_total=_sum(sums, "chunks_total"),
        chunks_running=running,
        messages=_sum(sums, "messages"),
        duplicates=_sum(sums, "duplicates"),
        quarantined=_sum(sums, "quarantined"),
        expected_messages=_sum(sums, "expected_messages"),
        pace=pace if may_move else None,
    )


def _sum(sums: Row[Any] | None, name: str) -> int:
    """Nothing is added up for a job without chunks, nor of chunks there are none of."""
    return 0 if sums is None else int(getattr(sums, name) or 0)


def _of_archive(
    row: Row[Any],
    held: Held,
    sums: Row[Any] | None,
    *,
    pace: Pace | None,
    running: int,
    unpacked: int,
) -> Progress:
    is_unpacked = JobState(row.state).is_over and held.files > 0
    bytes_done = held.bytes_done if is_unpacked else unpacked
    bytes_total = held.bytes_total if is_unpacked else row.size
    may_move = is_unpacked and not UNDER_WAY.isdisjoint(held.inside)
    return Progress(
        bytes_done=bytes_done,
        bytes_total=bytes_total,
        bytes_planned=_sum(sums, "planned"),
        bytes_unpacked=unpacked,
        chunks_done=held.chunks_done,
        chunks_failed=held.chunks_failed + _sum(sums, "chunks_failed"),
        chunks_total=held.chunks_total,
        chunks_running=running,
        messages=held.messages,
        duplicates=held.duplicates,
        quarantined=held.quarantined,
        expected_messages=held.expected_messages,
        pace=pace if may_move else None,
    )
