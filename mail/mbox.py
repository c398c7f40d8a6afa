"""Find where messages begin in an mbox.

Boundaries only: nothing here decodes a header or a body, so it works on any bytes, on any
slice of a file, and cannot fail on a damaged message.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mail.detect import Detection, detect
from mail.rule import Dialect, LineEnd, Quoting, Rule
from mail.scan import boundaries, mail_end
from mail.source import BytesSource, Source

__all__ = [
    "BytesSource",
    "Detection",
    "Dialect",
    "LineEnd",
    "Quoting",
    "Rule",
    "Source",
    "Span",
    "SpanKind",
    "detect",
    "spans",
]


class SpanKind(StrEnum):
    """What a range of bytes of an mbox is."""

    MESSAGE = "message"
    PREAMBLE = "preamble"
    TRAILER = "trailer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A contiguous range of an mbox. Spans of a file touch: none overlaps, none leaves a gap."""

    kind: SpanKind
    offset: int
    length: int  # separator line and trailing blank line included
    separator_length: int  # bytes of the separator line with its line end; 0 when there is none
    is_last: bool = False  # no message follows
    cut_off: bool = False  # only NULs follow


def spans(
    source: Source,
    rule: Rule,
    *,
    start: int = 0,
    stop: int | None = None,
    block_bytes: int = 8 << 20,
) -> Iterator[Span]:
    """Every span that begins in [start, stop), in order, each touching the next.

    `start` is 0 or the offset of a span found before. However a file is cut and whatever the
    block size, the same spans come out; memory is bounded by `block_bytes`.
    """
    stop = source.size if stop is None else min(stop, source.size)
    if start >= stop:
        return
    end = mail_end(source, rule)
    at, separator, kind = start, 0, SpanKind.PREAMBLE if start < end else SpanKind.TRAILER
    for offset, length in boundaries(source, rule, start=start, block_bytes=block_bytes):
        if offset > at:
            yield Span(kind=kind, offset=at, length=offset - at, separator_length=separator)
        if offset >= stop:
            return
        at, separator, kind = offset, length, SpanKind.MESSAGE
    if at < end:
        is_last = kind is SpanKind.MESSAGE
        yield Span(
            kind=kind,
            offset=at,
            length=end - at,
            separator_length=separator,
            is_last=is_last,
            cut_off=is_last and end < source.size,
        )
        at = end
    if at < stop and at >= end:
        yield Span(kind=SpanKind.TRAILER, offset=at, length=source.size - at, separator_length=0)
