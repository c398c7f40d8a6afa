"""Which failures a retry does not help: the bytes are what they were, and so is the program.

What this version has not tried yet may come to another end, as a later one may see mail where an
earlier one saw none. Pure reads.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib.metadata import version

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from store.causes import LASTING
from store.states import ChunkState
from store.tables import attempt, chunk


@cache
def program_version() -> str:
    """The version of this program, as attempts keep it."""
    return version("email-parser")


def is_vain() -> ColumnElement[bool]:
    """True for a chunk that failed so that a retry with this version comes to the same end."""
    lasting = or_(*(chunk.c.error.startswith(f"{kind}:") for kind in sorted(LASTING)))
    return and_(chunk.c.state == ChunkState.FAILED, lasting, _was_tried())


def _was_tried() -> ColumnElement[bool]:
    """True for a chunk that this version has tried."""
    tried = select(attempt.c.id).where(
        attempt.c.chunk_id == chunk.c.id, attempt.c.version == program_version()
    )
    return tried.correlate(chunk).exists()


def jobs_in_vain(connection: Connection, job_ids: Collection[str]) -> set[str]:
    """Those of some jobs whose plan failed so."""
    if not job_ids:
        return set()
    rows = connection.execute(
        select(chunk.c.job_id).where(chunk.c.job_id.in_(job_ids), chunk.c.seq == 0, is_vain())
    )
    return set(rows.scalars())


def causes_with_hope(connection: Connection, keys: Collection[str]) -> set[str]:
    """Those of some causes that keep chunks failed which this version has not tried."""
    found = set()
    for key in keys:
        of_cause = chunk.c.state == ChunkState.FAILED, chunk.c.cause == key
        untried = select(chunk.c.id).where(*of_cause, ~_was_tried()).limit(1)
        if connection.execute(untried).first() is not None:
            found.add(key)
    return found
