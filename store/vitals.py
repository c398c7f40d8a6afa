"""What an attempt tells of itself while it runs and when it ends: beats, and the last word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, update

from store.states import Outcome
from store.tables import attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """What an attempt has done so far: bytes and messages committed, peak memory in bytes."""

    bytes: int
    messages: int
    peak_memory_bytes: int
    cpu_seconds: float


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
            bytes=vitals.bytes,
            messages=vitals.messages,
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
            bytes=vitals.bytes,
            messages=vitals.messages,
            peak_memory_bytes=vitals.peak_memory_bytes,
            cpu_seconds=vitals.cpu_seconds,
        )
    )
