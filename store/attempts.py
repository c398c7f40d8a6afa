"""The attempts of a job: in order, filtered, a page at a time; and summed up for a report.

Pure reads. What one attempt is, is in `store.chunks`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, or_, select, tuple_

from store import tables
from store.chunks import ATTEMPTS, AttemptView, attempt_view
from store.history import UNCOUNTED
from store.states import Outcome

chunk, attempt = tables.chunk, tables.attempt

# Different errors, and different causes, beyond this are no longer looked at for a report.
ENDS_LOOKED_AT = 2_000
_DIFFERS = re.compile(r"\([^()]*\)|\d[\d.,]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which attempts of a job are asked for; None for all. `worker` is a piece of host or name."""

    outcomes: tuple[Outcome, ...] = ()
    seq: int | None = None
    worker: str | None = None


EVERY_ATTEMPT = Wanted()
# A list of the urgent begins with what is under way, then tells what went wrong, then the rest.
_BY_URGENCY = (
    (Outcome.RUNNING,),
    (Outcome.FAILED, Outcome.LOST),
    (Outcome.DONE, Outcome.FENCED, Outcome.CANCELLED, Outcome.DRAINED),
)


def attempts_of(
    connection: Connection,
    job_id: str,
    *,
    wanted: Wanted = EVERY_ATTEMPT,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[AttemptView]:
    """The attempts of a job, newest first; `before` is (started_at, id) of the last one seen."""
    if not wanted.outcomes:
        return _newest(connection, job_id, wanted, before=before, limit=limit)
    # Each outcome by itself: their attempts lie in order in the index, those of several do not.
    found = [
        one
        for outcome in wanted.outcomes
        for one in _newest(
            connection, job_id, replace(wanted, outcomes=(outcome,)), before=before, limit=limit
        )
    ]
    return sorted(found, key=lambda one: (one.started_at, one.id), reverse=True)[:limit]


def urgent_attempts_of(
    connection: Connection,
    job_id: str,
    *,
    wanted: Wanted = EVERY_ATTEMPT,
    before: tuple[int, datetime, str] | None = None,
    limit: int = 50,
) -> list[tuple[int, AttemptView]]:
    """The same, but first what runs, then what failed or was lost, then the rest.

    Each comes with its place in that order, which `before` begins with.
    """
    found: list[tuple[int, AttemptView]] = []
    for urgency, outcomes in enumerate(_BY_URGENCY):
        some = tuple(one for one in outcomes if not wanted.outcomes or one in wanted.outcomes)
        if not some or (before and urgency < before[0]) or len(found) == limit:
            continue
        attempts = attempts_of(
            connection,
            job_id,
            wanted=replace(wanted, outcomes=some),
            before=before[1:] if before and urgency == before[0] else None,
            limit=limit - len(found),
        )
        found += [(urgency, one) for one in attempts]
    return found


def _newest(
    connection: Connection,
    job_id: str,
    wanted: Wanted,
    *,
    before: tuple[datetime, str] | None,
    limit: int,
) -> list[AttemptView]:
    query = (
        ATTEMPTS.where(attempt.c.job_id == job_id, *_conditions(wanted))
        .order_by(attempt.c.started_at.desc(), attempt.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        place = tuple_(attempt.c.started_at, attempt.c.id)
        query = query.where(place < tuple_(*before))
    return [attempt_view(row) for row in connection.execute(query)]


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.outcomes:
        yield or_(*(attempt.c.outcome == one for one in wanted.outcomes))
    if wanted.seq is not None:
        yield chunk.c.seq == wanted.seq
    if wanted.worker:
        piece = wanted.worker
        yield or_(
            attempt.c.worker.contains(piece, autoescape=True),
            attempt.c.host.contains(piece, autoescape=True),
        )


def attempts_of_chunk(connection: Connection, chunk_id: int, *, limit: int) -> list[AttemptView]:
    """The attempts of one chunk, newest first."""
    query = ATTEMPTS.where(attempt.c.chunk_id == chunk_id)
    rows = connection.execute(query.order_by(attempt.c.number.desc()).limit(limit))
    return [attempt_view(row) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptSums:
    """All attempts of a job in a few numbers."""

    by_outcome: tuple[tuple[Outcome, int], ...]
    peak_memory_bytes: int | None  # the most that any of them held
    cpu_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualEnds:
    """Attempts that did not succeed and said the same at their end."""

    outcome: Outcome
    error_type: str | None
    error: str | None
    attempts: int
    first_seq: int
    last_seq: int
    first_at: datetime
    last_at: datetime


def attempt_sums(connection: Connection, job_id: str) -> AttemptSums:
    """How the attempts of a job ended, and what they took."""
    rows = connection.execute(
        select(
            attempt.c.outcome,
            func.count().label("number"),
            func.max(attempt.c.peak_memory_bytes).label("peak"),
            func.sum(attempt.c.cpu_seconds).label("cpu"),
        )
        .where(attempt.c.job_id == job_id)
        .group_by(attempt.c.outcome)
        .order_by(attempt.c.outcome)
    ).all()
    cpu = [row.cpu for row in rows if row.cpu is not None]
    return AttemptSums(
        by_outcome=tuple((Outcome(row.outcome), int(row.number)) for row in rows),
        peak_memory_bytes=max((row.peak for row in rows if row.peak is not None), default=None),
        cpu_seconds=sum(cpu) if cpu else None,
    )


def equal_ends(connection: Connection, job_id: str) -> list[EqualEnds]:
    """What did not succeed, grouped by what it said, the most frequent first.

    Numbers, and names in brackets, do not make a difference, nor what else a cause leaves out once
    it is written down; the first of a group is quoted. To be asked within one moment.
    """
    alike: dict[tuple[str, str | None, str], EqualEnds] = {}
    for one in [*_counted_ends(connection, job_id), *_uncounted_ends(connection, job_id)]:
        key = (one.outcome, one.error_type, same_words(one.error))
        alike[key] = _joined(alike[key], one) if key in alike else one
    return sorted(alike.values(), key=lambda one: -one.attempts)


def _uncounted_ends(connection: Connection, job_id: str) -> Iterator[EqualEnds]:
    """Of attempts whose cause nobody has written down yet: word by word."""
    rows = connection.execute(
        select(
            attempt.c.outcome,
            attempt.c.error_type,
            attempt.c.error,
            func.count().label("attempts"),
            func.min(chunk.c.seq).label("first_seq"),
            func.max(chunk.c.seq).label("last_seq"),
            func.min(attempt.c.started_at).label("first_at"),
            func.max(attempt.c.started_at).label("last_at"),
        )
        .join(chunk, chunk.c.id == attempt.c.chunk_id)
        .where(
            # Not by the index of the job: SQLite would look at every attempt it ever had.
            func.coalesce(attempt.c.job_id, "") == job_id,
            UNCOUNTED,
            attempt.c.outcome.not_in((Outcome.DONE, Outcome.RUNNING)),
        )
        .group_by(attempt.c.outcome, attempt.c.error_type, attempt.c.error)
        .order_by(func.min(attempt.c.started_at))
        .limit(ENDS_LOOKED_AT)
    )
    for row in rows:
        yield EqualEnds(**{**row._mapping, "outcome": Outcome(row.outcome)})


def _counted_ends(connection: Connection, job_id: str) -> Iterator[EqualEnds]:
    """Of those that have one: by an index, as a job may have failed 200,000 times."""
    rows = connection.execute(
        select(
            attempt.c.outcome,
            attempt.c.cause,
            func.count().label("attempts"),
            func.min(attempt.c.chunk_id).label("first_chunk"),
            func.max(attempt.c.chunk_id).label("last_chunk"),
            func.min(attempt.c.started_at).label("first_at"),
            func.max(attempt.c.started_at).label("last_at"),
        )
        .where(attempt.c.job_id == job_id, attempt.c.cause.is_not(None))
        .group_by(attempt.c.outcome, attempt.c.cause)
        .order_by(func.count().desc())
        .limit(ENDS_LOOKED_AT)
    ).all()
    # Chunks are written in the order of the file.
    ends = {number for row in rows for number in (row.first_chunk, row.last_chunk)}
    seqs = select(chunk.c.id, chunk.c.seq).where(chunk.c.id.in_(ends))
    seq_of = {row.id: row.seq for row in connection.execute(seqs)}
    for row in rows:
        said = connection.execute(
            select(attempt.c.error_type, attempt.c.error)
            .where(
                attempt.c.job_id == job_id,
                attempt.c.outcome == row.outcome,
                attempt.c.cause == row.cause,
            )
            .order_by(attempt.c.started_at)
            .limit(1)
        ).one()
        yield EqualEnds(
            outcome=Outcome(row.outcome),
            error_type=said.error_type,
            error=said.error,
            attempts=row.attempts,
            first_seq=seq_of[row.first_chunk],
            last_seq=seq_of[row.last_chunk],
            first_at=row.first_at,
            last_at=row.last_at,
        )


def _joined(left: EqualEnds, right: EqualEnds) -> EqualEnds:
    first = min(left, right, key=lambda one: one.first_at)
    return replace(
        first,
        attempts=left.attempts + right.attempts,
        first_seq=min(left.first_seq, right.first_seq),
        last_seq=max(left.last_seq, right.last_seq),
        last_at=max(left.last_at, right.last_at),
    )


def same_words(error: str | None) -> str:
    """What an error says, without the numbers and names that differ from one to the next."""
    return _DIFFERS.sub("", error or "")
