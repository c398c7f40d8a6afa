"""Messages set aside: why, and where their bytes are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from store.messages import Reading
from store.naming import message_name
from store.tables import quarantine
from store.tables_mail import OFFSET_BITS


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedMessage:
    """One message set aside. `name` is its public name; its raw bytes are in the spool."""

    name: str
    offset: int
    length: int
    cause: str
    detail: str
    traceback: str | None
    created_at: datetime


def add_quarantined(
    connection: Connection, upload_id: int, readings: Sequence[Reading], *, now: datetime
) -> None:
    """Write down why; in the transaction that stores the messages."""
    rows = [
        {
            "upload_id": upload_id,
            "offset": reading.span.offset,
            "length": reading.span.length,
            "cause": reading.quarantine.cause,
            "detail": reading.quarantine.detail,
            "traceback": reading.quarantine.traceback,
            "created_at": now,
        }
        for reading in readings
        if reading.quarantine is not None
    ]
    if rows:
        connection.execute(insert(quarantine), rows)


def quarantined_of(
    connection: Connection, upload_id: int, *, after: int = -1, limit: int = 100
) -> list[QuarantinedMessage]:
    """What was set aside of an upload, in file order; `after` is a byte offset."""
    rows = connection.execute(
        select(quarantine)
        .where(quarantine.c.upload_id == upload_id, quarantine.c.offset > after)
        .order_by(quarantine.c.offset)
        .limit(limit)
    )
    return [
        QuarantinedMessage(
            name=message_name(upload_id << OFFSET_BITS | row.offset),
            offset=row.offset,
            length=row.length,
            cause=row.cause,
            detail=row.detail,
            traceback=row.traceback,
            created_at=row.created_at,
        )
        for row in rows
    ]
