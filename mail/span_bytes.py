"""Read the bytes of one message from a source, so that a large one is held once.

Small messages are read in one go. Of a large one, separator and blank end are read by themselves
and the message lands in memory as its readers want it, which saves a copy of its size.
"""

from __future__ import annotations

from typing import NamedTuple

from mail.mbox import Span
from mail.prepare import blank_end_length
from mail.rule import Dialect, LineEnd, Rule
from mail.source import Source

_SMALL_BYTES = 1 << 20
_LOOK_BYTES = 8


class SpanBytes(NamedTuple):
    """What `read_message` asks for: `trimmed` says that the blank end is cut off already."""

    separator: bytes
    raw: bytes | memoryview
    whole: bool
    trimmed: bool


def read_span(
    source: Source, span: Span, rule: Rule, *, largest_bytes: int, head_bytes: int
) -> SpanBytes:
    """The bytes of a span; of a message above `largest_bytes`, its first `head_bytes`."""
    size = span.length - span.separator_length
    whole = size <= largest_bytes
    if size <= _SMALL_BYTES or not whole:
        read = source.read_at(span.offset, span.length if whole else head_bytes)
        begin = span.separator_length
        return SpanBytes(read[:begin], memoryview(read)[begin:], whole, trimmed=False)
    begin = span.offset + span.separator_length
    separator = source.read_at(span.offset, span.separator_length)
    end = source.read_at(span.offset + span.length - _LOOK_BYTES, _LOOK_BYTES)
    trimmed = rule.dialect is Dialect.SINGLE or rule.line_end not in (LineEnd.CR, LineEnd.DOUBLED)
    blank = blank_end_length(end) if trimmed and rule.dialect is not Dialect.SINGLE else 0
    return SpanBytes(separator, source.read_at(begin, size - blank), whole, trimmed)
