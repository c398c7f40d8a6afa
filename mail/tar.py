"""The members of a tar, read once from front to back: ustar, GNU and pax.

Reads from blocks of bytes wherever they come from, so a tar inside a gzip needs no second copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mail.member import Damage, Member, NotTaken, PackedSpan, SpanKind
from mail.member_name import decoded_name, is_system_file

BLOCK = 512
# A longer name, or list of attributes, is passed over: no honest file has one.
_LONGEST_EXTRA = 1 << 20
_MOST = 1 << 62
_MOST_DIGITS = 20
_FILES = frozenset((b"0", b"\0", b"7"))
_NOT_TAKEN = {
    b"5": NotTaken.DIRECTORY,
    b"1": NotTaken.LINK,
    b"2": NotTaken.LINK,
    b"3": NotTaken.DEVICE,
    b"4": NotTaken.DEVICE,
    b"6": NotTaken.DEVICE,
    # GNU: the names in a folder, for backups of what changed, and the label of a tape.
    b"D": NotTaken.DIRECTORY,
    b"V": NotTaken.EMPTY,
}
_NO_DATA = frozenset((b"1", b"2", b"3", b"4", b"5", b"6"))
_PAX = re.compile(rb"(\d{1,20}) ([^=\n]+)=")


class Feed:
    """Blocks of bytes, to be taken in pieces of any size."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = b""
        self.offset = 0

    def some(self, most: int) -> bytes:
        """The next bytes, at most so many; nothing at the end."""
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return b""
            self._rest = block
        taken, self._rest = self._rest[:most], self._rest[most:]
        self.offset += len(taken)
        return taken

    def pieces(self, length: int) -> Iterator[bytes]:
        """The next `length` bytes piece by piece; fewer at the end."""
        while length > 0 and (piece := self.some(length)):
            length -= len(piece)
            yield piece

    def take(self, length: int) -> bytes:
        """The next `length` bytes at once; fewer at the end."""
        return b"".join(self.pieces(length))

    def skip(self, length: int) -> int:
        """Pass over bytes; how many there were."""
        return sum(len(piece) for piece in self.pieces(length))


def is_tar_header(block: bytes) -> bool:
    """True for 512 bytes whose checksum says that they begin a tar member."""
    if len(block) < BLOCK or block[257:262] != b"ustar":
        return False
    said = _number(block[148:156])
    return said == sum(block[:148]) + sum(block[156:BLOCK]) + 8 * ord(" ")


def _number(field: bytes) -> int | None:
    """A number as tar writes it: octal, or in base 256 when the first bit is set."""
    if field[0] & 0x80:
        value = int.from_bytes(bytes((field[0] & 0x7F,)) + field[1:], "big")
        return value if value < _MOST else None
    digits = field.strip(b" \0")
    if digits.strip(b"01234567"):
        return None
    return int(digits, 8) if digits else 0


def _decimal(digits: bytes) -> int | None:
    """A number as pax writes it; None for what none is, or no file has."""
    if not digits.isdigit() or len(digits) > _MOST_DIGITS:
        return None
    value = int(digits)
    return value if value < _MOST else None


class Tar:
    """The members of a tar. `spans` and `damage` are final when `members` is through."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._feed = Feed(blocks)
        self._ordinal = 0
        self._left = 0  # of the member in hand
        self.spans: list[PackedSpan] = []
        self.damage: Damage | None = None

    def members(self) -> Iterator[Member]:
        """Each in turn. What the caller does not read of one is passed over."""
        given: dict[str, bytes] = {}
        while (header := self._header()) is not None:
            kind, size = header[156:157], _number(header[124:136])
            if given.get("size"):
                size = _decimal(given["size"])
            if size is None:
                self.damage = Damage.HEADER
                return
            if kind in b"LKxg" and kind:
                self._extra(kind, size, given)
                continue
            yield from self._member(header, kind, size=size, given=given)
            given = {}
            if self.damage is not None:
                return

    def _header(self) -> bytes | None:
        start = self._feed.offset
        block = self._feed.take(BLOCK)
        if is_tar_header(block):
            self._span(start, SpanKind.STRUCTURE)
            return block
        if len(block) < BLOCK:
            self._span(start, SpanKind.STRUCTURE)
            self.damage = Damage.CUT  # a whole tar ends with a block of zeros
        elif any(block):
            self.damage = Damage.HEADER
        else:
            self._end(start)
        return None

    def _end(self, start: int) -> None:
        self._span(start, SpanKind.STRUCTURE)
        after = self._feed.offset
        others = sum(len(piece) - piece.count(0) for piece in self._feed.pieces(_MOST))
        if not others:
            self._span(after, SpanKind.TRAILER)
        else:
            self.damage = Damage.HEADER

    def _extra(self, kind: bytes, size: int, given: dict[str, bytes]) -> None:
        """What belongs to the next member's header: a long name, or attributes."""
        start = self._feed.offset
        content = self._feed.take(size) if size <= _LONGEST_EXTRA else b""
        self._feed.skip(size - len(content) + _padding(size))
        self._span(start, SpanKind.STRUCTURE)
        if kind == b"L":
            given["path"] = content.rstrip(b"\0")
        elif kind == b"x":
            given.update(_attributes(content))

    def _member(
        self, header: bytes, kind: bytes, *, size: int, given: dict[str, bytes]
    ) -> Iterator[Member]:
        name = decoded_name(given.get("path") or _name(header))
        self._left = 0 if kind in _NO_DATA else size
        not_taken = _NOT_TAKEN.get(kind)
        if not_taken is None and name.endswith("/"):
            not_taken = NotTaken.DIRECTORY
        elif not_taken is None and kind not in _FILES:
            not_taken = NotTaken.METHOD
        elif not_taken is None and is_system_file(name):
            not_taken = NotTaken.SYSTEM
        member = Member(
            ordinal=self._ordinal,
            name=name,
            claimed_size=self._left,
            not_taken=not_taken,
            reader=self._blocks,
        )
        self._ordinal += 1
        start = self._feed.offset
        yield member
        for _ in self._blocks(member):
            pass
        self._span(start, SpanKind.MEMBER)
        start, padding = self._feed.offset, _padding(member.claimed_size or 0)
        if member.damage is None and self._feed.skip(padding) < padding:
            self.damage = Damage.CUT
        self._span(start, SpanKind.STRUCTURE)

    def _blocks(self, member: Member) -> Iterator[bytes]:
        while self._left > 0:
            piece = self._feed.some(self._left)
            if not piece:
                member.damage = self.damage = Damage.CUT
                return
            self._left -= len(piece)
            yield piece

    def _span(self, start: int, kind: SpanKind) -> None:
        if self._feed.offset > start:
            self.spans.append(PackedSpan(start, self._feed.offset - start, kind))


def _padding(size: int) -> int:
    return -size % BLOCK


def _name(header: bytes) -> bytes:
    name = header[:100].split(b"\0", 1)[0]
    prefix = header[345:500].split(b"\0", 1)[0]
    # GNU's own format uses the place of the prefix for times.
    return prefix + b"/" + name if prefix and header[257:263] == b"ustar\0" else name


def _attributes(content: bytes) -> dict[str, bytes]:
    """The attributes of a pax header that matter here."""
    found: dict[str, bytes] = {}
    at = 0
    while at < len(content):
        begin = _PAX.match(content, at)
        length = int(begin[1]) if begin else 0
        if begin is None or length <= begin.end() - at:
            break
        key = begin[2].decode("utf-8", "replace")
        if key in ("path", "size"):
            found[key] = content[begin.end() : at + length - 1]
        at += length
    return found
