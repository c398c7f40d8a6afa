"""The audit log: who did what to what, append-only, each entry chained to the one before.

A changed or missing entry breaks the chain, and `first_break` finds the place.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from store.locks import Turn, take_turns
from store.tables_people import audit

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One act. `actor` is "account:…", "token:…" or "system"; `subject` "job:…", "upload:…" …"""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


def record_of_job(
    connection: Connection, job_id: str, action: str, *, actor: str, now: datetime, **detail: Any
) -> None:
    """`record` for an act on a job."""
    record(connection, actor=actor, action=action, subject=f"job:{job_id}", now=now, detail=detail)


def record(
    connection: Connection,
    *,
    actor: str,
    action: str,
    subject: str,
    now: datetime,
    detail: dict[str, Any] | None = None,
) -> None:
    """Append an entry, in the transaction of the act itself."""
    # Two entries at once would both follow the same predecessor.
    take_turns(connection, Turn.AUDIT)
    last = connection.execute(select(audit.c.hash).order_by(audit.c.id.desc()).limit(1)).scalar()
    previous = bytes(last) if last is not None else GENESIS
    values: dict[str, Any] = {
        "at": now,
        "actor": actor,
        "action": action,
        "subject": subject,
        "detail": json.dumps(detail or {}, ensure_ascii=False, sort_keys=True),
    }
    connection.execute(
        insert(audit).values(**values, previous_hash=previous, hash=_link(previous, **values))
    )


def _link(
    previous: bytes, *, at: datetime, actor: str, action: str, subject: str, detail: str
) -> bytes:
    line = json.dumps([at.astimezone(UTC).isoformat(), actor, action, subject, detail])
    return hashlib.sha256(previous + line.encode()).digest()


def entries(
    connection: Connection,
    *,
    subject: str | None = None,
    actor: str | None = None,
    action: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[AuditEntry]:
    """Newest first; `before` is the id of the last entry already seen."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    for column, value in (
        (audit.c.subject, subject),
        (audit.c.actor, actor),
        (audit.c.action, action),
    ):
        if value is not None:
            query = query.where(column == value)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [entry_of(row) for row in connection.execute(query)]


def entry_of(row: Row[Any]) -> AuditEntry:
    """A row of the log as plain data."""
    return AuditEntry(
        id=row.id,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        detail=json.loads(row.detail),
    )


def first_break(connection: Connection) -> int | None:
    """The id of the first entry that does not follow from the one before; None when all do."""
    previous = GENESIS
    for row in connection.execute(select(audit).order_by(audit.c.id)):
        expected = _link(
            previous,
            at=row.at,
            actor=row.actor,
            action=row.action,
            subject=row.subject,
            detail=row.detail,
        )
        if bytes(row.previous_hash) != previous or bytes(row.hash) != expected:
            return int(row.id)
        previous = expected
    return None
