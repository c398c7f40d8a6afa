"""The chunks of a job as a small map: one cell each, or one for several when there are many.

A cell for several shows the worst among them, so that no trouble hides in a crowd. Of very many
chunks not each is looked at, but what the database keeps of blocks of them: a cell then stands for
whole blocks, see `store.block_sums`. Pure reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, select

from store.block_sums import BLOCK, IS_PLAN
from store.states import ChunkState
from store.tables import chunk
from store.tables_watch import block_sum

# From harmless to worst. A chunk that was tried before has a word of its own.
SEVERITY = ("done", "recovered", "waiting", "cancelled", "running", "retrying", "failed")
# Attempts since the last asked-for retry; what is done after a failure was tried before that. As
# the triggers have it, see revision 0016.
_TRIES = case(
    (and_(chunk.c.state == ChunkState.DONE, chunk.c.failed_before), 2), else_=chunk.c.attempts
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Chunks from `first` to `last` (their places in the file, from 1) and how they stand.

    `state` is the worst among them, and `troubled` is how many stand so.
    """

    first: int
    last: int
    state: str
    share: float
    troubled: int

    @property
    def chunks(self) -> int:
        """How many chunks it stands for."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many chunks stand so (a word of the map)."""

    state: str
    chunks: int


def map_of(
    connection: Connection, job_id: str, *, chunks: int, most: int
) -> tuple[tuple[Cell, ...], tuple[Tally, ...]]:
    """The map of a job that has `chunks` chunks, in file order, at most `most` cells; and its
    chunks by how they stand, the worst first. One pass for both."""
    width = max(1, -(-chunks // most))
    if width >= BLOCK:
        width = -(-width // BLOCK) * BLOCK
        query = _by_block(job_id, blocks=width // BLOCK)
    else:
        query = _by_chunk(job_id, width=width)
    rows = connection.execute(query).all()
    cells = tuple(
        _cell(list(alike), first=number * width + 1, last=min((number + 1) * width, chunks))
        for number, alike in groupby(rows, key=attrgetter("number"))
    )
    worst_first = sorted(rows, key=lambda row: -int(row.severity))
    tally = tuple(
        Tally(state=SEVERITY[severity], chunks=sum(int(row.chunks) for row in alike))
        for severity, alike in groupby(worst_first, key=attrgetter("severity"))
    )
    return cells, tally


def _by_chunk(job_id: str, *, width: int) -> Select[Any]:
    """(number of the cell, severity, chunks, done, size) for cells of `width` chunks, in order."""
    number = ((chunk.c.seq - 1) // width).label("number")
    severity = _severity(chunk.c.state, _TRIES).label("severity")
    return (
        select(
            number,
            severity,
            func.count().label("chunks"),
            func.sum(chunk.c.position - chunk.c.start).label("done"),
            func.sum(chunk.c.stop - chunk.c.start).label("size"),
        )
        .where(chunk.c.job_id == job_id, chunk.c.seq > 0)
        .group_by(number, severity)
        .order_by(number, severity)
    )


def _by_block(job_id: str, *, blocks: int) -> Select[Any]:
    """The same for cells of so many blocks."""
    number = ((block_sum.c.block - 1) // blocks).label("number")
    severity = _severity(block_sum.c.state, block_sum.c.tries).label("severity")
    chunks = func.sum(block_sum.c.chunks)
    return (
        select(
            number,
            severity,
            chunks.label("chunks"),
            func.sum(block_sum.c.bytes_done).label("done"),
            func.sum(block_sum.c.bytes).label("size"),
        )
        .where(block_sum.c.job_id == job_id, ~IS_PLAN)
        .group_by(number, severity)
        .having(chunks > 0)
        .order_by(number, severity)
    )


def _cell(alike: Sequence[Row[Any]], *, first: int, last: int) -> Cell:
    worst = alike[-1]
    return Cell(
        first=first,
        last=last,
        state=SEVERITY[worst.severity],
        share=float(sum(row.done for row in alike))
        / max(float(sum(row.size for row in alike)), 1.0),
        troubled=int(worst.chunks),
    )


def chunks_that_stand(
    connection: Connection, job_id: str, state: str | None, *, after: int = 0, limit: int
) -> list[int]:
    """The numbers of chunks that stand so, by a word of the map; `after` is the last one seen.

    None of them for no word.
    """
    if state is None:
        return []
    rows = connection.execute(
        select(chunk.c.seq)
        .where(chunk.c.job_id == job_id, chunk.c.seq > max(after, 0))
        .where(_severity(chunk.c.state, _TRIES) == SEVERITY.index(state))
        .order_by(chunk.c.seq)
        .limit(limit)
    )
    return list(rows.scalars())


def _severity(state: ColumnElement[str], tries: ColumnElement[int]) -> ColumnElement[int]:
    """The frequent states are asked for first: with 100,000 chunks that halves the time."""
    worse = case((tries > 1, SEVERITY.index("recovered")), else_=0)
    again = case((tries > 0, SEVERITY.index("retrying")), else_=SEVERITY.index("waiting"))
    return case(
        (state == ChunkState.DONE, worse),
        (state == ChunkState.WAITING, again),
        (state == ChunkState.RUNNING, SEVERITY.index("running")),
        (state == ChunkState.FAILED, SEVERITY.index("failed")),
        else_=SEVERITY.index("cancelled"),
    )
