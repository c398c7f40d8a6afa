"""Whether an act on all jobs that match could change anything: asked where a list cannot tell.

Lists are asked for every few seconds, so this goes from the few that stopped or are paused, by
index, and looks at no more than a bounded number of them. Beyond that the answer is that it may
help: the confirmation counts, and says so if not. Pure reads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, case, func, select

from store.job_filter import JobFilter, joined, matching
from store.states import OPEN_JOB_STATES, ChunkState
from store.tables import chunk, job, upload
from store.vain import is_vain

# So many chunks or jobs are looked at in some milliseconds.
LOOKED_AT = 500
# More are not written into one statement.
_AT_ONCE = 500


def retry_may_help(connection: Connection, wanted: JobFilter) -> bool:
    """True when a chunk has failed, not in vain, of a job that matches or came out of one."""
    vain = case((is_vain(), 1), else_=0).label("vain")
    failed = select(chunk.c.upload_id, vain).where(chunk.c.state == ChunkState.FAILED)
    some = failed.limit(LOOKED_AT).subquery()
    # Added up in the database: sending each row over takes longer than finding it.
    counted = select(some.c.upload_id, func.count(), func.sum(some.c.vain))
    rows = connection.execute(counted.group_by(some.c.upload_id)).all()
    worth_it = {upload_id for upload_id, number, in_vain in rows if number > in_vain}
    looked_at = sum(number for _, number, _ in rows)
    return looked_at == LOOKED_AT or _are_reached(connection, wanted, worth_it)


def some_are_paused(connection: Connection, wanted: JobFilter) -> bool:
    """True when a job is paused that matches or came out of one that does."""
    some = select(job.c.upload_id, job.c.paused_at).where(job.c.state.in_(OPEN_JOB_STATES))
    rows = connection.execute(some.limit(LOOKED_AT)).all()
    paused = {row.upload_id for row in rows if row.paused_at is not None}
    return len(rows) == LOOKED_AT or _are_reached(connection, wanted, paused)


def _are_reached(connection: Connection, wanted: JobFilter, uploads: Collection[int]) -> bool:
    """True when one of them, or an archive it came out of, matches."""
    level = set(uploads)
    while level:
        outer: set[int] = set()
        for some in _pieces(level):
            those = upload.c.id.in_(some)
            match = joined(job.c.id).where(those, *matching(connection, wanted)).limit(1)
            if connection.execute(match).first() is not None:
                return True
            around = select(upload.c.archive_id).where(those, upload.c.archive_id.is_not(None))
            outer.update(connection.execute(around.distinct()).scalars())
        level = outer
    return False


def _pieces(ids: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    return (ordered[at : at + _AT_ONCE] for at in range(0, len(ordered), _AT_ONCE))
