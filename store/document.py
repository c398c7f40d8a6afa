"""What is searchable of one message, as it is kept: the fields a query can name.

The index, the check of a phrase, and the removal from the index all start from this one shape,
so that they cannot disagree. Cutting to what the tables hold happens here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from mail.envelope import Address, Envelope
from mail.message import Message
from mail.part import Part, PartKind
from mail.text import nfc_clean
from store.tables_mail import UNDATED

SUBJECT_CHARACTERS = 4_000
NAME_CHARACTERS = 500
MESSAGE_ID_CHARACTERS = 998
PEOPLE_PER_FIELD = 200
_BODIES = (PartKind.TEXT, PartKind.HTML)
ATTACHMENTS_SHOWN = 1_000


class Field(StrEnum):
    """A place in a message that a query can name. The value is how the query says it."""

    SUBJECT = "subject"
    SENDER = "from"
    TO = "to"
    CC = "cc"  # blind copies included
    BCC = "bcc"  # those alone: the index knows them as CC
    FILENAME = "filename"
    LIST = "list"
    BODY = "body"


class Fact(StrEnum):
    """Something that is so or not; what `has:` can ask for."""

    ATTACHMENT = "attachment"
    DEFECT = "defect"
    HTML = "html"


Person = tuple[str | None, str]  # display name, address


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The searchable content of one message, clean and cut to what is kept."""

    subject: str | None
    senders: tuple[Person, ...]
    to: tuple[Person, ...]
    cc: tuple[Person, ...]  # blind copies included
    bcc: tuple[Person, ...] = ()
    filenames: tuple[str, ...]
    list_id: str | None
    list_description: str | None
    text: str
    facts: tuple[Fact, ...]
    sort_at: int  # Unix seconds, or UNDATED

    def values(self, field: Field) -> tuple[str, ...]:
        """The texts of one field; a phrase lies within one of them."""
        match field:
            case Field.SUBJECT:
                return (self.subject,) if self.subject else ()
            case Field.BODY:
                return (self.text,) if self.text else ()
            case Field.LIST:
                return tuple(value for value in (self.list_id, self.list_description) if value)
            case Field.FILENAME:
                return self.filenames
            case _:
                return _spoken(self.people(field))

    def people(self, field: Field) -> tuple[Person, ...]:
        """The people of one of the address fields; nobody for any other field."""
        match field:
            case Field.SENDER:
                return self.senders
            case Field.TO:
                return self.to
            case Field.CC:
                return self.cc
            case Field.BCC:
                return self.bcc
            case _:
                return ()


def document_of(message: Message, parts: tuple[Part, ...] | None = None) -> Document:
    """What is kept of a message for searching. `parts`: its `kept_parts`, if known already."""
    envelope = message.envelope
    if parts is None:
        parts = kept_parts(message.parts)
    blind = people_of(envelope.bcc)
    return Document(
        subject=clean(envelope.subject, SUBJECT_CHARACTERS),
        senders=people_of(envelope.senders),
        to=people_of(envelope.to),
        cc=people_of(envelope.cc) + blind,
        bcc=blind,
        filenames=filenames_of(parts) if parts else (),
        list_id=clean(envelope.list_id, NAME_CHARACTERS),
        list_description=clean(envelope.list_description, NAME_CHARACTERS),
        text=message.text,
        facts=_facts(message, parts),
        sort_at=sort_at(envelope),
    )


def sort_at(envelope: Envelope) -> int:
    """Where a message stands in time; an implausible date counts as none."""
    if envelope.sent_at is None or not envelope.date_plausible:
        return UNDATED
    return int(envelope.sent_at.timestamp())


def clean(text: str | None, characters: int) -> str | None:
    """A text that every database takes, cut; None for nothing."""
    return nfc_clean(text[:characters]) or None if text else None


def people_of(addresses: Sequence[Address]) -> tuple[Person, ...]:
    """Names and addresses as they are kept."""
    if not addresses:
        return ()
    return tuple(
        (clean(person.name, NAME_CHARACTERS), clean(person.address, NAME_CHARACTERS) or "")
        for person in addresses[:PEOPLE_PER_FIELD]
    )


def kept_parts(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts that are listed as attachments: all but the bodies without a name."""
    kept = [part for part in parts if part.filename or part.kind not in _BODIES]
    return tuple(kept[:ATTACHMENTS_SHOWN])


def filenames_of(parts: Sequence[Part]) -> tuple[str, ...]:
    """The names of the attachments that have one."""
    names = (clean(part.filename, NAME_CHARACTERS) for part in parts)
    return tuple(name for name in names if name)


def _spoken(people: tuple[Person, ...]) -> tuple[str, ...]:
    return tuple(value for person in people for value in person if value)


def _facts(message: Message, parts: tuple[Part, ...]) -> tuple[Fact, ...]:
    facts = []
    if parts:
        facts.append(Fact.ATTACHMENT)
    if message.defects:
        facts.append(Fact.DEFECT)
    if message.has_html:
        facts.append(Fact.HTML)
    return tuple(facts)
