"""Put a message's leaves together: its parts, its searchable text, its HTML.

The text is that of the plain leaves; of HTML only where an alternative has no plain text. Text of
messages inside comes along, because people look for it.
"""

from __future__ import annotations

import hashlib
import time
from typing import NamedTuple

from mail.defect import DefectKind
from mail.embedded import Embedded, may_hold_files, take_out_files
from mail.filename import safe_filename
from mail.leaf import (
    described,
    disposition_of,
    kind_of,
    leaf_bytes,
    leaf_text,
    measure,
    original_filename,
    part_of,
)
from mail.limits import Limits
from mail.mime import Leaf
from mail.part_record import Part, PartKind
from mail.text import unflowed, visible_text
from mail.words import Reading, raw_text

# Encoded bytes per character of text that are worth decoding: base64 of four-byte letters.
_BYTES_PER_CHARACTER = 8


class Body(NamedTuple):
    """What was read of a message's body."""

    parts: tuple[Part, ...]
    text: str
    text_cut: bool
    has_html: bool


class _Text(NamedTuple):
    """What one leaf says."""

    group: int  # the alternative it belongs to, or 0
    text: str
    plain: bool  # preferred to other members of its alternative
    markup: bool  # still HTML


class _Gathered:
    """Parts and texts, in document order, as they are read."""

    __slots__ = (
        "cut",
        "deadline",
        "has_html",
        "limits",
        "parts",
        "plain_groups",
        "reading",
        "texts",
    )

    def __init__(self, reading: Reading, limits: Limits, deadline: float) -> None:
        self.deadline = deadline
        self.reading = reading
        self.limits = limits
        self.parts: list[Part] = []
        self.texts: list[_Text] = []
        self.plain_groups: set[int] = set()
        self.has_html = False
        self.cut = False

    def is_late(self, what: str) -> bool:
        """Whether this message has taken longer than one message may; then it is noted."""
        late = time.monotonic() > self.deadline
        if late:
            self.reading.defects.note(DefectKind.TIME_CUT, where="body", what=what)
        return late


def read_body(leaves: list[Leaf], *, reading: Reading, limits: Limits, deadline: float) -> Body:
    """Parts and text of a message whose leaves are known. Never raises.

    From `deadline` on (of `time.monotonic`), no further part is read.
    """
    gathered = _Gathered(reading, limits, deadline)
    for number, leaf in enumerate(leaves):
        if number and gathered.is_late(f"{len(leaves) - number} parts left out"):
            break
        _take_leaf(gathered, leaf, first=number == 0)
    text = _joined(gathered)
    if len(text) > limits.text_characters:
        text, gathered.cut = text[: limits.text_characters], True
    if gathered.cut:
        reading.defects.note(
            DefectKind.TEXT_CUT, where="body", what=f"{limits.text_characters} characters kept"
        )
    return Body(tuple(gathered.parts), text, gathered.cut, gathered.has_html)


def _take_leaf(gathered: _Gathered, leaf: Leaf, *, first: bool) -> None:
    disposition = disposition_of(leaf)
    name = original_filename(leaf, disposition, gathered.reading)
    kind = kind_of(leaf, name=name, disposition=disposition.value, first=first)
    if kind is PartKind.TEXT or kind is PartKind.HTML:
        _take_text(gathered, leaf, kind, name=name)
        return
    part = part_of(leaf, kind, name=name, reading=gathered.reading)
    gathered.parts.append(part)


def _take_text(gathered: _Gathered, leaf: Leaf, kind: PartKind, *, name: str | None) -> None:
    reading = gathered.reading
    most = gathered.limits.text_characters * _BYTES_PER_CHARACTER
    content = leaf_bytes(leaf, reading, most=most)
    whole = leaf.end - leaf.begin <= most
    size = len(content) if whole else measure(leaf, reading)[0]
    gathered.cut = gathered.cut or not whole
    gathered.parts.append(described(leaf, kind, name=name, size=size, digest=None, reading=reading))
    if kind is PartKind.TEXT:
        _take_plain(gathered, leaf, content)
    else:
        gathered.has_html = True
        text = leaf_text(content, leaf, reading)
        gathered.texts.append(_Text(leaf.group, text, plain=False, markup=True))


def _take_plain(gathered: _Gathered, leaf: Leaf, content: bytes) -> None:
    reading = gathered.reading
    if may_hold_files(content):
        content, files = take_out_files(content, where=leaf.where, defects=reading.defects)
        for number, file in enumerate(files, start=1):
            gathered.parts.append(_embedded_part(leaf, file, number=number, reading=reading))
    text = leaf_text(content, leaf, reading)
    if leaf.type.plain.get("format", b"").lower() == b"flowed":
        delete_space = leaf.type.plain.get("delsp", b"").lower() == b"yes"
        text = unflowed(text, delete_space=delete_space)
    plain = leaf.type.value == "text/plain"
    if leaf.group and plain and text and not text.isspace():
        gathered.plain_groups.add(leaf.group)
    gathered.texts.append(_Text(leaf.group, text, plain=plain, markup=False))


def _embedded_part(leaf: Leaf, file: Embedded, *, number: int, reading: Reading) -> Part:
    name = raw_text(file.name, name="begin", reading=reading)
    return Part(
        path=f"{leaf.path}#{number}",
        kind=PartKind.UUENCODE,
        content_type="application/octet-stream",
        charset=None,
        filename=safe_filename(name),
        original_filename=name or None,
        size=len(file.content),
        sha256=hashlib.sha256(file.content).digest(),
        content_id=None,
    )


def _joined(gathered: _Gathered) -> str:
    pieces: list[str] = []
    room = gathered.limits.text_characters
    for one in gathered.texts:
        if not one.plain and one.group in gathered.plain_groups:
            continue
        if room < 0 or (pieces and one.markup and gathered.is_late("text left out")):
            gathered.cut = True
            break
        shown = visible_text(one.text) if one.markup else one.text.strip("\n")
        if shown:
            pieces.append(shown)
            room -= len(shown)
    return "\n".join(pieces)


def html_of(leaves: list[Leaf], reading: Reading) -> str | None:
    """The HTML body, decoded and unsanitised: the leaves of the message itself, in order."""
    found = []
    for number, leaf in enumerate(leaves):
        disposition = disposition_of(leaf)
        name = original_filename(leaf, disposition, reading)
        kind = kind_of(leaf, name=name, disposition=disposition.value, first=number == 0)
        if kind is PartKind.HTML and not leaf.nested:
            found.append(leaf_text(leaf_bytes(leaf, reading), leaf, reading))
    return "\n".join(found) if found else None
