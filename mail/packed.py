"""Inflate one compressed run of a file, in bounded steps, however broken it is.

Knows deflate, bzip2 and xz, and nothing of what the run is wrapped in. Counts what really comes
out; what a header claims is nobody's business here.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from mail.source import Source

READ_BYTES = 64 << 10
# The most that one step gives out, however little went in.
STEP_BYTES = 256 << 10
XZ_MEMORY_BYTES = 256 << 20


class Decoder(Protocol):
    """What the standard library's bzip2 and xz decoders are, and ours for deflate."""

    @property
    def eof(self) -> bool:
        """True when the run has said that it is over."""
        ...

    @property
    def needs_input(self) -> bool:
        """True when it gives out nothing more without further bytes."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What was handed in beyond the end of the run, or beyond where it broke."""
        ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Hand bytes in, take at most so many out."""
        ...


class Broken(Exception):
    """The bytes are no such run from here on; `rescued` is what came out last."""

    def __init__(self, rescued: bytes = b"") -> None:
        super().__init__("the compressed data is damaged")
        self.rescued = rescued


class Deflate:
    """Raw deflate. When it breaks, what lies before the very byte at fault is given out first."""

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(-zlib.MAX_WBITS)
        self._tail = b""
        self.unused_data = b""

    @property
    def eof(self) -> bool:
        """See `Decoder`."""
        return self._decoder.eof

    @property
    def needs_input(self) -> bool:
        """See `Decoder`."""
        return not self._tail and not self.eof

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """See `Decoder`. Raises Broken."""
        pending, before = self._tail + data, self._decoder.copy()
        try:
            given = self._decoder.decompress(pending, max_length)
        except zlib.error:
            raise Broken(self._rescued(before, pending, max_length)) from None
        self._tail = self._decoder.unconsumed_tail
        self.unused_data = self._decoder.unused_data
        return given

    def _rescued(self, decoder: zlib._Decompress, pending: bytes, most: int) -> bytes:
        """Byte by byte up to the one that cannot be: zlib keeps back what a bad call had made."""
        found = bytearray()
        for at in range(len(pending)):
            try:
                found += decoder.decompress(pending[at : at + 1])
            except zlib.error:
                self.unused_data = pending[at:]
                break
            if len(found) >= most:
                self.unused_data = pending[at + 1 :]
                break
        return bytes(found)


class _Checked:
    """A decoder of the standard library that breaks the way ours does."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder

    def __getattr__(self, name: str) -> object:
        return getattr(self._decoder, name)

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """See `Decoder`. Raises Broken."""
        try:
            return self._decoder.decompress(data, max_length)
        except (OSError, EOFError, ValueError, lzma.LZMAError):
            raise Broken from None


def bzip2() -> Decoder:
    """A decoder for one bzip2 stream."""
    return _Checked(bz2.BZ2Decompressor())  # type: ignore[return-value]


def xz() -> Decoder:
    """A decoder for one xz stream."""
    decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES)
    return _Checked(decoder)  # type: ignore[return-value]


# Told of every block that comes out, with the run it came from (None: it was not packed) and
# its length. What it raises stops the reading.
Tick = Callable[["Packed | None", int], None]


def unheard(_run: Packed | None, _length: int) -> None:
    """Nobody minds how much comes out."""


class Packed:
    """One run: reads from `start`, at most to `stop`, and tells how far it got.

    `position` is the byte after the last one used up, `inflated` counts what came out. After
    `blocks` is through, `ended` says that the run was whole, `broken` that it makes no sense from
    `position` on; neither means that it was cut off.
    """

    def __init__(
        self,
        source: Source,
        *,
        start: int,
        stop: int,
        decoder: Decoder,
        tick: Tick,
    ) -> None:
        self._source = source
        self._stop = stop
        self._decoder = decoder
        self._tick = tick
        self.start = start
        self.position = start
        self.inflated = 0
        self.ended = False
        self.broken = False

    @property
    def used(self) -> int:
        """Bytes of the run that have been used up."""
        return self.position - self.start

    def blocks(self) -> Iterator[bytes]:
        """What comes out, step by step; `tick` is told of each, and may raise to stop it."""
        read = self.start
        while not self._decoder.eof:
            more = b""
            if self._decoder.needs_input:
                if read >= self._stop:
                    return
                more = self._source.read_at(read, min(READ_BYTES, self._stop - read))
                if not more:
                    return
                read += len(more)
            try:
                block = self._decoder.decompress(more, STEP_BYTES)
            except Broken as error:
                self.broken, block = True, error.rescued
            self.position = read - len(self._decoder.unused_data)
            if block:
                self.inflated += len(block)
                self._tick(self, len(block))
                yield block
            if self.broken:
                return
        self.ended = True
