"""The chunks of a job as a small map: one cell each, or one for several when there are many.

The database groups them, so a job of 100,000 chunks costs one pass and a few hundred rows. A cell
for several shows the worst among them, so that no trouble hides in a crowd. Pure reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, func, select

from store.states import ChunkState
from store.tables import chunk

# From harmless to worst. A chunk that was tried before has a word of its own.
SEVERITY = ("done", "recovered", "waiting", "cancelled", "running", "retrying", "failed")


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
    """How many chunks stand so (a word of the map), and when they began and ended."""

    state: str
    chunks: int
    began: datetime | None
    ended: datetime | None


def map_of(
    connection: Connection, job_id: str, *, chunks: int, most: int
) -> tuple[tuple[Cell, ...], tuple[Tally, ...]]:
    """The map of a job that has `chunks` chunks, in file order, at most `most` cells; and its
    chunks by how they stand, the worst first. One pass for both."""
    width = max(1, -(-chunks // most))
    number = ((chunk.c.seq - 1) // width).label("number")
    severity = _severity().label("severity")
    rows = connection.execute(
        select(
            number,
            severity,
            func.count().label("chunks"),
            func.max(chunk.c.seq).label("last"),
            func.sum(chunk.c.position - chunk.c.start).label("done"),
            func.sum(chunk.c.stop - chunk.c.start).label("size"),
            func.min(chunk.c.started_at).label("began"),
            func.max(chunk.c.ended_at).label("ended"),
        )
        .where(chunk.c.job_id == job_id, chunk.c.seq > 0)
        .group_by(number, severity)
        .order_by(number, severity)
    ).all()
    cells = tuple(
        _cell(number, list(alike), width=width)
        for number, alike in groupby(rows, key=attrgetter("number"))
    )
    worst_first = sorted(rows, key=lambda row: -int(row.severity))
    tally = tuple(
        _tally(severity, list(alike))
        for severity, alike in groupby(worst_first, key=attrgetter("severity"))
    )
    return cells, tally


def _cell(number: int, alike: Sequence[Row[Any]], *, width: int) -> Cell:
    worst = alike[-1]
    return Cell(
        first=number * width + 1,
        last=max(row.last for row in alike),
        state=SEVERITY[worst.severity],
        share=float(sum(row.done for row in alike))
        / max(float(sum(row.size for row in alike)), 1.0),
        troubled=worst.chunks,
    )


def _tally(severity: int, alike: Sequence[Row[Any]]) -> Tally:
    return Tally(
        state=SEVERITY[severity],
        chunks=sum(row.chunks for row in alike),
        began=min((row.began for row in alike if row.began), default=None),
        ended=max((row.ended for row in alike if row.ended), default=None),
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
        .where(_severity() == SEVERITY.index(state))
        .order_by(chunk.c.seq)
        .limit(limit)
    )
    return list(rows.scalars())


def _severity() -> ColumnElement[int]:
    """The frequent states are asked for first: with 100,000 chunks that halves the time."""
    worse = case((chunk.c.attempts > 1, SEVERITY.index("recovered")), else_=0)
    again = case(
        (chunk.c.attempts > 0, SEVERITY.index("retrying")), else_=SEVERITY.index("waiting")
    )
    return case(
        (chunk.c.state == ChunkState.DONE, worse),
        (chunk.c.state == ChunkState.WAITING, again),
        (chunk.c.state == ChunkState.RUNNING, SEVERITY.index("running")),
        (chunk.c.state == ChunkState.FAILED, SEVERITY.index("failed")),
        else_=SEVERITY.index("cancelled"),
    )
