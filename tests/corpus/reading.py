"""Our reading and the standard library's reading of the corpus, in one comparable shape."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from mail.mbox import BytesSource, Rule, SpanKind, detect, spans
from mail.message import Message, read_message
from mail.part import PartKind
from tests.corpus.expected import CORPUS, plain

# A message inside is listed by its own parts; files typed into a text only we find.
_NO_FILES = (PartKind.TEXT, PartKind.HTML, PartKind.MESSAGE)
# What the standard library raises on real mail, among them IndexError on "<<a@b>>".
_LIBRARY_FAILS = (
    AttributeError,
    AssertionError,
    IndexError,
    KeyError,
    LookupError,
    RecursionError,
    TypeError,
    UnicodeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Mail:
    """One message of the corpus, still raw."""

    name: str
    raw: bytes
    separator: bytes
    rule: Rule


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader made of one message; the fields that people compare."""

    subject: str
    senders: tuple[str, ...]
    to: tuple[str, ...]
    sent_at: datetime | None
    text: str
    attachments: tuple[tuple[str | None, int], ...]


def mails_of(path: Path) -> list[Mail]:
    """The messages of one file."""
    content = path.read_bytes()
    source = BytesSource(content)
    rule = detect(source).rule
    name = str(path.relative_to(CORPUS))
    found = []
    for span in spans(source, rule):
        if span.kind is SpanKind.MESSAGE:
            begin = span.offset + span.separator_length
            raw = content[begin : span.offset + span.length]
            found.append(Mail(name, raw, content[span.offset : begin], rule))
    return found


def files() -> list[Path]:
    """Every mail file of the corpus."""
    return [
        path
        for path in sorted(CORPUS.rglob("*"))
        if path.suffix in (".eml", ".mbox", ".emlx") and path.is_file()
    ]


def mails() -> Iterator[Mail]:
    """Every message of the corpus."""
    for path in files():
        yield from mails_of(path)


def read(mail: Mail) -> Message:
    """Our reading."""
    return read_message(mail.raw, rule=mail.rule, separator=mail.separator)


def ours(message: Message) -> Reading:
    """Our reading in the common shape."""
    envelope = message.envelope
    return Reading(
        subject=plain(envelope.subject or ""),
        senders=tuple(one.address for one in envelope.senders),
        to=tuple(one.address for one in envelope.to),
        sent_at=envelope.sent_at if envelope.date_source == "date" else None,
        text=plain(message.text),
        attachments=tuple(
            sorted(
                (part.original_filename or "", part.size)
                for part in message.parts
                if part.kind is not PartKind.UUENCODE
                if part.original_filename or part.kind not in _NO_FILES
            )
        ),
    )


def librarys(mail: Mail) -> Reading | None:
    """What `email` with `policy.default` makes of a message; None where it raises."""
    try:
        parsed = email.message_from_bytes(mail.raw, policy=email.policy.default)
        return Reading(
            subject=plain(str(parsed["subject"] or "")),
            senders=_people(parsed, "from"),
            to=_people(parsed, "to"),
            sent_at=_date(parsed),
            text=plain(_text(parsed)),
            attachments=tuple(sorted(_attachments(parsed))),
        )
    except _LIBRARY_FAILS:
        return None


def _people(parsed: EmailMessage, name: str) -> tuple[str, ...]:
    return tuple(one.addr_spec for field in parsed.get_all(name) or () for one in field.addresses)


def _date(parsed: EmailMessage) -> datetime | None:
    moment: datetime | None = parsed["date"].datetime if parsed["date"] else None
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _text(parsed: EmailMessage) -> str:
    """Every plain text that is no attachment: `get_body` alone would stop at the first."""
    return "\n".join(
        part.get_content()
        for part in parsed.walk()
        if part.get_content_type() == "text/plain"
        and not part.is_multipart()
        and not part.is_attachment()
        and not part.get_filename()
    )


def _attachments(parsed: EmailMessage) -> Iterator[tuple[str, int]]:
    """Every leaf that is no text body, those of messages inside included, as we list them."""
    for part in parsed.walk():
        named = part.get_filename() is not None
        attached = named or part.is_attachment() or part.get_content_maintype() != "text"
        if attached and not part.is_multipart():
            content = part.get_payload(decode=True)
            yield part.get_filename() or "", len(content) if isinstance(content, bytes) else -1
