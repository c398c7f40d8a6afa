"""Walk an mbox from boundary to boundary, at the speed of a search.

Yields places only; what lies between them is named in `mail.mbox` and read in `mail.message`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mail.rule import Dialect, LineEnd, Rule
from mail.separator import (
    BEHIND,
    CONTEXT,
    begins_header_block,
    landing_separator,
    opening_separator_length,
    separator_length,
)
from mail.source import Source

_HEADER_BYTES = 64 << 10
_TRAILER_BYTES = 8  # a shorter run of NULs may well belong to the last body
_BREAKS = {LineEnd.CR: (b"\r",), LineEnd.MIXED: (b"\n", b"\r")}
_HEADER_END = re.compile(rb"\r{0,2}\n\r{0,2}\n|\r\r(?!\n)")
_CONTENT_LENGTH = re.compile(rb"(?:^|[\r\n])content-length:[ \t]*(\d{1,15})[ \t]*[\r\n]", re.I)
# A byte order mark, blank lines, and the byte count that Apple Mail puts before a message.
_OPENING_BLANK = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:[ \t]*[\r\n])*(?:[ \t]*\d{1,12}[ \t]*\r?\n(?=[!-9;-~]))?"
)
_LINE_ENDS = b"\r\n"


def mail_end(source: Source, rule: Rule) -> int:
    """Where mail ends and a trailer of NULs begins; the file's size when there is no trailer."""
    if rule.dialect in (Dialect.SINGLE, Dialect.NONE):
        return source.size
    end = source.size
    while end:
        begin = max(0, end - (1 << 20))
        kept = len(source.read_at(begin, end - begin).rstrip(b"\0"))
        if kept:
            end = begin + kept
            break
        end = begin
    return end if source.size - end >= _TRAILER_BYTES else source.size


def opening(source: Source, rule: Rule) -> tuple[int, int] | None:
    """Offset and separator length of a message at the very front, or None when it is preamble.

    A byte order mark or blank lines before a separator are preamble of their own; a front
    that begins with header fields is a message whose separator is missing.
    """
    front = source.read_at(0, CONTEXT + BEHIND)
    if rule.dialect is Dialect.SINGLE:
        return 0, opening_separator_length(front)
    skipped = _OPENING_BLANK.match(front)
    begin = skipped.end() if skipped else 0
    length = opening_separator_length(front[begin:])
    if length or begins_header_block(front, begin):
        return begin, length
    return None


def boundaries(
    source: Source, rule: Rule, *, start: int, block_bytes: int
) -> Iterator[tuple[int, int]]:
    """Offset and separator length of every boundary at or after `start`, in order.

    `start` is 0 or a boundary found before; memory is bounded by `block_bytes`.
    """
    if rule.dialect is Dialect.NONE or start >= source.size:
        return
    first = opening(source, rule) if start == 0 else _resumed(source, rule, start)
    if first:
        yield first
    if rule.dialect is not Dialect.SINGLE:
        yield from _later(source, rule, first=first, block_bytes=block_bytes)


def _resumed(source: Source, rule: Rule, start: int) -> tuple[int, int]:
    low = max(0, start - BEHIND)
    block = source.read_at(low, start - low + CONTEXT)
    length = separator_length(block, start - low, rule)
    return start, length or _landed_length(block, start - low)


def _landed_length(block: bytes, at: int) -> int:
    return opening_separator_length(block[at:])


def _later(
    source: Source, rule: Rule, *, first: tuple[int, int] | None, block_bytes: int
) -> Iterator[tuple[int, int]]:
    not_before = _claimed_end(source, rule, first) if first else 1
    at = first[0] + 1 if first else 1
    while at < source.size:
        low = at - min(at, BEHIND)
        block = source.read_at(low, at - low + block_bytes + CONTEXT)
        for index in candidates(block, rule, begin=at - low, end=at - low + block_bytes):
            if low + index < not_before:
                continue
            length = separator_length(block, index, rule) or (
                low + index == not_before and _landed_length(block, index)
            )
            if length:
                yield low + index, length
                not_before = _claimed_end(source, rule, (low + index, length))
        at += block_bytes


def candidates(block: bytes, rule: Rule, *, begin: int, end: int) -> Iterator[int]:
    """Where lines that begin with "From " stand in a block, from `begin` (1 at least) to `end`."""
    marks = [line_end + b"From " for line_end in _BREAKS.get(rule.line_end, (b"\n",))]
    if rule.bare_names:
        marks += [mark[:-1] + end for mark in marks for end in (b"\n", b"\r")]
    if len(marks) == 1:
        return _occurrences(block, marks[0], begin=begin, end=end)
    found = [i for mark in marks for i in _occurrences(block, mark, begin=begin, end=end)]
    return iter(sorted(found))


def _occurrences(block: bytes, mark: bytes, *, begin: int, end: int) -> Iterator[int]:
    find, limit = block.find, end + len(mark) - 1
    at = find(mark, begin - 1, limit)
    while at >= 0:
        yield at + 1
        at = find(mark, at + 1, limit)


def _claimed_end(source: Source, rule: Rule, boundary: tuple[int, int] | None) -> int:
    """First offset where the next message may begin, Content-Length believed if it is right."""
    if boundary is None:
        return 1
    offset, length = boundary
    claimed = claimed_end(source, offset + length) if rule.content_length else None
    return offset + max(1, length) if claimed is None else claimed


def claimed_end(source: Source, header: int) -> int | None:
    """Where the next message begins by the Content-Length of the header at `header`.

    None when there is no such field, or when it lands on neither a separator nor the end.
    """
    block = source.read_at(header, _HEADER_BYTES)
    end = _HEADER_END.search(block)
    claim = _CONTENT_LENGTH.search(block, 0, end.end()) if end else None
    if end is None or claim is None:
        return None
    return _landing(source, header + end.end() + int(claim.group(1)))


def _landing(source: Source, at: int) -> int | None:
    if at > source.size:
        return None
    block = source.read_at(at - 1, CONTEXT + BEHIND)
    begin = 1
    while begin < min(len(block), 6) and block[begin] in _LINE_ENDS:
        begin += 1
    if begin >= len(block):
        return source.size
    if block[begin - 1] in _LINE_ENDS and landing_separator(block, begin):
        return at - 1 + begin
    return None
