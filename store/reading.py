"""One message with everything that is known of it: for its page, its API answer, its raw bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from mail.defect import DefectKind
from mail.envelope import DateSource
from store import tables
from store.document import Person
from store.documents import people_in
from store.messages import Kind
from store.naming import message_key_of, message_name
from store.own_labels import NOBODY
from store.tables_mail import (
    OFFSET_BITS,
    attachment,
    label,
    message,
    message_label,
    message_text,
)

COPIES_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one copy of a message lies: which upload, and which bytes of it."""

    id: int
    name: str
    upload_id: int
    filename: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentView:
    """One attachment; `path` addresses it in the raw message. `size` in bytes."""

    path: str
    kind: str
    content_type: str
    filename: str | None
    original_filename: str | None
    size: int
    sha256: str | None  # hexadecimal
    content_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DefectView:
    """One thing that was wrong; see `mail.defect`."""

    kind: str
    where: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineView:
    """Why a message was set aside."""

    cause: str
    detail: str
    traceback: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """A message as a page shows it. A copy shows text and attachments of the first one met."""

    place: Place
    separator_length: int
    kind: Kind
    first: Place  # where text and attachments were taken from; `place` itself for most
    copies: tuple[Place, ...]  # every place of the same content, this one included
    variants: tuple[Place, ...]  # the same Message-ID, other content
    message_id: str | None
    subject: str | None
    senders: tuple[Person, ...]
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    bcc: tuple[Person, ...]
    reply_to: tuple[Person, ...]
    people_left_out: int
    sent_at: datetime | None
    date_source: DateSource
    date_raw: str | None
    date_plausible: bool
    list_id: str | None
    list_description: str | None
    has_html: bool
    text_cut: bool
    deleted_in_source: bool
    came_labels: tuple[str, ...]  # with it or with a copy
    own_labels: tuple[str, ...]  # that people put on here
    attachments: tuple[AttachmentView, ...]
    defects: tuple[DefectView, ...]
    defect_count: int  # may be more than are kept
    quarantine: QuarantineView | None

    @property
    def labels(self) -> tuple[str, ...]:
        """All of them, in alphabetical order."""
        return tuple(sorted({*self.came_labels, *self.own_labels}))

    def choice(self, what: str) -> str | None:
        """By which "charset", "rule" or "limits" a person had it read; None for as found."""
        chosen = (one for one in self.defects if one.kind == DefectKind.READ_BY_CHOICE)
        return next((one.what for one in chosen if one.where == what), None)

    @property
    def size(self) -> int:
        """Bytes of the message without its separator line."""
        return self.place.length - self.separator_length


def find_message(connection: Connection, message_id: int | str) -> MessageView | None:
    """A message by key or by name; None when there is none."""
    key = message_key_of(message_id) if isinstance(message_id, str) else message_id
    if key is None:
        return None
    row = connection.execute(select(message).where(message.c.id == key)).one_or_none()
    return None if row is None else _view(connection, row)


def text_of(connection: Connection, message_id: int) -> str | None:
    """The searchable text; of a copy, that of the first one met. None when there is none."""
    first = select(message.c.duplicate_of).where(message.c.id == message_id)
    key = connection.execute(first).scalar_one_or_none() or message_id
    return connection.execute(
        select(message_text.c.text).where(message_text.c.id == key)
    ).scalar_one_or_none()


def instant(seconds: int | None) -> datetime | None:
    """A stored time as an aware one."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _view(connection: Connection, row: Row[*tuple[Any, ...]]) -> MessageView:
    first = row.duplicate_of or row.id
    people = people_in(row.people)
    copies = _places(connection, (message.c.id == first) | (message.c.duplicate_of == first))
    by_key = {place.id: place for place in copies}
    here = by_key.get(row.id) or _places(connection, message.c.id == row.id)[0]
    return MessageView(
        place=here,
        separator_length=row.separator_length,
        kind=Kind(row.kind),
        first=by_key.get(first, here),
        copies=copies,
        variants=_variants(connection, row, known=first),
        message_id=row.message_id,
        subject=row.subject,
        senders=people.get("from", ()),
        to=people.get("to", ()),
        cc=people.get("cc", ()),
        bcc=people.get("bcc", ()),
        reply_to=people.get("reply_to", ()),
        people_left_out=json.loads(row.people).get("left_out", 0) if row.people else 0,
        sent_at=instant(row.sent_at),
        date_source=DateSource(row.date_source or DateSource.NONE),
        date_raw=row.date_raw,
        date_plausible=row.date_plausible,
        list_id=row.list_id,
        list_description=row.list_description,
        has_html=row.has_html,
        text_cut=row.text_cut,
        deleted_in_source=row.deleted_in_source,
        came_labels=_labels(connection, first, own=False),
        own_labels=_labels(connection, first, own=True),
        attachments=attachments_of(connection, first),
        defects=tuple(
            DefectView(kind=kind or "", where=where or "", what=what or "")
            for kind, where, what in json.loads(row.defects or "[]")
        ),
        defect_count=row.defect_count,
        quarantine=_quarantine(connection, here),
    )


def _places(connection: Connection, condition: Any) -> tuple[Place, ...]:
    rows = connection.execute(
        select(message.c.id, message.c.length, tables.upload.c.filename)
        .outerjoin(tables.upload, tables.upload.c.id == message.c.upload_id)
        .where(condition)
        .order_by(message.c.id)
        .limit(COPIES_SHOWN)
    )
    return tuple(
        Place(
            id=row.id,
            name=message_name(row.id),
            upload_id=row.id >> OFFSET_BITS,
            filename=row.filename or "",
            offset=row.id & (1 << OFFSET_BITS) - 1,
            length=row.length,
        )
        for row in rows
    )


def _variants(
    connection: Connection, row: Row[*tuple[Any, ...]], *, known: int
) -> tuple[Place, ...]:
    if row.message_id_hash is None:
        return ()
    return _places(
        connection,
        (message.c.message_id_hash == row.message_id_hash)
        & message.c.duplicate_of.is_(None)
        & (message.c.id != known),
    )


def _labels(connection: Connection, first_id: int, *, own: bool) -> tuple[str, ...]:
    names = connection.execute(
        select(label.c.name)
        .join(message_label, message_label.c.label_id == label.c.id)
        .where(message_label.c.first_id == first_id)
        .where((message_label.c.message_id == NOBODY) == own)
        .distinct()
    ).scalars()
    # Sorted here: the databases disagree on what alphabetical means.
    return tuple(sorted(names))


def attachments_of(connection: Connection, first_id: int) -> tuple[AttachmentView, ...]:
    """The attachments of a message, in the order of its parts."""
    rows = connection.execute(select(attachment).where(attachment.c.message_id == first_id))
    return tuple(
        AttachmentView(
            path=row.path,
            kind=row.kind,
            content_type=row.content_type,
            filename=row.filename,
            original_filename=row.original_filename,
            size=row.size,
            sha256=row.sha256.hex() if row.sha256 else None,
            content_id=row.content_id,
        )
        for row in sorted(rows, key=lambda row: _path_order(row.path))
    )


def _path_order(path: str) -> tuple[tuple[int, str], ...]:
    """Part 1.10 after part 1.9."""
    return tuple((int(step) if step.isdecimal() else 0, step) for step in path.split("."))


def _quarantine(connection: Connection, place: Place) -> QuarantineView | None:
    set_aside = tables.quarantine.c
    row = connection.execute(
        select(set_aside.cause, set_aside.detail, set_aside.traceback).where(
            set_aside.upload_id == place.upload_id, set_aside.offset == place.offset
        )
    ).one_or_none()
    if row is None:
        return None
    return QuarantineView(cause=row.cause, detail=row.detail, traceback=row.traceback)
