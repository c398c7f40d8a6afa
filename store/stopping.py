"""Workers that somebody has stopped: what they held is given back, and blames nobody.

A worker hears of it a little later, and may have begun another chunk by then. So the stop is
written down for a while, and whoever finds such an attempt dead gives its chunk back as well.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from store.locks import hold
from store.states import ChunkState, Outcome
from store.tables import attempt, chunk, task_lock

# Longer than any lease: until then everybody has found out.
KEPT_SECONDS = 900.0
# What a worker begins later than this after its stop, it begins in another life under its name.
BEGUN_SECONDS = 30.0


def note_stop(connection: Connection, worker: str, *, by: str, now: datetime) -> None:
    """That a worker is being stopped."""
    hold(connection, _name(worker), owner=by, now=now, seconds=KEPT_SECONDS)


def stopped_by(connection: Connection, attempt_id: str, *, now: datetime) -> str | None:
    """Who has stopped the worker of an attempt, if somebody did; None for nobody."""
    begun = connection.execute(
        select(attempt.c.worker, attempt.c.started_at).where(attempt.c.id == attempt_id)
    ).one()
    stop = connection.execute(
        select(task_lock.c.owner, task_lock.c.until).where(
            task_lock.c.name == _name(begun.worker), task_lock.c.until > now
        )
    ).one_or_none()
    if stop is None:
        return None
    stopped_at = stop.until - timedelta(seconds=KEPT_SECONDS)
    is_of_that_life = begun.started_at <= stopped_at + timedelta(seconds=BEGUN_SECONDS)
    return str(stop.owner) if is_of_that_life else None


def give_back(connection: Connection, attempt_id: str, *, by: str, now: datetime) -> bool:
    """The chunk of an attempt waits again, as if it had not been claimed.

    False when the attempt had already ended.
    """
    let_go(connection, attempt_id, now=now)
    ended = connection.execute(
        update(attempt)
        .where(attempt.c.id == attempt_id, attempt.c.outcome == Outcome.RUNNING)
        .values(
            outcome=Outcome.CANCELLED,
            ended_at=now,
            error_type="Stopped",
            error=f"its worker was stopped by {by}",
        )
    )
    return ended.rowcount == 1


def let_go(connection: Connection, attempt_id: str, *, now: datetime) -> None:
    """An attempt that was asked to end gives its chunk back, as if it had not been claimed.

    What it may have noted of the message in hand goes too: it did not die of that.
    """
    connection.execute(
        update(chunk)
        .where(chunk.c.attempt_id == attempt_id, chunk.c.state == ChunkState.RUNNING)
        .values(
            state=ChunkState.WAITING,
            attempt_id=None,
            attempts=func.max(chunk.c.attempts - 1, 0)
            if connection.dialect.name == "sqlite"
            else func.greatest(chunk.c.attempts - 1, 0),
            suspect_offset=None,
            not_before=now,
            rung_at=None,
        )
    )


def _name(worker: str) -> str:
    return f"stopped:{worker}"
