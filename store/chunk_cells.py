"""The chunks of a job as a small map: one cell each, or one for several when there are many.

The database groups them, so a job of 100,000 chunks costs one pass and a few hundred rows. A cell
for several shows the worst among them, so that no trouble hides in a crowd. Pure reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, func, select

from store.states import ChunkState
from store.tables import chunk

# From harmless to worst. A chunk that was tried before has a word of its own.
SEVERITY = ("done", "recovered", "waiting", "cancelled", "running", "retrying", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Chunks from `first` to `last` (their places in the file, from 1) and how they stand."""

    first: int
    last: int
    state: str
    share: float


def cells_of(connection: Connection, job_id: str, *, chunks: int, most: int) -> tuple[Cell, ...]:
    """The map of a job that has `chunks` chunks, in file order; at most `most` cells."""
    width = max(1, -(-chunks // most))
    number = ((chunk.c.seq - 1) // width).label("number")
    rows = connection.execute(
        select(
            number,
            func.max(chunk.c.seq).label("last"),
            func.max(_severity()).label("severity"),
            func.sum(chunk.c.position - chunk.c.start).label("done"),
            func.sum(chunk.c.stop - chunk.c.start).label("size"),
        )
        .where(chunk.c.job_id == job_id, chunk.c.seq > 0)
        .group_by(number)
        .order_by(number)
    )
    return tuple(
        Cell(
            first=row.number * width + 1,
            last=row.last,
            state=SEVERITY[row.severity],
            share=float(row.done) / max(float(row.size), 1.0),
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many chunks stand so (a word of the map), and when they began and ended."""

    state: str
    chunks: int
    began: datetime | None
    ended: datetime | None


def tally_of(connection: Connection, job_id: str) -> tuple[Tally, ...]:
    """The chunks of a job by how they stand, the worst first; one pass for all it tells."""
    severity = _severity().label("severity")
    rows = connection.execute(
        select(
            severity,
            func.count().label("chunks"),
            func.min(chunk.c.started_at).label("began"),
            func.max(chunk.c.ended_at).label("ended"),
        )
        .where(chunk.c.job_id == job_id, chunk.c.seq > 0)
        .group_by(severity)
    )
    return tuple(
        Tally(state=SEVERITY[row.severity], chunks=row.chunks, began=row.began, ended=row.ended)
        for row in sorted(rows, key=lambda row: -int(row.severity))
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
