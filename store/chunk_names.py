"""What chunks are called: the number in their file, for lists that know no more than their id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from store.tables import chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkName:
    """A chunk by its job and its number in the file; 0 is the plan."""

    job_id: str
    seq: int


# What an entry of the audit log keeps of a chunk: its id, and the number that outlives it.
ID, NUMBER = "chunk", "chunk_number"


def chunk_in_log(connection: Connection, chunk_id: int) -> dict[str, int]:
    """The detail of an entry about a chunk."""
    found = chunk_names(connection, [chunk_id]).get(chunk_id)
    return {ID: chunk_id} | ({NUMBER: found.seq} if found else {})


def in_log(chunk_id: int, *, job_id: str, seq: int) -> str:
    """A chunk in a line of a log: "chunk 60 of job 3f… (id 83)"."""
    return f"{f'chunk {seq} of ' if seq else ''}job {job_id} (id {chunk_id})"


def chunk_names(connection: Connection, ids: Iterable[int]) -> dict[int, ChunkName]:
    """Those of some ids that are still there. A file that was planned anew has others."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = connection.execute(
        select(chunk.c.id, chunk.c.job_id, chunk.c.seq).where(chunk.c.id.in_(wanted))
    )
    return {row.id: ChunkName(job_id=row.job_id, seq=row.seq) for row in rows}
