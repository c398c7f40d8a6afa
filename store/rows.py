"""The rows of one message, ready to be written: everything that needs no database.

Tables are described here once, in the order of their columns; each database adds its own way to
carry the rows over (`store.sql`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mail.defect import Defect
from mail.envelope import Address, Envelope
from mail.message import Message
from mail.part import Part
from store.document import (
    MESSAGE_ID_CHARACTERS,
    NAME_CHARACTERS,
    PEOPLE_PER_FIELD,
    Document,
    Fact,
    Person,
    clean,
    document_of,
    kept_parts,
    people_of,
)
from store.hashing import hash64, label_key
from store.tables_mail import OFFSET_BITS
from store.threads import thread_keys

DEFECTS_SHOWN = 100
LABEL_CHARACTERS = 255
LABELS_PER_MESSAGE = 1_000

MESSAGE_COLUMNS = [
    "id",
    "upload_id",
    "length",
    "separator_length",
    "message_id_hash",
    "parent_hash",
    "thread",
    "subject_hash",
    "sent_at",
    "defect_count",
    "date_plausible",
    "has_attachments",
    "has_html",
    "deleted_in_source",
    "text_cut",
    "digest",
    "message_id",
    "date_source",
    "date_raw",
    "subject",
    "sender_name",
    "sender_address",
    "list_id",
    "list_description",
    "people",
    "defects",
    "kind",
    "duplicate_of",
]
SEARCH_COLUMNS = ["id", "sort_at", "sender", "size", "deleted_in_source"]
ATTACHMENT_COLUMNS = [
    "message_id",
    "path",
    "size",
    "kind",
    "content_type",
    "filename",
    "original_filename",
    "content_id",
    "sha256",
]

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRows:
    """The rows of one message. What is only written for a first copy may be absent."""

    id: int
    digest: bytes | None  # None: never a duplicate of anything
    message: Row  # MESSAGE_COLUMNS but the last two, which only the database can know
    attachments: tuple[Row, ...]
    labels: tuple[str, ...]
    search: Row | None
    document: Document | None


def message_key(upload_id: int, offset: int) -> int:
    """The key of the message at `offset` of an upload."""
    return upload_id << OFFSET_BITS | offset


def unread_rows(key: int, *, length: int, separator_length: int) -> MessageRows:
    """The rows of a message that could not be read at all: only where it lies."""
    place = (key, key >> OFFSET_BITS, length, separator_length)
    nothing_known = (None,) * 5 + (0, False, False, False, False, False) + (None,) * 11
    return MessageRows(
        id=key,
        digest=None,
        message=place + nothing_known,
        attachments=(),
        labels=(),
        search=None,
        document=None,
    )


def message_rows(
    key: int, message: Message, *, length: int, separator_length: int, whole: bool
) -> MessageRows:
    """The rows of a message that was read. Unless `whole`, it is no copy of any other."""
    parts = kept_parts(message.parts)
    document = document_of(message, parts)
    digest = message.digest if whole else None
    place = (key, key >> OFFSET_BITS, length, separator_length)
    return MessageRows(
        id=key,
        digest=digest,
        message=place + _envelope_columns(message, document, digest=digest),
        attachments=tuple(_attachment(key, part) for part in parts) if parts else (),
        labels=_labels(message.envelope),
        search=(
            key,
            document.sort_at,
            sender_key(document),
            length - separator_length,
            message.deleted_in_source,
        ),
        document=document,
    )


def sender_key(document: Document) -> int:
    """The number under which messages of one address are counted; 0 for nobody."""
    return hash64(document.senders[0][1].lower()) if document.senders else 0


def _envelope_columns(message: Message, document: Document, *, digest: bytes | None) -> Row:
    envelope = message.envelope
    keys = thread_keys(envelope)
    name, address = document.senders[0] if document.senders else (None, None)
    return (
        keys.own,
        keys.parent,
        keys.thread,
        keys.subject,
        None if envelope.sent_at is None else int(envelope.sent_at.timestamp()),
        len(message.defects),
        envelope.date_plausible,
        Fact.ATTACHMENT in document.facts,
        message.has_html,
        message.deleted_in_source,
        message.text_cut,
        digest,
        clean(envelope.message_id, MESSAGE_ID_CHARACTERS),
        envelope.date_source.value,
        clean(envelope.date_raw, NAME_CHARACTERS),
        document.subject,
        name,
        address,
        document.list_id,
        document.list_description,
        _people(envelope, document),
        _defects(message.defects),
    )


def _people(envelope: Envelope, document: Document) -> str:
    written = [
        f'"{field}":{_written_people(people)}'
        for field, people in (
            ("from", document.senders),
            ("to", document.to),
            ("cc", people_of(envelope.cc)),
            ("bcc", people_of(envelope.bcc)),
            ("reply_to", people_of(envelope.reply_to)),
        )
        if people
    ]
    if left_out := _left_out(envelope.senders, envelope.to, envelope.cc, envelope.bcc):
        written.append(f'"left_out":{left_out}')
    return "{" + ",".join(written) + "}"


@lru_cache(maxsize=10_000)
def _written_people(people: tuple[Person, ...]) -> str:
    return json.dumps(people, ensure_ascii=False, separators=(",", ":"))


def _left_out(*fields: Sequence[Address]) -> int:
    return sum(max(0, len(people) - PEOPLE_PER_FIELD) for people in fields)


def _defects(defects: Sequence[Defect]) -> str | None:
    if not defects:
        return None
    shown = [
        [clean(text, NAME_CHARACTERS) for text in (defect.kind, defect.where, defect.what)]
        for defect in defects[:DEFECTS_SHOWN]
    ]
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))


def _attachment(key: int, part: Part) -> Row:
    return (
        key,
        part.path,
        part.size,
        part.kind.value,
        clean(part.content_type, NAME_CHARACTERS) or "application/octet-stream",
        clean(part.filename, NAME_CHARACTERS),
        clean(part.original_filename, NAME_CHARACTERS),
        clean(part.content_id, NAME_CHARACTERS),
        part.sha256,
    )


def _labels(envelope: Envelope) -> tuple[str, ...]:
    if not envelope.labels:
        return ()
    names = (clean(name, LABEL_CHARACTERS) for name in envelope.labels[:LABELS_PER_MESSAGE])
    return tuple(dict.fromkeys(name for name in names if name))


def label_rows(rows: MessageRows, *, first_id: int) -> list[tuple[int, int, int]]:
    """The rows that tie a copy's labels to the message shown for all copies."""
    return [(label_key(name), first_id, rows.id) for name in rows.labels]
