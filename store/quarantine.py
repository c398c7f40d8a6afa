"""Messages set aside: why, and where their bytes are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import BigInteger, ColumnElement, Connection, func, insert, literal, select

from store.counted_on import GONE
from store.messages import Reading
from store.naming import message_name
from store.tables import quarantine, upload
from store.tables_mail import OFFSET_BITS, message


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedMessage:
    """One message set aside. `name` is its public name; its raw bytes are in the spool.

    What its headers say is None where they could not be read either.
    """

    name: str
    offset: int
    length: int
    cause: str
    detail: str
    traceback: str | None
    created_at: datetime
    subject: str | None
    sender_name: str | None
    sender_address: str | None
    sent_at: datetime | None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """So many messages, of so many files that are still there."""

    messages: int
    files: int


def set_aside_since(connection: Connection, since: datetime) -> SetAside:
    """What was quarantined since then and still is: what could be read again since is not."""
    row = connection.execute(
        select(
            func.count().label("messages"),
            func.count(quarantine.c.upload_id.distinct()).label("files"),
        )
        .join(upload, upload.c.id == quarantine.c.upload_id)
        .where(quarantine.c.created_at >= since, upload.c.state.not_in(GONE))
    ).one()
    return SetAside(messages=row.messages, files=row.files)


def has_quarantined(upload_id: ColumnElement[int], *, since: datetime) -> ColumnElement[bool]:
    """True of an upload of which something was quarantined since then, and still is."""
    found = select(quarantine.c.upload_id).where(
        quarantine.c.upload_id == upload_id, quarantine.c.created_at >= since
    )
    return found.exists()


def quarantined_of(
    connection: Connection, upload_id: int, *, after: int = -1, limit: int = 100
) -> list[QuarantinedMessage]:
    """What was set aside of an upload, in file order; `after` is a byte offset."""
    key = literal(upload_id << OFFSET_BITS, BigInteger) + quarantine.c.offset
    headers = (message.c.subject, message.c.sender_name, message.c.sender_address)
    rows = connection.execute(
        select(quarantine, *headers, message.c.sent_at)
        .outerjoin(message, message.c.id == key)
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
            subject=row.subject,
            sender_name=row.sender_name,
            sender_address=row.sender_address,
            sent_at=None if row.sent_at is None else datetime.fromtimestamp(row.sent_at, UTC),
        )
        for row in rows
    ]
