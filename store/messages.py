"""Write what was read from an mbox: messages, their text, search rows, attachments, labels.

In bulk only. The caller owns the transaction and the fence; see `store.work`. How messages are
taken away again stands in `store.removing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from mail.mbox import Span
from mail.message import Message
from store.database import Database, Dialect
from store.hashing import label_key
from store.label_rows import Borne, insert_labels
from store.own_labels import move_to_firsts
from store.removing import delete_range
from store.rows import MessageRows, label_rows, message_key, message_rows, unread_rows
from store.sql import room_of
from store.sql.carrying import Encoded, Settled

__all__ = [
    "Batch",
    "Kind",
    "Quarantine",
    "Reading",
    "delete_range",
    "prepare",
    "settle_index",
    "write",
]


class Kind(StrEnum):
    """What became of a message of an mbox; also the word in the ledger."""

    MESSAGE = "message"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """Why a message was set aside. `cause`: too_large, too_slow, crashed or killed."""

    cause: str
    detail: str
    traceback: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One message of an mbox as it came out of the core.

    `message` is None when it could not be read at all; then `quarantine` says why. Both are set
    for a message too large to read whole: its headers are known.
    """

    span: Span
    message: Message | None
    quarantine: Quarantine | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Readings made ready for one database; nothing is left to do but to hand them over."""

    dialect: Dialect
    items: tuple[tuple[MessageRows, Encoded], ...]
    quarantined: frozenset[int]  # keys


def prepare(readings: Sequence[Reading], *, upload_id: int, database: Database) -> Batch:
    """Make the rows, the tokens and their encoding; all the CPU time goes here.

    Outside of the transaction that writes them: words may be given numbers, which are kept.
    """
    rows = [_rows(reading, upload_id) for reading in readings]
    encoded = room_of(database.dialect).encode(database, rows)
    return Batch(
        dialect=database.dialect,
        items=tuple(zip(rows, encoded, strict=True)),
        quarantined=frozenset(
            one.id for one, reading in zip(rows, readings, strict=True) if reading.quarantine
        ),
    )


def write(connection: Connection, batch: Batch, *, now: datetime) -> tuple[Kind, ...]:
    """Write a batch inside the caller's transaction; what became of each reading, in order.

    Which copy of a content is the first is decided by the table `content` alone, so several
    workers may meet the same mail at the same time.
    """
    room = room_of(batch.dialect)
    wanted: dict[bytes, int] = {}
    for rows, _ in batch.items:
        if rows.digest is not None:
            wanted.setdefault(rows.digest, rows.id)
    first_of = room.claim(connection, list(wanted.items()))
    settled = [_settle(rows, encoded, batch, first_of) for rows, encoded in batch.items]
    room.insert(connection, settled)
    _write_labels(connection, batch, settled, now=now)
    copies = zip(batch.items, settled, strict=True)
    firsts = {rows.id: one.duplicate_of for (rows, _), one in copies if one.duplicate_of}
    move_to_firsts(connection, firsts, now=now)
    return tuple(Kind(one.kind) for one in settled)


def settle_index(connection: Connection) -> None:
    """Have the index put in order what many batches brought; once per chunk is often enough.

    In a transaction of its own: nothing else should wait for it.
    """
    room_of(connection.dialect.name).settle(connection)


def _rows(reading: Reading, upload_id: int) -> MessageRows:
    span = reading.span
    key = message_key(upload_id, span.offset)
    if reading.message is None:
        return unread_rows(key, length=span.length, separator_length=span.separator_length)
    return message_rows(
        key,
        reading.message,
        length=span.length,
        separator_length=span.separator_length,
        whole=reading.quarantine is None,
    )


def _settle(
    rows: MessageRows, encoded: Encoded, batch: Batch, first_of: dict[bytes, int]
) -> Settled:
    first = rows.id if rows.digest is None else first_of[rows.digest]
    if first != rows.id:
        return Settled(encoded=encoded, kind=Kind.DUPLICATE, duplicate_of=first)
    kind = Kind.QUARANTINED if rows.id in batch.quarantined else Kind.MESSAGE
    return Settled(encoded=encoded, kind=kind, duplicate_of=None)


def _write_labels(
    connection: Connection, batch: Batch, settled: Sequence[Settled], *, now: datetime
) -> None:
    names: dict[int, str] = {}
    borne: list[Borne] = []
    for (rows, _), one in zip(batch.items, settled, strict=True):
        if rows.labels:
            names.update({label_key(name): name for name in rows.labels})
            borne += label_rows(rows, first_id=one.duplicate_of or rows.id)
    if names:
        insert_labels(connection, names=names, rows=borne, now=now)
