"""What archives hold, added up for many of them at once: files, how they stand, bytes, messages.

Files are those that came out of an archive, however deep, and those that came before with the
very bytes of one of its members: the same that a search with `in:` goes through. Each counts once
in an archive, however often it lies in there. Pure reads.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    cast,
    func,
    or_,
    select,
)

from store.block_sums import IS_PLAN, MET
from store.held_files import files_held
from store.overall import PAUSED, REREADING, own_shown
from store.states import ChunkState, JobState
from store.tables import job, upload
from store.tables_archive import archive
from store.tables_watch import block_sum
from store.uploads import UploadKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """So many files of an archive stand alike. `came_out`: they came out of it, not before it."""

    came_out: bool
    standing: str  # by itself, see `store.overall`
    is_over: bool
    files: int
    last_end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An archive's files added up. Sizes in bytes; of inner archives those gone through."""

    standings: tuple[Standing, ...] = ()
    bytes_done: int = 0
    bytes_total: int = 0
    chunks_done: int = 0
    chunks_failed: int = 0
    chunks_total: int = 0
    messages: int = 0
    duplicates: int = 0
    quarantined: int = 0
    expected_messages: int = 0

    @property
    def inside(self) -> frozenset[str]:
        """How its files stand, those that came before among them."""
        return frozenset(one.standing for one in self.standings)

    @property
    def files(self) -> int:
        """How many there are."""
        return sum(one.files for one in self.standings)

    @property
    def over(self) -> int:
        """How many of them are over."""
        return sum(one.files for one in self.standings if one.is_over)

    @property
    def open(self) -> int:
        """How many of them are not."""
        return self.files - self.over

    @property
    def ended_badly(self) -> dict[str, int]:
        """How many of those that are over and not finished ended how."""
        found: dict[str, int] = {}
        for one in self.standings:
            if one.is_over and one.standing != JobState.FINISHED:
                found[one.standing] = found.get(one.standing, 0) + one.files
        return found

    @property
    def came_before(self) -> int:
        """How many of them were here before the archive came."""
        return sum(one.files for one in self.standings if not one.came_out)

    @property
    def open_here(self) -> int:
        """How many came out of it and are not over: an act on the archive reaches them."""
        return sum(one.files for one in self.standings if one.came_out and not one.is_over)

    @property
    def paused_here(self) -> int:
        """How many of those are paused."""
        here = (one for one in self.standings if one.came_out and one.standing == PAUSED)
        return sum(one.files for one in here)

    @property
    def paused_before(self) -> int:
        """How many of those that came before it are paused: no act on the archive reaches them."""
        before = (one for one in self.standings if not one.came_out and one.standing == PAUSED)
        return sum(one.files for one in before)

    @property
    def last_end(self) -> datetime | None:
        """When the last that came out of it was over; None while one is not, and without any."""
        return None if self.open_here else self._last_end(came_out=True)

    @property
    def before_end(self) -> datetime | None:
        """When the last of those was over that came before it; None while any file is not."""
        return None if self.open else self._last_end(came_out=False)

    def _last_end(self, *, came_out: bool) -> datetime | None:
        alike = (one for one in self.standings if one.came_out is came_out)
        return max((one.last_end for one in alike if one.last_end), default=None)


NOTHING = Held()


def all_messages(held: Held) -> int:
    """Messages of every fate: those that are told apart in its books."""
    return held.messages + held.duplicates + held.quarantined


def held_by(connection: Connection, archive_ids: Collection[int]) -> dict[int, Held]:
    """By archive; of those that hold nothing yet, nothing."""
    if not archive_ids:
        return {}
    found: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(_sums(archive_ids, own_shown(connection))):
        found.setdefault(row.around, []).append(row)
    return {key: _held(rows) for key, rows in found.items()}


_ADDED_UP = (
    *("bytes_done", "bytes_total", "chunks_done", "chunks_failed", "chunks_total"),
    *("messages", "duplicates", "quarantined", "expected_messages"),
)


def _held(rows: Sequence[Row[Any]]) -> Held:
    sums = {name: sum(int(getattr(row, name) or 0) for row in rows) for name in _ADDED_UP}
    return Held(standings=tuple(_standing(row) for row in rows), **sums)


def _standing(row: Row[Any]) -> Standing:
    return Standing(
        came_out=bool(row.came_out),
        standing=row.standing,
        is_over=JobState(row.state).is_over and row.standing != REREADING,
        files=row.files,
        last_end=row.last_end,
    )


def _sums(archive_ids: Collection[int], own: ColumnElement[str]) -> Select[Any]:
    """What files that stand alike add up to.

    Every job has one plan, so whatever is of the file and not of its chunks is counted with that.
    Of an archive its gone-through bytes are done, of what is finished all of them.
    """
    pairs, standing = files_held(archive_ids), own.label("standing")
    is_finished, number = job.c.state == JobState.FINISHED, block_sum.c.chunks
    plans = case((IS_PLAN, number), else_=0)
    unpacked = case((upload.c.kind == UploadKind.ARCHIVE, archive.c.read_bytes), else_=0)
    of_file = plans * case((is_finished, upload.c.size), else_=func.coalesce(unpacked, 0))
    of_chunks = case((or_(IS_PLAN, is_finished), 0), else_=block_sum.c.bytes_done)

    def added(what: Any, name: str) -> Any:
        return cast(func.sum(what), BigInteger).label(name)

    def chunks(which: ColumnElement[bool], name: str) -> Any:
        return added(case((which, number), else_=0), name)

    return (
        select(
            pairs.c.around,
            pairs.c.came_out,
            standing,
            job.c.state,
            func.max(job.c.finished_at, type_=job.c.finished_at.type).label("last_end"),
            added(plans, "files"),
            added(of_file + of_chunks, "bytes_done"),
            added(plans * upload.c.size, "bytes_total"),
            chunks(~IS_PLAN, "chunks_total"),
            chunks(and_(~IS_PLAN, block_sum.c.state == ChunkState.DONE), "chunks_done"),
            chunks(block_sum.c.state == ChunkState.FAILED, "chunks_failed"),
            added(block_sum.c.messages, "messages"),
            added(block_sum.c.duplicates, "duplicates"),
            added(block_sum.c.quarantined, "quarantined"),
            added(block_sum.c.expected_messages, "expected_messages"),
        )
        .select_from(pairs)
        .join(upload, upload.c.id == pairs.c.upload_id)
        .join(job, job.c.upload_id == upload.c.id)
        .join(block_sum, block_sum.c.job_id == job.c.id)
        .outerjoin(archive, archive.c.upload_id == upload.c.id)
        .group_by(pairs.c.around, pairs.c.came_out, standing, job.c.state)
    )


def totals_of_all() -> Select[Any]:
    """(around, messages, last_end) of every archive that holds files, for lists to be sorted by."""
    pairs = files_held(None)
    ended = case((pairs.c.came_out == 1, job.c.finished_at))
    return (
        select(
            pairs.c.around,
            cast(func.sum(MET), BigInteger).label("messages"),
            func.max(ended, type_=job.c.finished_at.type).label("last_end"),
        )
        .select_from(pairs)
        .join(job, job.c.upload_id == pairs.c.upload_id)
        .join(block_sum, block_sum.c.job_id == job.c.id)
        .group_by(pairs.c.around)
    )
