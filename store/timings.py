"""How long work waits and runs: percentiles over the attempts that ended lately.

Pure reads, bounded: of a busy time only the newest attempts are looked at, and that is told. So is
that attempts of files deleted or read again since are not there to be looked at: the sums that are
kept of them (`store.past_work`) tell no single one's time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from sqlalchemy import ColumnElement, Connection, case, func, select

from store.states import Outcome
from store.tables import attempt, chunk, job

# Its number, when it was last seen, and for how many seconds it had waited and ran.
_Ended = tuple[int, datetime, float | None, float]

# So many give a 99th percentile that rests on fifty of them, and are read in some 20 ms.
LOOKED_AT_MOST = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """Seconds that half, 95 % and 99 % of `count` attempts took at most."""

    count: int
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """The attempts that ended by themselves in a stretch of time; None where there were none.

    `waited` is of first attempts: from when the chunk was due (the arrival of the job, or when it
    was let go on or retried) to the start; one of a chunk that was tried again since is left out,
    as nobody knows any more when it was due. `ran` is from the start of any attempt to its end.
    `is_cut`: there were more, only the newest count.
    """

    waited: Percentiles | None
    ran: Percentiles | None
    is_cut: bool


def timings(connection: Connection, *, since: datetime) -> Timings:
    """Look at what ended since then; a lost attempt did not end by itself."""
    return timings_since(connection, [since])[0]


def timings_since(connection: Connection, sinces: Sequence[datetime]) -> tuple[Timings, ...]:
    """The same for several stretches that all reach up to now, read once for the longest of them.

    What is newest in a longer one begins with what is newest in a shorter one.
    """
    rows = _ended(connection, since=min(sinces))
    # The newest come first, so that each stretch is the first so many of them.
    lengths = [sum(seen_at >= since for _, seen_at, _, _ in rows) for since in sinces]
    found = {length: _timings(rows[:length]) for length in set(lengths)}
    return tuple(found[length] for length in lengths)


def _ended(connection: Connection, *, since: datetime) -> list[_Ended]:
    newest = (
        select(
            attempt.c.number,
            attempt.c.seen_at,
            _seconds(connection, _due_at(), attempt.c.started_at).label("waited"),
            _seconds(connection, attempt.c.started_at, attempt.c.ended_at).label("ran"),
        )
        .join(job, job.c.id == attempt.c.job_id)
        .join(chunk, chunk.c.id == attempt.c.chunk_id)
        .where(attempt.c.seen_at >= since, attempt.c.outcome.in_((Outcome.DONE, Outcome.FAILED)))
        .order_by(attempt.c.seen_at.desc())
        .limit(LOOKED_AT_MOST)
    )
    found = connection.execute(newest)
    return [(number, seen_at, waited, ran) for number, seen_at, waited, ran in found]


def _timings(rows: Sequence[_Ended]) -> Timings:
    return Timings(
        waited=_percentiles(
            waited for number, _, waited, _ in rows if number == 1 and waited is not None
        ),
        ran=_percentiles(ran for _, _, _, ran in rows),
        is_cut=len(rows) == LOOKED_AT_MOST,
    )


def _due_at() -> ColumnElement[datetime | None]:
    """NULL where nobody knows: what is later than the start was written for a later attempt."""
    return case(
        (chunk.c.not_before.is_(None), job.c.created_at),
        (chunk.c.not_before <= attempt.c.started_at, chunk.c.not_before),
    )


def _seconds(
    connection: Connection,
    start: ColumnElement[datetime | None],
    stop: ColumnElement[datetime | None],
) -> ColumnElement[float]:
    if connection.dialect.name == "sqlite":
        return (func.julianday(stop) - func.julianday(start)) * 86_400.0
    return func.date_part("epoch", stop - start)


def _percentiles(seconds: Iterable[float]) -> Percentiles | None:
    values = sorted(max(float(value), 0.0) for value in seconds)
    if not values:
        return None

    def at(share: float) -> float:
        return values[ceil(len(values) * share) - 1]

    return Percentiles(count=len(values), p50=at(0.5), p95=at(0.95), p99=at(0.99))
