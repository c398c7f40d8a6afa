"""What the chunks of jobs add up to, without looking at each: a job may have 200,000.

The database adds them up itself, by triggers, in the transaction that changes them (revision
0013). Everything is a sum over rows of `block_sum`, of which there may be several for one thing;
`fold` makes one of them again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    delete,
    func,
    insert,
    literal,
    select,
    tuple_,
    union_all,
)

from store import tables
from store.states import ChunkState
from store.tables_watch import block_sum

chunk = tables.chunk
# Chunks that are added up together; written into the triggers.
BLOCK = 100
KEY = (block_sum.c.job_id, block_sum.c.block, block_sum.c.state, block_sum.c.tries)
ADDED = (
    block_sum.c.chunks,
    block_sum.c.bytes,
    block_sum.c.bytes_done,
    block_sum.c.messages,
    block_sum.c.duplicates,
    block_sum.c.quarantined,
    block_sum.c.expected_messages,
)
# Things that are folded in one transaction.
FOLDED_AT_ONCE = 1_000

# Messages of every fate.
MET = block_sum.c.messages + block_sum.c.duplicates + block_sum.c.quarantined
IS_PLAN: ColumnElement[bool] = block_sum.c.block == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """So many chunks of a job that stand alike. Sizes in bytes."""

    is_plan: bool
    is_from: bool  # they lie at the place that was asked for, or after it
    state: ChunkState
    chunks: int
    bytes: int
    bytes_left: int


def standings_from(connection: Connection, job_id: str, seq: int) -> list[Standing]:
    """The chunks of a job, those from `seq` on told apart from those before."""
    here = block_of(seq)
    blocks = select(
        IS_PLAN.label("is_plan"),
        (block_sum.c.block > here).label("is_from"),
        block_sum.c.state,
        block_sum.c.chunks,
        block_sum.c.bytes,
        (block_sum.c.bytes - block_sum.c.bytes_done).label("bytes_left"),
    ).where(block_sum.c.job_id == job_id, block_sum.c.block != here)
    each = select(
        (chunk.c.seq == 0).label("is_plan"),
        (chunk.c.seq >= seq).label("is_from"),
        chunk.c.state,
        literal(1).label("chunks"),
        (chunk.c.stop - chunk.c.start).label("bytes"),
        (chunk.c.stop - chunk.c.position).label("bytes_left"),
    ).where(chunk.c.job_id == job_id, chunk.c.seq.between(*_seqs_of(here)))
    parts = union_all(blocks, each).subquery()
    key, sums = parts.c[:3], parts.c[3:]
    rows = connection.execute(
        select(*key, *(func.sum(column).label(column.name) for column in sums)).group_by(*key)
    )
    return [
        Standing(
            is_plan=bool(row.is_plan),
            is_from=bool(row.is_from),
            state=ChunkState(row.state),
            chunks=int(row.chunks),
            bytes=int(row.bytes),
            bytes_left=int(row.bytes_left),
        )
        for row in rows
        if row.chunks
    ]


def first_that_stands(
    connection: Connection, job_id: str, states: Collection[ChunkState]
) -> int | None:
    """The number of the first parse chunk of a job in one of these states."""
    block = connection.execute(
        select(block_sum.c.block)
        .where(block_sum.c.job_id == job_id, ~IS_PLAN, block_sum.c.state.in_(states))
        .group_by(block_sum.c.block)
        .having(func.sum(block_sum.c.chunks) > 0)
        .order_by(block_sum.c.block)
        .limit(1)
    ).scalar_one_or_none()
    if block is None:
        return None
    found: int | None = connection.execute(
        select(func.min(chunk.c.seq)).where(
            chunk.c.job_id == job_id,
            chunk.c.seq.between(*_seqs_of(block)),
            chunk.c.state.in_(states),
        )
    ).scalar_one()
    return found


def block_of(seq: int) -> int:
    """The block that a chunk is added up in; the plan has one of its own."""
    return (seq - 1) // BLOCK + 1 if seq > 0 else 0


def _seqs_of(block: int) -> tuple[int, int]:
    """The first and the last chunk of a block."""
    return (0, 0) if block == 0 else ((block - 1) * BLOCK + 1, block * BLOCK)


def fold(connection: Connection, *, limit: int = FOLDED_AT_ONCE) -> int:
    """Make one row again of what has many, up to `limit` of them; answers how many it were.

    Whoever adds meanwhile is not held up, and what he adds stays a row of its own. On SQLite
    there is nothing to do.
    """
    if connection.dialect.name == "sqlite":
        return 0
    scattered = (
        select(*KEY).group_by(*KEY).having(func.count() > 1).order_by(*KEY).limit(limit)
    ).subquery()
    gone = (
        delete(block_sum)
        .where(tuple_(*KEY).in_(select(scattered)))
        .returning(*KEY, *ADDED)
        .cte("gone")
    )
    names = [column.name for column in (*KEY, *ADDED)]
    key = [gone.c[column.name] for column in KEY]
    sums = [func.sum(gone.c[column.name]).label(column.name) for column in ADDED]
    left = select(*key, *sums).group_by(*key).having(func.sum(gone.c.chunks) != 0)
    # Nothing is left of chunks that are not there any more.
    number = connection.execute(select(func.count()).select_from(scattered)).scalar_one()
    if number:
        connection.execute(insert(block_sum).from_select(names, left))
    return int(number)
