"""Addresses of a header (RFC 5322 section 3.4, and what programs write instead).

Groups are opened, comments become names where there is no other, encoded-words are decoded after
the structure is found. An address that makes no sense is kept as written and noted.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from mail.address_tokens import ESCAPED, Pending, pendings
from mail.defect import DefectKind, Defects
from mail.remembered import Remembered
from mail.words import Reading, ascii_text, decode_words, raw_text

_PLAIN = re.compile(
    r'(?:"([^"\\]*)"\s*|([^"<>@,;:()\\\[\]]*))<([^<>@,;:()"\\\s]+@[^<>@,;:()"\\\s]+)>\Z'
)
_BARE = re.compile(r'[^<>@,;:()"\\\s]+@[^<>@,;:()"\\\s]+\Z')
_COMMENT = re.compile(r"\([^()]*\)")
_QUOTED = re.compile(r'"[^"]*"')
_PIECE = re.compile(r'(?:[^",]++|"[^"]*+")++')
_PIPERMAIL = re.compile(r"(\S+) at ([\w-]+(?:\.[\w-]+)*)\Z")


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox: a display name, if any, and an address as written (possibly malformed)."""

    name: str | None
    address: str


class People(NamedTuple):
    """The mailboxes of one header value, and how many more there are than were asked for."""

    found: tuple[Address, ...]
    more: int


def parse_addresses(value: bytes, *, name: str, reading: Reading, most: int) -> People:
    """The first `most` mailboxes of a header's value, in order. `name` is the header, for defects.

    Whole values are remembered: mail of one thread goes to the same people again and again.
    """
    known = _VALUES_BEFORE.get(value) if reading.charset is None else None
    if known is not None:
        return known
    text = ascii_text(value)
    plain = _all_plain(text) if text and not _is_overruled(text, reading) else ()
    if plain and len(plain) <= most:
        found = People(plain, 0)
        _VALUES_BEFORE.keep(value, found)
        return found
    own = Defects()
    apart = reading._replace(defects=own)
    if text is None:
        text = raw_text(value, name=name, reading=apart)
    found = _mailboxes(text, name=name, reading=apart, most=most) if text else _NOBODY
    reading.defects.take(own)
    # As in `_careful`: only what reads the same in every message.
    if value.isascii() and reading.charset is None and not (own or found.more):
        _VALUES_BEFORE.keep(value, found)
    return found


def _is_overruled(text: str, reading: Reading) -> bool:
    """Whether a person has chosen how encoded-words in the text are to be read."""
    return reading.charset is not None and "=?" in text


def _all_plain(text: str) -> tuple[Address, ...]:
    """The mailboxes of a value when all are plain, as in most mail; none when any is not.

    No piece with half a pair of quotes is plain, so that each comma here parts two mailboxes.
    """
    pieces = text.split(",")
    read = _read_plain if max(map(len, pieces)) <= _LONGEST_READ_BEFORE else _plain
    found = tuple(filter(None, map(read, pieces)))
    return found if len(found) == len(pieces) else ()


def _mailboxes(text: str, *, name: str, reading: Reading, most: int) -> People:
    pieces = _between_commas(text) or [text]
    more = 0
    if len(pieces) > most:
        more = sum(bool(piece.strip()) for piece in pieces[most:])
        pieces = pieces[:most]
    found: list[Address] = []
    for piece in pieces:
        one = None if _is_overruled(piece, reading) else _plain(piece)
        if one:
            found.append(one)
            continue
        some, left = _careful(piece, name=name, reading=reading, most=most)
        found += some
        more += left
    return People(tuple(found[:most]), more + max(0, len(found) - most))


_NOBODY = People((), 0)


def _between_commas(text: str) -> list[str] | None:
    """The mailboxes of a header, still as written; None where a comma may not part two of them."""
    if '"' not in text:
        return None if _has_parting(text) else text.split(",")
    if "\\" in text or text.count('"') % 2:
        return None
    if _has_parting(text) and _has_parting(_QUOTED.sub("", text)):
        return None
    return _PIECE.findall(text)


def _has_parting(text: str) -> bool:
    # A class of characters takes a pattern twenty times as long.
    return ":" in text or "(" in text or ";" in text or "\\" in text


def _plain(piece: str) -> Address | None:
    """A mailbox without comments or escapes whose name is certain, else None."""
    if len(piece) > _LONGEST_READ_BEFORE:  # what is remembered has to be small
        return _read_plain.__wrapped__(piece)
    return _read_plain(piece)


@functools.lru_cache(maxsize=8192)
def _read_plain(piece: str) -> Address | None:
    """Remembered, because mail of one list or one person names the same few people over again."""
    text = piece.strip()
    found = _PLAIN.match(text)
    if found is None:
        return Address(None, text) if _BARE.match(text) else None
    quoted, words, address = found.groups()
    name = (quoted if words is None else words).strip()
    if "=" in name:
        decoded = _certain_name(name)
        return None if decoded is None else Address(decoded or None, address)
    return Address(name or None, address)


def _certain_name(written: str) -> str | None:
    """A name whose encoded-words read the same in every message; None if they may not.

    That is where nothing about them is noted: what the message declares helps only in guesses.
    """
    if written != " ".join(written.split()):
        return None  # blanks within words are kept, others are not
    own = Defects()
    decoded = decode_words(written, name="", reading=Reading((), None, own))
    return None if own else decoded.strip()


def _careful(text: str, *, name: str, reading: Reading, most: int) -> People:
    """What `_plain` does not read, remembered where nothing depends on the message around it."""
    known = _READ_BEFORE.get(text) if reading.charset is None else None
    if known is not None:
        return known
    own = Defects()
    found = _tokenised(text, name=name, reading=reading._replace(defects=own), most=most)
    reading.defects.take(own)
    # A name that was guessed, or chosen by a person, may read otherwise in the next message.
    if text.isascii() and reading.charset is None and not (own or found.more):
        _READ_BEFORE.keep(text, found)
    return found


_LONGEST_READ_BEFORE = 500
_READ_BEFORE = Remembered[str, People](longest=_LONGEST_READ_BEFORE, room=1 << 18)
# An address takes 25 times its length when it is short: at most 12 MiB.
_VALUES_BEFORE = Remembered[bytes, People](longest=2000, room=1 << 19)


def _tokenised(text: str, *, name: str, reading: Reading, most: int) -> People:
    if "@" not in text and "=?" in text:
        # Some programs encode the whole address, brackets included.
        decoded = decode_words(text, name=name, reading=reading)
        if "@" in decoded:
            return _all_finished(pendings(decoded), name=name, reading=reading, most=most)
    return _all_finished(_one_by_one(pendings(text)), name=name, reading=reading, most=most)


def _all_finished(waiting: Iterable[Pending], *, name: str, reading: Reading, most: int) -> People:
    found: list[Address] = []
    more = 0
    for pending in waiting:
        if len(found) == most:
            more += pending.angle is not None or any(map(str.strip, pending.words))
        elif one := _finished(pending, name=name, reading=reading):
            found.append(one)
    return People(tuple(found), more)


def _one_by_one(waiting: list[Pending]) -> Iterator[Pending]:
    """The pending mailboxes, those that are several bare addresses in a row taken apart."""
    for pending in waiting:
        words = [word for word in pending.words if word != " "]
        if pending.angle is None and len(words) > 1 and all(map(_BARE.match, words)):
            for word in words:
                single = Pending()
                single.words = [word]
                yield single
        else:
            yield pending


def _finished(pending: Pending, *, name: str, reading: Reading) -> Address | None:
    words = "".join(pending.words).strip()
    if pending.angle is not None:
        return _with_angle(pending, words, name=name, reading=reading)
    if not words:
        return None
    name_words, address = _address_of_words(words)
    if "@" not in address:
        reading.defects.note(DefectKind.ADDRESS_MALFORMED, where=name, what=words)
        address = decode_words(address, name=name, reading=reading)
    shown = decode_words(name_words, name=name, reading=reading).strip() or None
    return Address(shown or _commented(pending, name=name, reading=reading), address)


def _address_of_words(words: str) -> tuple[str, str]:
    """Name and address of a mailbox that has no brackets."""
    found = _PIPERMAIL.match(words)
    if found:
        return "", f"{found.group(1)}@{found.group(2)}"
    pieces = words.split(" ")
    if len(pieces) == 1 or "@" not in words:
        return "", words
    tight = words
    for mark in "@.":
        tight = mark.join(piece.strip(" ") for piece in tight.split(mark))
    if _BARE.match(tight):
        return "", tight
    whole = [piece for piece in pieces if _BARE.match(piece)]
    if len(whole) != 1:
        return "", words
    return " ".join(piece for piece in pieces if piece != whole[0]), whole[0]


def _with_angle(pending: Pending, words: str, *, name: str, reading: Reading) -> Address | None:
    address = _COMMENT.sub("", pending.angle or "").strip("<> \t").partition(">")[0]
    if " " in address or "\t" in address:  # blanks around its dots, as the first standard allowed
        tight = "".join(address.split())
        address = tight if _BARE.match(tight) else address
    if not address and not words:
        return None
    if "@" not in address:
        reading.defects.note(DefectKind.ADDRESS_MALFORMED, where=name, what=address or words)
    route = address.rpartition(":")
    if address.startswith("@") and route[2]:
        address = route[2]
    shown = decode_words(words, name=name, reading=reading).strip() if words else ""
    return Address(shown or _commented(pending, name=name, reading=reading), address)


def _commented(pending: Pending, *, name: str, reading: Reading) -> str | None:
    text = " ".join(ESCAPED.sub(r"\1", comment) for comment in pending.comments)
    return decode_words(text, name=name, reading=reading).strip() or None
