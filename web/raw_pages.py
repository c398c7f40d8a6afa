"""The bytes of a message as text, a page at a time, without reading the whole of it.

A message is divided into blocks of even size whose borders are moved to the next line, word or
letter; a block is cut into pages by their weight. Both look at bytes near the place alone, so the
pages of a message of any size are found at once, and are always the same.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import accumulate

from store.reading import Place
from web.cuts import PAGE_BYTES, Stretch
from web.house import House
from web.letters import window_of

BLOCK_BYTES = 64 << 10
# So far behind its even place a block may begin.
_LOOK_BYTES = 4 << 10
_LONGEST_SEQUENCE = 4
# Charsets whose letters take so many bytes at least, of which one may look like a line end; and
# those where bytes mean what a switch before them says, anew in each line.
_WIDE = {"utf-16": 2, "utf-32": 4}
_SWITCHED = ("iso2022", "hz", "utf-7")
_HEADER_END = re.compile(rb"\r?\n\r?\n")
# Where a block may begin, best first: behind a line, a word, or what is a letter's second byte in
# no charset.
_ENDS = (re.compile(rb"\n"), re.compile(rb" "), re.compile(rb"[!-/]"))
# A text of this charset says once, at its beginning, what is switched to.
_KOREAN_SWITCH = ("iso2022_kr", b"\x1b$)C")
# What a byte may come to in a page: what stands for no letter is shown by three.
_ESCAPED = {ord("&"): 5, ord("<"): 4, ord(">"): 4, ord('"'): 5, ord("'"): 5}
_WEIGHTS = bytes(
    _ESCAPED.get(byte, 1 if 0x20 <= byte < 0x7F or byte in b"\t\n\r" else 3) for byte in range(256)
)


@dataclass(frozen=True, slots=True)
class _Bytes:
    """The bytes of a message behind its separator line."""

    house: House
    place: Place
    skip: int
    charset: str
    # Of a letter of a wide charset; the headers, up to `head`, are not written in one.
    width: int = 1
    head: int = 0

    @property
    def size(self) -> int:
        return self.place.length - self.skip

    def read(self, start: int, stop: int) -> bytes:
        """Raises HTTPException 410 when they are gone."""
        return window_of(self.house, self.place, start=self.skip + start, length=stop - start)

    def border(self, number: int) -> int:
        """Where a block begins."""
        at = number * BLOCK_BYTES
        if at <= 0 or at >= self.size:
            return min(max(at, 0), self.size)
        if self.width > 1:
            return self._wide_border(at)
        near = self.read(at - 1, min(at + _LOOK_BYTES, self.size))
        for end in _ENDS[:2] if self.charset.startswith(_SWITCHED) else _ENDS:
            if found := end.search(near):
                return at + found.start()
        continued = (step for step in range(1, _LONGEST_SEQUENCE) if near[step] & 0xC0 != 0x80)
        return at + next(continued, 1) - 1 if len(near) > _LONGEST_SEQUENCE else at

    def _wide_border(self, at: int) -> int:
        """Behind the headers, if it lies in them; between two letters of a wide charset."""
        at = max(at, self.head)
        at += (self.head - at) % self.width
        unit = self.read(at, at + 2)[:: 1 if self.charset.endswith("be") else -1]
        is_second_half = self.width == 2 and 0xDC00 <= int.from_bytes(unit) <= 0xDFFF
        return at + 2 * is_second_half

    def block_at(self, at: int) -> int:
        """The block that holds a byte."""
        number = at // BLOCK_BYTES
        return number - 1 if at < self.border(number) else number

    def cuts(self, number: int) -> tuple[list[int], bytes]:
        """Where the pages of a block begin and, at last, where it ends; and its bytes."""
        start, stop = self.border(number), self.border(number + 1)
        block = self.read(start, stop)
        weights = list(accumulate(block.translate(_WEIGHTS), initial=0))
        cuts = [0]
        while weights[-1] - weights[cuts[-1]] > PAGE_BYTES:
            most = bisect_left(weights, weights[cuts[-1]] + PAGE_BYTES) - 1
            cuts.append(self._good_cut(start, block, cuts[-1], most))
        return [start + cut for cut in [*cuts, len(block)]], block

    def _good_cut(self, block_start: int, block: bytes, start: int, stop: int) -> int:
        inside = max(start, self.head - block_start)
        for end in () if self.width > 1 and stop > inside else (b"\n", b" "):
            if (found := block.rfind(end, max(start, stop - _LOOK_BYTES), stop)) >= 0:
                return found + 1
        decoder = self.decoder_at(block_start + inside)
        decoder.decode(block[inside:stop])
        return stop - len(decoder.getstate()[0])

    def text(self, start: int, some: bytes) -> str:
        """What these bytes from `start` on say."""
        rest = max(self.head - start, 0)
        body = self.decoder_at(start + rest).decode(some[rest:], final=True)
        return some[:rest].decode("utf-8", "replace") + body

    def decoder_at(self, at: int) -> codecs.IncrementalDecoder:
        """What decodes from a byte on, as if it had seen all before."""
        decoder = codecs.getincrementaldecoder(self.charset)("replace")
        if at and self.charset.startswith(_SWITCHED):
            if self.charset == _KOREAN_SWITCH[0]:
                decoder.decode(_KOREAN_SWITCH[1])
            before = self.read(max(at - _LOOK_BYTES, 0), at)
            decoder.decode(before[before.rfind(b"\n") + 1 :])
        return decoder


def _bytes_of(house: House, place: Place, skip: int, codec: str) -> _Bytes:
    message = _Bytes(house, place, skip, codec)
    width = _WIDE.get(codec[:6], 1)
    if width == 1:
        return message
    end = _HEADER_END.search(message.read(0, min(BLOCK_BYTES, message.size)))
    head = end.end() if end else 0
    if codec in _WIDE:  # the mark of the byte order tells, at the beginning of the body
        is_big = message.read(head, min(head + 2, message.size)) == codecs.BOM_UTF16_BE
        codec += "-be" if is_big else "-le"
    return replace(message, charset=codec, width=width, head=head)


def raw_page(
    house: House,
    place: Place,
    *,
    skip: int,
    charset: str,
    at: int,
    page_at: Callable[[int], str],
) -> tuple[str, Stretch]:
    """The page that holds the byte `at`, behind the first `skip` of the message.

    Raises HTTPException 410 when its bytes are gone.
    """
    message = _bytes_of(house, place, skip, codecs.lookup(charset).name)
    at = min(at, max(message.size - 1, 0))
    number = message.block_at(at)
    cuts, block = message.cuts(number)
    here = max(index for index, cut in enumerate(cuts[:-1]) if cut <= at)
    start, stop = cuts[here], cuts[here + 1]
    previous = cuts[here - 1] if here else message.cuts(number - 1)[0][-2] if number else None
    last = message.cuts(message.block_at(message.size - 1))[0][-2] if message.size else 0
    is_last = stop >= message.size
    text = message.text(start, block[start - cuts[0] : stop - cuts[0]])
    return text.replace("\r\n", "\n"), Stretch(
        start=start,
        stop=stop,
        total=message.size,
        first=page_at(0) if previous else None,
        previous=None if previous is None else page_at(previous),
        next=None if is_last else page_at(stop),
        last=page_at(last) if last > stop else None,
    )
