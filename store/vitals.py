"""What an attempt tells of itself while it runs and when it ends: beats, and the last word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, update

from store.states import Outcome
from store.tables import attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """What an attempt has used so far: peak memory in bytes, CPU time."""

    peak_memory_bytes: int
    cpu_seconds: float


def earn(connection: Connection, attempt_id: str, *, size: int, messages: int) -> None:
    """Credit an attempt with what this very transaction commits, `size` in bytes.

    Nowhere else are these counters written: whenever an attempt is killed, they add up to what
    it has done.
    """
    connection.execute(
        update(attempt)
        .where(attempt.c.id == attempt_id)
        .values(bytes=attempt.c.bytes + size, messages=attempt.c.messages + messages)
    )


def beat(
    connection: Connection, attempt_id: str, *, vitals: Vitals, now: datetime, lease_seconds: float
) -> bool:
    """Renew the lease and report; False when the attempt has been given up meanwhile."""
    seen = connection.execute(
        update(attempt)
        .where(attempt.c.id == attempt_id, attempt.c.outcome == Outcome.RUNNING)
        .values(
            seen_at=now,
            lease_until=now + timedelta(seconds=lease_seconds),
            peak_memory_bytes=vitals.peak_memory_bytes,
            cpu_seconds=vitals.cpu_seconds,
        )
    )
    return seen.rowcount == 1


def end_attempt(
    connection: Connection, attempt_id: str, *, outcome: Outcome, vitals: Vitals, now: datetime
) -> None:
    """Close the books of an attempt; keeps an outcome that somebody else has already set."""
    connection.execute(
        update(attempt)
        .where(attempt.c.id == attempt_id, attempt.c.outcome == Outcome.RUNNING)
        .values(
            outcome=outcome,
            ended_at=now,
            seen_at=now,
            peak_memory_bytes=vitals.peak_memory_bytes,
            cpu_seconds=vitals.cpu_seconds,
        )
    )
