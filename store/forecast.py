"""What would happen if a job's mbox were read again, stopped or deleted: told before it is asked.

Pure reads of the books as they stand at this moment. Doing it is `store.wishes`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, case, func, select

from store import tables
from store.archives import uploads_inside
from store.block_sums import Standing, first_that_stands, standings_from
from store.read_anew import start_of
from store.states import OPEN_CHUNK_STATES, STOPPED_CHUNK_STATES, ChunkState

chunk, attempt, ledger = tables.chunk, tables.attempt, tables.ledger

_GOES_ON = (*OPEN_CHUNK_STATES, ChunkState.CANCELLED)
# What is removed may be this much more than was said, as a running job goes on meanwhile.
TOLERANCE = 1.1


class Reach(StrEnum):
    """How much of a file is read again."""

    FAILED = "failed"  # failed and cancelled chunks go on from where they got to
    ONWARD = "onward"  # everything from one chunk on, as if never read
    ALL = "all"  # the whole file, planned anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a wish would do now. Sizes in bytes, of the mbox; messages of every fate."""

    reach: Reach
    from_seq: int  # 0 but for ONWARD
    chunks: int  # read anew, or gone on with
    bytes: int  # that will be read
    removed: int  # messages taken away first
    kept: int  # messages that stay as they are
    stopped: int  # chunks that are being read now, and are stopped first
    attempts_forgotten: int
    plans: bool  # the search for messages is made, or gone on with

    @property
    def does_something(self) -> bool:
        """False when there is nothing that this wish would read."""
        return self.chunks > 0 or self.plans


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenChunks:
    """What a job still has before it; the plan counts as a chunk here."""

    waiting: int
    running: int


def forecast(connection: Connection, job_id: str, *, reach: Reach, from_seq: int = 0) -> Forecast:
    """What reading again would do. Raises LookupError when there is no such job or chunk."""
    upload_id, size = connection.execute(
        select(tables.job.c.upload_id, tables.upload.c.size)
        .join(tables.upload, tables.upload.c.id == tables.job.c.upload_id)
        .where(tables.job.c.id == job_id)
    ).one_or_none() or _missing(job_id)
    if reach is Reach.ONWARD and from_seq < 1:
        raise LookupError("the first chunk is number 1")
    start = size if reach is Reach.FAILED else start_of(connection, job_id, from_seq=from_seq)
    removed, kept = _messages(connection, upload_id, start=start)
    standings = standings_from(connection, job_id, from_seq)
    again = [one for one in standings if _is_read(one, reach)]
    parsed = [one for one in again if not one.is_plan]
    running = sum(one.chunks for one in standings if one.state is ChunkState.RUNNING)
    return Forecast(
        reach=reach,
        from_seq=from_seq,
        chunks=sum(one.chunks for one in parsed),
        bytes=size if reach is Reach.ALL else sum(_bytes_read(one, reach) for one in parsed),
        removed=removed,
        kept=kept,
        stopped=0 if reach is Reach.FAILED else running,
        attempts_forgotten=_attempts(connection, job_id) if reach is Reach.ALL else 0,
        plans=len(again) > len(parsed),
    )


def _missing(job_id: str) -> tuple[int, int]:
    raise LookupError(f"there is no job {job_id}")


def _is_read(standing: Standing, reach: Reach) -> bool:
    """True for chunks that would be read, the plan among them."""
    match reach:
        case Reach.FAILED:
            return standing.state in STOPPED_CHUNK_STATES
        case Reach.ONWARD:
            return standing.is_from or standing.state in _GOES_ON
        case Reach.ALL:
            return True


def _bytes_read(standing: Standing, reach: Reach) -> int:
    is_whole = reach is Reach.ONWARD and standing.is_from
    return standing.bytes if is_whole else standing.bytes_left


def _messages(connection: Connection, upload_id: int, *, start: int) -> tuple[int, int]:
    """Messages in the books from byte `start` on, and before it."""
    after = case((ledger.c.start >= start, ledger.c.messages), else_=0)
    removed, total = connection.execute(
        select(
            func.coalesce(func.sum(after), 0), func.coalesce(func.sum(ledger.c.messages), 0)
        ).where(ledger.c.upload_id == upload_id)
    ).one()
    return int(removed), int(total) - int(removed)


def _attempts(connection: Connection, job_id: str) -> int:
    """Those of its chunks; the plan's are few, and told apart by its key."""
    of_plan = select(chunk.c.id).where(chunk.c.job_id == job_id, chunk.c.seq == 0)
    every, planning = (
        int(connection.execute(select(func.count()).select_from(attempt).where(which)).scalar_one())
        for which in (attempt.c.job_id == job_id, attempt.c.chunk_id.in_(of_plan))
    )
    return every - planning


def is_more(removed: int, *, than_said: int) -> bool:
    """True when so many more messages would go than was said that it has to be asked anew."""
    return removed > than_said * TOLERANCE


def open_chunks(connection: Connection, job_id: str) -> OpenChunks:
    """How much of a job waits and how much is being read."""
    counts: Counter[ChunkState] = Counter()
    for one in standings_from(connection, job_id, 0):
        counts[one.state] += one.chunks
    return OpenChunks(waiting=counts[ChunkState.WAITING], running=counts[ChunkState.RUNNING])


def first_unfinished(connection: Connection, job_id: str) -> int:
    """The number of the first chunk that failed or was cancelled; 1 when none did."""
    return first_that_stands(connection, job_id, STOPPED_CHUNK_STATES) or 1


def messages_from(connection: Connection, upload_id: int, start: int = 0) -> int:
    """How many messages of an upload the books hold from a byte on, of every fate."""
    return _messages(connection, upload_id, start=start)[0]


def messages_with_members(connection: Connection, upload_id: int) -> int:
    """The same for a whole upload, and for what came out of it where it is an archive."""
    every = [upload_id, *uploads_inside(connection, upload_id)]
    return sum(
        int(
            connection.execute(
                select(func.coalesce(func.sum(ledger.c.messages), 0)).where(
                    ledger.c.upload_id.in_(every[at : at + 500])
                )
            ).scalar_one()
        )
        for at in range(0, len(every), 500)
    )
