"""The members of a zip: by the directory at its end, or header by header where that is lost.

Reads zip64, data descriptors, and entries that are stored, deflated or packed with bzip2. The
directory says where things are; sizes and checksums are held against what comes out.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from mail.member import Damage, Member, NotTaken, PackedSpan, SpanKind
from mail.member_name import decoded_name, is_system_file
from mail.packed import STEP_BYTES, Decoder, Deflate, Packed, Tick, bzip2, unheard
from mail.source import Source
from mail.zip_directory import Entry, local_entry, read_directory

STORED, DEFLATED, BZIP2 = 0, 8, 12
_DECODERS: dict[int, Callable[[], Decoder]] = {DEFLATED: Deflate, BZIP2: bzip2}
_DESCRIPTOR = b"PK\x07\x08"
_LOCAL_BYTES = 30
# How zip spells what is not UTF-8, by its own book.
_ZIP_CHARSET = "cp437"


class TooManyMembers(Exception):
    """The directory lists more than are wanted."""


@dataclass(slots=True)
class _Place:
    """Where a member's data lies; `stop` is None while only reading it can tell."""

    entry: Entry
    start: int
    stop: int | None


class Zip:
    """The members of a zip. `spans` and `damage` are final when `members` is through."""

    def __init__(self, source: Source, *, most: int, tick: Tick = unheard) -> None:
        self._source = source
        self._most = most
        self._tick = tick
        self._places: dict[int, _Place] = {}
        self._run: Packed | None = None
        self._at = 0
        self.spans: list[PackedSpan] = []
        self.damage: Damage | None = None

    @property
    def passes_over(self) -> bool:
        """See `mail.archive.Archive`."""
        return self.damage is None

    @property
    def position(self) -> int:
        """How far the file has been read, in bytes."""
        return max(self._at, self._run.position if self._run else 0)

    def members(self) -> Iterator[Member]:
        """Each in turn, as they lie in the file. Raises TooManyMembers."""
        directory = read_directory(self._source, most=self._most)
        if directory is None:
            self.damage = Damage.DIRECTORY
            yield from self._by_headers()
            return
        if len(directory.entries) > self._most:
            raise TooManyMembers
        for ordinal, entry in enumerate(sorted(directory.entries, key=lambda one: one.offset)):
            yield from self._listed(ordinal, entry, limit=directory.start)
        if self._at <= directory.start:
            self._at = directory.start
            self._span(directory.stop, SpanKind.STRUCTURE)

    def _listed(self, ordinal: int, entry: Entry, *, limit: int) -> Iterator[Member]:
        """A member of the directory. What nobody reads of it need not be read at all."""
        local = local_entry(self._source, entry.offset)
        member = self._member(ordinal, entry, packed=entry.packed)
        if entry.offset < self._at:
            member.not_taken = member.not_taken or NotTaken.OVERLAPS
            yield member
            return
        if local is None or local.data_start + entry.packed > limit:
            member.damage = Damage.HEADER
            yield member
            return
        start, stop = local.data_start, local.data_start + entry.packed
        self._places[ordinal] = _Place(entry, start, stop)
        self._at = entry.offset
        self._span(start, SpanKind.STRUCTURE)
        yield member
        self._run = None
        self._span(stop, SpanKind.MEMBER)
        if entry.has_descriptor:
            self._span(self._after_descriptor(stop, entry, limit=limit), SpanKind.STRUCTURE)

    def _after_descriptor(self, at: int, entry: Entry, *, limit: int) -> int:
        """Where the copy of checksum and sizes behind the data ends; `at` where there is none."""
        found = self._source.read_at(at, max(min(24, limit - at), 0))
        for mark in (_DESCRIPTOR, b""):
            for form in ("<LLL", "<LQQ"):
                wanted = mark + _packed(form, entry.crc, entry.packed, entry.size)
                if found.startswith(wanted):
                    return at + len(wanted)
        return at

    def _by_headers(self) -> Iterator[Member]:
        """Without a directory, each header says where the next may begin."""
        for ordinal in range(self._most + 1):
            entry = local_entry(self._source, self._at)
            if entry is None:
                return
            if ordinal == self._most:
                raise TooManyMembers
            known = entry.packed > 0 or not entry.has_descriptor
            stop = entry.data_start + entry.packed if known else None
            start = self._at
            member = self._member(ordinal, entry, packed=entry.packed if known else None)
            self._places[ordinal] = _Place(entry, entry.data_start, stop)
            self._at = start
            self._span(min(entry.data_start, self._source.size), SpanKind.STRUCTURE)
            yield member
            member.drain()
            end = min(self.position if stop is None else stop, self._source.size)
            self._run = None
            self._span(end, SpanKind.MEMBER)
            if not known:
                packed = max(end - entry.data_start, 0)
                sized = replace(entry, crc=member.crc, size=member.size, packed=packed)
                member.packed_bytes = packed
                after = self._after_descriptor(end, sized, limit=self._source.size)
                self._span(after, SpanKind.STRUCTURE)

    def _member(self, ordinal: int, entry: Entry, *, packed: int | None) -> Member:
        name = decoded_name(entry.name, is_utf8=entry.is_utf8, otherwise=_ZIP_CHARSET)
        not_taken = _not_taken(entry, name)
        return Member(
            ordinal=ordinal,
            name=name,
            claimed_size=entry.size if packed is not None else None,
            not_taken=not_taken,
            reader=self._blocks,
            packed_bytes=packed,
        )

    def _blocks(self, member: Member) -> Iterator[bytes]:
        place = self._places.pop(member.ordinal, None)
        if place is None or member.damage is not None:
            return
        stop = self._source.size if place.stop is None else min(place.stop, self._source.size)
        entry = place.entry
        if entry.is_encrypted or entry.method not in (STORED, *_DECODERS):
            return
        if entry.method == STORED:
            if place.stop is None:
                member.damage = Damage.LENGTH  # nothing tells where it ends
                return
            yield from self._stored(place.start, stop)
        else:
            yield from self._inflated(member, entry.method, start=place.start, stop=stop)
        if member.damage is None and stop < (place.stop or 0):
            member.damage = Damage.CUT
        elif member.damage is None and place.stop is not None:
            self._check(member, entry)

    def _check(self, member: Member, entry: Entry) -> None:
        if member.size != entry.size:
            member.damage = Damage.LENGTH
        elif member.crc != entry.crc:
            member.damage = Damage.CHECKSUM

    def _stored(self, start: int, stop: int) -> Iterator[bytes]:
        for at in range(start, stop, STEP_BYTES):
            block = self._source.read_at(at, min(STEP_BYTES, stop - at))
            self._tick(None, len(block))
            yield block

    def _inflated(self, member: Member, method: int, *, start: int, stop: int) -> Iterator[bytes]:
        run = self._run = Packed(
            self._source, start=start, stop=stop, decoder=_DECODERS[method](), tick=self._tick
        )
        yield from run.blocks()
        if not run.ended:
            member.damage = Damage.BROKEN if run.broken else Damage.CUT
        elif run.position < stop and member.packed_bytes is not None:
            member.damage = Damage.LENGTH

    def _span(self, stop: int, kind: SpanKind) -> None:
        if stop > self._at:
            self.spans.append(PackedSpan(self._at, stop - self._at, kind))
            self._at = stop


def _packed(form: str, *numbers: int) -> bytes:
    largest = 0xFFFFFFFF if form == "<LLL" else 0xFFFFFFFFFFFFFFFF
    return struct.pack(form, *(min(number, largest) for number in numbers))


def _not_taken(entry: Entry, name: str) -> NotTaken | None:
    if name.endswith(("/", "\\")):
        return NotTaken.DIRECTORY
    if is_system_file(name):
        return NotTaken.SYSTEM
    if entry.is_link:
        return NotTaken.LINK
    if entry.is_encrypted:
        return NotTaken.ENCRYPTED
    if entry.method not in (STORED, *_DECODERS):
        return NotTaken.METHOD
    return None
