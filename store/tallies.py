"""What each worker has done of late, and where, told by its attempts: true also without Redis."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

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


def tallies(
    connection: Connection, workers: Collection[str], *, since: datetime
) -> dict[str, Tally]:
    """The tally of each of these workers that has made an attempt since then.

    By the time they were last heard of, which has an index: keep `since` close.
    """
    if not workers:
        return {}
    bad = attempt.c.outcome.in_((Outcome.FAILED, Outcome.LOST))
    rows = connection.execute(
        select(
            attempt.c.worker,
            func.max(attempt.c.host).label("host"),
            func.count().filter(attempt.c.outcome == Outcome.DONE).label("done"),
            func.count(attempt.c.chunk_id.distinct()).filter(bad).label("failed"),
        )
        .where(attempt.c.seen_at >= since, attempt.c.worker.in_(workers))
        .group_by(attempt.c.worker)
    )
    return {row.worker: Tally(host=row.host, done=row.done, failed=row.failed) for row in rows}


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
