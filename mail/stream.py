"""Files that are one packed stream: gzip, bzip2, xz, and several of them one after the other.

Also tells which byte of the file was data, which was wrapping, and which was neither.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

from mail.member import Damage, PackedSpan, SpanKind
from mail.packed import Decoder, Deflate, Packed, Tick, bzip2, unheard, xz
from mail.source import Source

GZIP = b"\x1f\x8b\x08"
BZIP2 = b"BZh"
XZ = b"\xfd7zXZ\0"
_DECODERS: dict[bytes, Callable[[], Decoder]] = {GZIP: Deflate, BZIP2: bzip2, XZ: xz}
_HEAD_BYTES = 128 << 10
_TRAILER_BYTES = 8
_EXTRA, _NAME, _COMMENT, _HEADER_CRC = 4, 8, 16, 2


def gzip_header(head: bytes) -> tuple[int, bytes | None] | None:
    """How long a gzip header is, and the file name in it; None when it is none, or cut off."""
    if len(head) < 10 or not head.startswith(GZIP):
        return None
    flags, at, name = head[3], 10, None
    if flags & _EXTRA:
        at += 2 + int.from_bytes(head[at : at + 2], "little")
    for flag in (_NAME, _COMMENT):
        if flags & flag:
            end = head.find(b"\0", at)
            if end < 0:
                return None
            name = head[at:end] if flag == _NAME else name
            at = end + 1
    at += 2 if flags & _HEADER_CRC else 0
    return (at, name) if at <= len(head) else None


class Stream:
    """The bytes inside a packed file. `spans` and `damage` are final when `blocks` is through."""

    def __init__(self, source: Source, magic: bytes, *, tick: Tick = unheard) -> None:
        self._source = source
        self._magic = magic
        self._tick = tick
        self._run: Packed | None = None
        self._at = 0
        self.spans: list[PackedSpan] = []
        self.damage: Damage | None = None

    @property
    def position(self) -> int:
        """How far the file has been read, in bytes."""
        return self._run.position if self._run else self._at

    def blocks(self) -> Iterator[bytes]:
        """What comes out of all runs, in bounded steps."""
        while self._at < self._source.size and self.damage is None:
            start = self._data_start()
            if start is None:
                break
            self._span(start, SpanKind.STRUCTURE)
            yield from self._inflate(start)
        self._take_zeros()

    def _data_start(self) -> int | None:
        """Where the data of the next run begins; None when no run begins here."""
        head = self._source.read_at(self._at, _HEAD_BYTES)
        if self._magic != GZIP:
            return self._at if head.startswith(self._magic) else None
        found = gzip_header(head)
        if found is None and head.startswith(GZIP[:2]) and len(head) < _HEAD_BYTES:
            self.damage = Damage.CUT
        return None if found is None else self._at + found[0]

    def _inflate(self, start: int) -> Iterator[bytes]:
        run = self._run = Packed(
            self._source,
            start=start,
            stop=self._source.size,
            decoder=_DECODERS[self._magic](),
            tick=self._tick,
        )
        crc = 0
        for block in run.blocks():
            crc = zlib.crc32(block, crc)
            yield block
        self._span(run.position, SpanKind.MEMBER)
        self._run = None
        if not run.ended:
            self.damage = Damage.BROKEN if run.broken else Damage.CUT
        elif self._magic == GZIP:
            self._check(crc, run.inflated)

    def _check(self, crc: int, size: int) -> None:
        trailer = self._source.read_at(self._at, _TRAILER_BYTES)
        self._span(self._at + len(trailer), SpanKind.STRUCTURE)
        if len(trailer) < _TRAILER_BYTES:
            self.damage = Damage.CUT
        elif int.from_bytes(trailer[:4], "little") != crc:
            self.damage = Damage.CHECKSUM
        elif int.from_bytes(trailer[4:], "little") != size & 0xFFFFFFFF:
            self.damage = Damage.LENGTH

    def _take_zeros(self) -> None:
        """Zeros after the end are padding; anything else stays a gap."""
        self._span(end_of_zeros(self._source, self._at), SpanKind.TRAILER)

    def _span(self, stop: int, kind: SpanKind) -> None:
        if stop > self._at:
            self.spans.append(PackedSpan(self._at, stop - self._at, kind))
        self._at = stop


def end_of_zeros(source: Source, at: int) -> int:
    """The end of the file when nothing but zeros follows; `at` otherwise."""
    position = at
    while block := source.read_at(position, _HEAD_BYTES):
        if block.count(0) != len(block):
            return at
        position += len(block)
    return position
