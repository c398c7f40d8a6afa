"""What a message says about itself: addresses, subject, dates, ids, labels."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from mail.address import Address, parse_addresses
from mail.address_tokens import ESCAPED
from mail.defect import DefectKind
from mail.header import Header
from mail.label import split_labels
from mail.limits import Limits
from mail.when import DateSource, choose_date
from mail.words import Reading, header_text

__all__ = ["Address", "DateSource", "Envelope", "read_envelope"]

# Each of these begins where a run of its letters begins, so that no run is looked at twice.
_ID = re.compile(rb"<([^<> \t\n\r\f\v]+)>")  # half as slow again with \s among them
_PLAIN_ID = re.compile(r"<([^<> \t\n\r\f\v]+)>")
_SPACED_ID = re.compile(rb"<([^<>]+)>")
_BARE_ID = re.compile(rb"(?<![^\s<>(),;\[\]\"])[^\s<>(),;\[\]\"]+@[^\s<>(),;\[\]\"]+")
_LONGEST_ID = 500
_LONGEST_LIST_ID = 2000
_PEOPLE = (
    (b"from", "From"),
    (b"to", "To"),
    (b"cc", "Cc"),
    (b"bcc", "Bcc"),
    (b"reply-to", "Reply-To"),
)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"\Z', re.DOTALL)
_BRACKETED = re.compile(r"<([^<>]+)>")
_THREAD = re.compile(r"[0-9A-Za-z]{1,40}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What a message says about itself, before anyone opens its parts."""

    message_id: str | None  # without angle brackets
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    subject: str | None
    senders: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    sent_at: datetime | None  # always aware, UTC
    date_source: DateSource
    date_raw: str | None
    date_plausible: bool
    labels: tuple[str, ...]
    thread_id: str | None  # X-GM-THRID
    list_id: str | None
    list_description: str | None  # what List-Id says before the identifier


class _List(NamedTuple):
    """What List-Id says (RFC 2919): which list it is, and what people call it."""

    id: str | None
    description: str | None


def read_envelope(
    header: Header,
    *,
    separator: bytes,
    reading: Reading,
    limits: Limits,
    not_after: datetime | None = None,
) -> Envelope:
    """The envelope of a header; what is wrong in it is noted as defects. Never raises."""
    # In the order of their defects.
    date = choose_date(header, separator, reading, not_after=not_after)
    message_id = _message_id(header, reading)
    subject = _text(header, b"subject", name="Subject", reading=reading)
    if subject and len(subject) > limits.subject_characters:
        subject = _cut(subject, limits.subject_characters, name="Subject", reading=reading)
    senders, to, cc, bcc, reply_to = [
        _people(header.every(field), name=name, reading=reading, limits=limits)
        for field, name in _PEOPLE
    ]
    mailing_list = _list(header, reading)
    return Envelope(
        message_id=message_id,
        in_reply_to=_ids(header, b"in-reply-to", limits),
        references=_ids(header, b"references", limits),
        subject=subject,
        senders=senders,
        to=to,
        cc=cc,
        bcc=bcc,
        reply_to=reply_to,
        sent_at=date.sent_at,
        date_source=date.source,
        date_raw=date.raw,
        date_plausible=date.plausible,
        labels=_labels(header, reading, limits),
        thread_id=_thread_id(header, reading),
        list_id=mailing_list.id,
        list_description=mailing_list.description,
    )


def _text(header: Header, field: bytes, *, name: str, reading: Reading) -> str | None:
    value = header.get(field)
    return header_text(value, name=name, reading=reading) if value is not None else None


def _cut(text: str, most: int, *, name: str, reading: Reading) -> str:
    what = f"{most} of {len(text)} characters kept"
    reading.defects.note(DefectKind.VALUE_CUT, where=name, what=what)
    return text[:most]


def _people(
    values: list[bytes], *, name: str, reading: Reading, limits: Limits
) -> tuple[Address, ...]:
    if not values:
        return ()
    most = limits.addresses
    found, more = parse_addresses(values[0], name=name, reading=reading, most=most)
    if len(values) > 1:
        others = [parse_addresses(one, name=name, reading=reading, most=most) for one in values[1:]]
        found = tuple(chain(found, *(one.found for one in others)))
        more += sum(one.more for one in others)
    if more or len(found) > most:
        what = f"{len(found) + more} addresses"
        reading.defects.note(DefectKind.ADDRESSES_CUT, where=name, what=what)
        found = found[:most]
    if any(_is_long(one, limits) for one in found):
        return tuple(_cut_person(one, limits, name=name, reading=reading) for one in found)
    return found


def _is_long(one: Address, limits: Limits) -> bool:
    most = limits.name_characters
    return len(one.address) > most or (one.name is not None and len(one.name) > most)


def _cut_person(one: Address, limits: Limits, *, name: str, reading: Reading) -> Address:
    most = limits.name_characters
    if not _is_long(one, limits):
        return one
    texts = [
        text if text is None or len(text) <= most else _cut(text, most, name=name, reading=reading)
        for text in (one.name, one.address)
    ]
    return Address(texts[0], texts[1] or "")


def _message_id(header: Header, reading: Reading) -> str | None:
    value = header.get(b"message-id")
    if value is None or not value.strip(b" \t\r\n<>[]"):
        reading.defects.note(DefectKind.MESSAGE_ID_MISSING, where="Message-ID")
        return None
    found = _ID.findall(value)
    if len(found) != 1 or value.count(b"<") != 1:
        what = b" ".join(value[:200].split()).decode("utf-8", "replace")
        reading.defects.note(DefectKind.MESSAGE_ID_MALFORMED, where="Message-ID", what=what)
    if not found:
        spaced = _SPACED_ID.search(value)
        found = [b"".join((spaced.group(1) if spaced else value).split()).strip(b"<>[]")]
    if len(found[0]) > _LONGEST_ID:
        what = f"{len(found[0])} bytes"
        reading.defects.note(DefectKind.MESSAGE_ID_LONG, where="Message-ID", what=what)
    return _id_text(found[0]) or None


def _id_text(written: bytes) -> str:
    """An id as text; one that is too long for any index keeps its digest instead of its end."""
    written = written.replace(b"\0", b"")
    if len(written) > _LONGEST_ID:
        kept = written[: _LONGEST_ID - 65].decode("ascii", "replace")
        return f"{kept}~{hashlib.sha256(written).hexdigest()}"
    return written.decode("utf-8", "replace")


def _ids(header: Header, field: bytes, limits: Limits) -> tuple[str, ...]:
    value = header.get(field)
    if not value:
        return ()
    if value.isascii() and b"\0" not in value:
        plain = _PLAIN_ID.findall(value.decode("ascii"))
        if plain and (len(value) <= _LONGEST_ID or not _has_long(plain)):
            return tuple(dict.fromkeys(plain[: limits.references]))
    found = _ID.findall(value) or _BARE_ID.findall(value)
    return tuple(map(_id_text, dict.fromkeys(found[: limits.references])))


def _has_long(ids: Iterable[str]) -> bool:
    return max(map(len, ids)) > _LONGEST_ID


def _labels(header: Header, reading: Reading, limits: Limits) -> tuple[str, ...]:
    values = header.every(b"x-gmail-labels")
    if not values:
        return ()
    found: dict[str, None] = {}
    for value in values:
        text = header_text(value, name="X-Gmail-Labels", reading=reading)
        found |= dict.fromkeys(split_labels(text, limit=limits.labels))
    most = limits.label_characters
    kept = [
        label if len(label) <= most else _cut(label, most, name="X-Gmail-Labels", reading=reading)
        for label in found
    ]
    return tuple(kept[: limits.labels])


def _thread_id(header: Header, reading: Reading) -> str | None:
    text = _text(header, b"x-gm-thrid", name="X-GM-THRID", reading=reading)
    return text if text and _THREAD.match(text) else None


_NO_LIST = _List(None, None)


def _list(header: Header, reading: Reading) -> _List:
    text = _text(header, b"list-id", name="List-Id", reading=reading)
    return _list_of(text[:_LONGEST_LIST_ID]) if text else _NO_LIST


@functools.lru_cache(maxsize=256)
def _list_of(text: str) -> _List:
    found = list(_BRACKETED.finditer(text))
    if not found:
        return _List(text[:_LONGEST_ID], None)
    # The last brackets, unless nothing stands before the first: a description may hold some, once
    # its encoded-words are decoded.
    place = found[0] if not text[: found[0].start()].strip() else found[-1]
    description = _unquoted(text[: place.start()].strip())
    return _List(place.group(1).strip()[:_LONGEST_ID] or None, description or None)


def _unquoted(text: str) -> str:
    quoted = _QUOTED.match(text)
    return ESCAPED.sub(r"\1", quoted.group(1)).strip() if quoted else text
