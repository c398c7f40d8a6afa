"""What would happen if a job's mbox were read again, stopped or deleted: told before it is asked.

Pure reads of the books as they stand at this moment. Doing it is `store.wishes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from store import tables
from store.archives import uploads_inside
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
    again = _again(reach, from_seq)
    found = connection.execute(
        select(
            func.count(case((and_(again, chunk.c.seq > 0), 1))).label("chunks"),
            func.coalesce(func.sum(_bytes_read(reach, from_seq)), 0).label("bytes"),
            func.count(case((chunk.c.state == ChunkState.RUNNING, 1))).label("running"),
            func.count(case((and_(again, chunk.c.seq == 0), 1))).label("plans"),
        ).where(chunk.c.job_id == job_id)
    ).one()
    return Forecast(
        reach=reach,
        from_seq=from_seq,
        chunks=found.chunks,
        bytes=size if reach is Reach.ALL else int(found.bytes),
        removed=removed,
        kept=kept,
        stopped=0 if reach is Reach.FAILED else found.running,
        attempts_forgotten=_attempts(connection, job_id) if reach is Reach.ALL else 0,
        plans=found.plans > 0,
    )


def _missing(job_id: str) -> tuple[int, int]:
    raise LookupError(f"there is no job {job_id}")


def _again(reach: Reach, from_seq: int) -> ColumnElement[bool]:
    """Chunks that would be read, the plan among them."""
    match reach:
        case Reach.FAILED:
            return chunk.c.state.in_(STOPPED_CHUNK_STATES)
        case Reach.ONWARD:
            return or_(chunk.c.seq >= from_seq, chunk.c.state.in_(_GOES_ON))
        case Reach.ALL:
            return chunk.c.seq >= 0


def _bytes_read(reach: Reach, from_seq: int) -> ColumnElement[int]:
    rest = chunk.c.stop - chunk.c.position
    parsed = and_(_again(reach, from_seq), chunk.c.seq > 0)
    if reach is not Reach.ONWARD:
        return case((parsed, rest), else_=0)
    return case((chunk.c.seq >= from_seq, chunk.c.stop - chunk.c.start), (parsed, rest), else_=0)


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
    parsing = (
        select(func.count()).select_from(attempt).join(chunk, chunk.c.id == attempt.c.chunk_id)
    )
    found = parsing.where(attempt.c.job_id == job_id, chunk.c.seq > 0)
    return int(connection.execute(found).scalar_one())


def is_more(removed: int, *, than_said: int) -> bool:
    """True when so many more messages would go than was said that it has to be asked anew."""
    return removed > than_said * TOLERANCE


def open_chunks(connection: Connection, job_id: str) -> OpenChunks:
    """How much of a job waits and how much is being read."""
    rows = connection.execute(
        select(chunk.c.state, func.count())
        .where(chunk.c.job_id == job_id, chunk.c.state.in_(_GOES_ON))
        .group_by(chunk.c.state)
    )
    counts = {state: int(number) for state, number in rows}
    return OpenChunks(
        waiting=counts.get(ChunkState.WAITING, 0), running=counts.get(ChunkState.RUNNING, 0)
    )


def first_unfinished(connection: Connection, job_id: str) -> int:
    """The number of the first chunk that failed or was cancelled; 1 when none did."""
    found = connection.execute(
        select(func.min(chunk.c.seq)).where(
            chunk.c.job_id == job_id, chunk.c.seq > 0, chunk.c.state.in_(STOPPED_CHUNK_STATES)
        )
    ).scalar()
    return int(found or 1)


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
