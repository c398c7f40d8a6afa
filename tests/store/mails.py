"""Builders for tests of what is kept: say what matters, the rest is filled in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import insert

from mail.defect import Defect
from mail.envelope import Address, DateSource, Envelope
from mail.mbox import Span, SpanKind
from mail.message import Message
from mail.part import Part, PartKind
from store.database import Database
from store.messages import Kind, Quarantine, Reading, prepare, write
from store.tables import upload

NOW = datetime(2024, 11, 3, 10, 0, tzinfo=UTC)
ANN = Address("Ann Example", "ann@example.org")


def a_message(
    text: str = "We set off at dawn.",
    *,
    subject: str | None = "A walk",
    sender: Address | None = ANN,
    to: Sequence[Address] = (),
    cc: Sequence[Address] = (),
    bcc: Sequence[Address] = (),
    sent_at: datetime | None = NOW,
    plausible: bool = True,
    message_id: str | None = None,
    references: Sequence[str] = (),
    in_reply_to: Sequence[str] = (),
    thread_id: str | None = None,
    labels: Sequence[str] = (),
    list_id: str | None = None,
    list_description: str | None = None,
    filenames: Sequence[str] = (),
    defects: Sequence[Defect] = (),
    deleted_in_source: bool = False,
    digest: bytes | None = None,
) -> Message:
    """A message whose digest follows from what it says, unless one is given."""
    envelope = Envelope(
        message_id=message_id,
        in_reply_to=tuple(in_reply_to),
        references=tuple(references),
        subject=subject,
        senders=(sender,) if sender else (),
        to=tuple(to),
        cc=tuple(cc),
        bcc=tuple(bcc),
        reply_to=(),
        sent_at=sent_at,
        date_source=DateSource.DATE if sent_at else DateSource.NONE,
        date_raw=sent_at.isoformat() if sent_at else None,
        date_plausible=plausible,
        labels=tuple(labels),
        thread_id=thread_id,
        list_id=list_id,
        list_description=list_description,
    )
    said = repr((text, subject, sender, to, cc, bcc, sent_at, message_id, filenames))
    return Message(
        envelope=envelope,
        parts=tuple(an_attachment(name, path=str(at)) for at, name in enumerate(filenames, 2)),
        text=text,
        text_cut=False,
        has_html=False,
        defects=tuple(defects),
        digest=digest or sha256(said.encode()).digest(),
        deleted_in_source=deleted_in_source,
    )


def an_attachment(filename: str, *, path: str = "2") -> Part:
    """An attached file whose content is its name."""
    return Part(
        path=path,
        kind=PartKind.ATTACHMENT,
        content_type="application/pdf",
        charset=None,
        filename=filename,
        original_filename=filename,
        size=len(filename.encode()),
        sha256=sha256(filename.encode()).digest(),
        content_id=None,
    )


def readings_of(
    messages: Iterable[Message | Quarantine], *, length: int = 1000, start: int = 0
) -> list[Reading]:
    """Messages as they would follow each other in an mbox."""
    return [
        Reading(
            span=Span(
                kind=SpanKind.MESSAGE,
                offset=start + at * length,
                length=length,
                separator_length=40,
            ),
            message=one if isinstance(one, Message) else None,
            quarantine=one if isinstance(one, Quarantine) else None,
        )
        for at, one in enumerate(messages)
    ]


def keep(
    database: Database,
    *messages: Message | Quarantine,
    upload_id: int = 1,
    length: int = 1000,
    start: int = 0,
) -> tuple[Kind, ...]:
    """Write messages the way a worker does; what became of each."""
    readings = readings_of(messages, length=length, start=start)
    batch = prepare(readings, upload_id=upload_id, database=database)
    with database.write() as connection:
        return write(connection, batch, now=NOW)


def note_upload(database: Database, upload_id: int, *, filename: str) -> None:
    """Let the database know an upload, without any bytes."""
    with database.write() as connection:
        connection.execute(
            insert(upload).values(
                id=upload_id,
                key=f"key {upload_id}",
                filename=filename,
                spool_name=f"spool {upload_id}",
                state="stored",
                created_at=NOW,
                created_by="system",
            )
        )


def key(offset: int, *, upload_id: int = 1) -> int:
    """The key of the message at `offset`."""
    return upload_id << 40 | offset
