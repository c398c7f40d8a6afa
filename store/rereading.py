"""Put a new reading of one message in the place of the one that is stored, books included.

One transaction: rows, text, search, attachments, labels, quarantine note, ledger, counters. The
reading itself is made by whoever calls; see `jobs.rereading`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from mail.mbox import Span, SpanKind
from store import tables
from store.contents import hold_for_new_reading
from store.ledger import EntryKind
from store.messages import Batch, Kind, delete_range, write
from store.removing import take_out
from store.rows import message_key
from store.states import ChunkKind
from store.tables_mail import OFFSET_BITS, message
from store.uploads import UploadState

chunk, job, ledger, upload = tables.chunk, tables.job, tables.ledger, tables.upload

_COUNTERS = {
    EntryKind.MESSAGE: chunk.c.messages,
    EntryKind.DUPLICATE: chunk.c.duplicates,
    EntryKind.QUARANTINED: chunk.c.quarantined,
}


class CannotReplace(Exception):
    """The message is not there as it was; the text is a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Where a message lies and by which rule its file was read."""

    span: Span
    upload_id: int
    job_id: str
    spool_name: str
    size: int  # bytes of the mbox
    rule: str  # JSON of mail.rule.Rule
    uploaded_at: datetime
    kind: Kind


def stored_message(connection: Connection, key: int) -> Stored:
    """What is needed to read a message again. Raises CannotReplace."""
    row = connection.execute(
        select(
            message,
            job.c.id.label("job_id"),
            job.c.rule,
            upload.c.spool_name,
            upload.c.size,
            upload.c.created_at.label("uploaded_at"),
        )
        .join(upload, upload.c.id == message.c.upload_id)
        .join(job, job.c.upload_id == upload.c.id)
        .where(message.c.id == key, upload.c.state == UploadState.STORED, job.c.rule.is_not(None))
        .order_by(job.c.created_at.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise CannotReplace("This message is not there any more.")
    if row.duplicate_of is not None:
        raise CannotReplace("This is a copy; its text is kept with the first one met.")
    return Stored(
        span=Span(
            kind=SpanKind.MESSAGE,
            offset=key & (1 << OFFSET_BITS) - 1,
            length=row.length,
            separator_length=row.separator_length,
        ),
        upload_id=row.upload_id,
        job_id=row.job_id,
        spool_name=row.spool_name,
        size=row.size,
        rule=row.rule,
        uploaded_at=row.uploaded_at,
        kind=Kind(row.kind),
    )


def replace_reading(connection: Connection, stored: Stored, batch: Batch, *, now: datetime) -> Kind:
    """Write `batch`, which holds the new reading of one message; what became of it.

    Raises CannotReplace when the message has changed or gone since it was looked at.
    """
    # Chunks, then contents, then messages: the order of everybody.
    chunk_id = _lock_chunks(connection, stored)
    key = message_key(stored.upload_id, stored.span.offset)
    digest = batch.items[0][0].digest
    hold_for_new_reading(connection, key, digest)
    row = connection.execute(
        select(message.c.length, message.c.digest, message.c.duplicate_of).where(
            message.c.id == key
        )
    ).one_or_none()
    if chunk_id is None or row is None or row.length != stored.span.length or row.duplicate_of:
        raise CannotReplace("This message has changed meanwhile; look at it again.")
    if digest is not None and row.digest is not None and bytes(row.digest) == digest:
        take_out(connection, key)
    else:
        start = stored.span.offset
        delete_range(connection, upload_id=stored.upload_id, start=start, stop=start + 1, limit=1)
    (kind,) = write(connection, batch, now=now)
    _forget_quarantine(connection, stored)
    _book(connection, stored, chunk_id=chunk_id, kind=EntryKind(kind))
    return kind


def _lock_chunks(connection: Connection, stored: Stored) -> int | None:
    """Lock the plan, as whoever takes messages of a job away does, and the message's own chunk.

    Answers the latter; None when it is not there, or has not got so far.
    """
    offset = stored.span.offset
    its_own = and_(chunk.c.seq > 0, chunk.c.start <= offset, chunk.c.position > offset)
    locked = connection.execute(
        select(chunk.c.id, chunk.c.seq)
        .where(chunk.c.job_id == stored.job_id, or_(chunk.c.kind == ChunkKind.PLAN, its_own))
        .order_by(chunk.c.id)
        .with_for_update()
    ).all()
    parsed = {row.seq: int(row.id) for row in locked if row.seq > 0}
    return parsed[max(parsed)] if parsed else None


def _forget_quarantine(connection: Connection, stored: Stored) -> None:
    set_aside = tables.quarantine.c
    connection.execute(
        delete(tables.quarantine).where(
            set_aside.upload_id == stored.upload_id, set_aside.offset == stored.span.offset
        )
    )


def _book(connection: Connection, stored: Stored, *, chunk_id: int, kind: EntryKind) -> None:
    """Let ledger and counters say what has become of it; the sums stay what they were."""
    start, length = stored.span.offset, stored.span.length
    entry = connection.execute(
        select(ledger)
        .where(ledger.c.upload_id == stored.upload_id, ledger.c.start <= start)
        .order_by(ledger.c.start.desc())
        .limit(1)
    ).one_or_none()
    if entry is None or start + length > entry.start + entry.length:
        raise CannotReplace("The ledger has no entry for this message; read the file again.")
    if entry.kind == kind:
        return
    before = _messages_between(connection, stored.upload_id, entry.start, start)
    pieces = (
        (entry.start, start - entry.start, entry.kind, before),
        (start, length, kind, 1),
        (
            start + length,
            entry.start + entry.length - start - length,
            entry.kind,
            entry.messages - before - 1,
        ),
    )
    connection.execute(
        delete(ledger).where(ledger.c.upload_id == stored.upload_id, ledger.c.start == entry.start)
    )
    columns = ("start", "length", "kind", "messages")
    connection.execute(
        insert(ledger),
        [
            {"upload_id": stored.upload_id, **dict(zip(columns, piece, strict=True))}
            for piece in pieces
            if piece[1]
        ],
    )
    was, now = _COUNTERS[EntryKind(entry.kind)], _COUNTERS[kind]
    connection.execute(
        update(chunk).where(chunk.c.id == chunk_id).values({was: was - 1, now: now + 1})
    )


def _messages_between(connection: Connection, upload_id: int, start: int, stop: int) -> int:
    found = select(func.count()).where(
        message.c.id >= message_key(upload_id, start), message.c.id < message_key(upload_id, stop)
    )
    return int(connection.execute(found).scalar_one())
