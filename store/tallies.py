"""What each worker has done of late, and where, told by its attempts: true also without Redis."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, false, func, or_, select

from store.states import Outcome
from store.tables import attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many chunks a worker brought to their end, and at how many it failed.

    A chunk at which it failed again and again counts once, also where it came to its end later.
    """

    host: str
    done: int
    failed: int  # an attempt at it raised, was killed or fell silent


_BAD = attempt.c.outcome.in_((Outcome.FAILED, Outcome.LOST))
_SUMS = (
    func.max(attempt.c.host).label("host"),
    func.count().filter(attempt.c.outcome == Outcome.DONE).label("done"),
    func.count(attempt.c.chunk_id.distinct()).filter(_BAD).label("failed"),
)


def tallies(
    connection: Connection, workers: Collection[str], *, since: datetime
) -> dict[str, Tally]:
    """The tally of each of these workers that has made an attempt since then.

    By the time they were last heard of, which has an index: keep `since` close.
    """
    if not workers:
        return {}
    rows = connection.execute(
        select(attempt.c.worker, *_SUMS)
        .where(attempt.c.seen_at >= since, attempt.c.worker.in_(workers))
        .group_by(attempt.c.worker)
    )
    return {row.worker: Tally(host=row.host, done=row.done, failed=row.failed) for row in rows}


def tally_of(connection: Connection, names: Collection[str], *, since: datetime) -> Tally | None:
    """One tally of a worker under all these names; None when it has made no attempt since then."""
    row = connection.execute(
        select(*_SUMS).where(attempt.c.seen_at >= since, attempt.c.worker.in_(names))
    ).one()
    return None if row.host is None else Tally(host=row.host, done=row.done, failed=row.failed)


def first_begun(
    connection: Connection, beginnings: Iterable[str], *, since: datetime
) -> dict[str, datetime]:
    """When each worker whose name begins so began the first of its attempts since then."""
    alike = [attempt.c.worker.startswith(one, autoescape=True) for one in beginnings]
    rows = connection.execute(
        select(attempt.c.worker, func.min(attempt.c.started_at).label("begun_at"))
        .where(attempt.c.seen_at >= since, or_(false(), *alike))
        .group_by(attempt.c.worker)
    )
    return {row.worker: row.begun_at for row in rows}


def last_heard_of(
    connection: Connection, workers: Collection[str], *, since: datetime
) -> dict[str, datetime]:
    """When any attempt of each of these workers was last heard of, of those begun since then."""
    rows = connection.execute(
        select(attempt.c.worker, func.max(attempt.c.seen_at).label("heard_at"))
        .where(attempt.c.worker.in_(list(workers)), attempt.c.started_at >= since)
        .group_by(attempt.c.worker)
    )
    return {row.worker: row.heard_at for row in rows}
