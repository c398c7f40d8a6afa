"""The chunks of a job as a small map: one cell each, or one for several when there are many.

The database groups them, so a job of 100,000 chunks costs one pass and a few hundred rows. A cell
for several shows the worst among them, so that no trouble hides in a crowd. Pure reads.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from store.states import ChunkKind, ChunkState
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
    messages: int


def cells_of(connection: Connection, job_id: str, *, chunks: int, most: int) -> tuple[Cell, ...]:
    """The map of a job that has `chunks` chunks, in file order; at most `most` cells."""
    width = max(1, -(-chunks // most))
    number = ((chunk.c.seq - 1) // width).label("number")
    rows = connection.execute(
        select(
            func.min(chunk.c.seq).label("first"),
            func.max(chunk.c.seq).label("last"),
            func.max(_severity()).label("severity"),
            func.sum(chunk.c.position - chunk.c.start).label("done"),
            func.sum(chunk.c.stop - chunk.c.start).label("size"),
            func.sum(chunk.c.messages).label("messages"),
        )
        .where(chunk.c.job_id == job_id, chunk.c.kind == ChunkKind.PARSE)
        .group_by(number)
        .order_by(number)
    )
    return tuple(
        Cell(
            first=row.first,
            last=row.last,
            state=SEVERITY[row.severity],
            share=float(row.done) / max(float(row.size), 1.0),
            messages=int(row.messages),
        )
        for row in rows
    )


def _severity() -> ColumnElement[int]:
    again = and_(chunk.c.state == ChunkState.WAITING, chunk.c.attempts > 0)
    recovered = and_(chunk.c.state == ChunkState.DONE, chunk.c.attempts > 1)
    return case(
        (again, SEVERITY.index("retrying")),
        (recovered, SEVERITY.index("recovered")),
        *(
            (chunk.c.state == state, SEVERITY.index(state))
            for state in ("failed", "running", "cancelled", "waiting")
        ),
        else_=0,
    )
