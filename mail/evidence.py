"""Gather what speaks for one rule or another: lines and marks from samples of an mbox.

Only counts; what follows from the counts is decided in `mail.detect`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mail.rule import Dialect, Rule
from mail.scan import candidates
from mail.separator import (
    BEHIND,
    CONTEXT,
    Form,
    follows_blank_line,
    form_at,
    separator_length,
)
from mail.source import Source

_WINDOW_BYTES = 1 << 20
_WINDOWS = 8
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OPENING = re.compile(rb"From[ \r\n]")
# Fields that a program leaves in every message it keeps, spelled as it does.
ARCHIVERS = (
    (Dialect.GROUPS, (b"\nX-Google-Group-Id:", b"\nX-Google-Groups:")),
    (Dialect.GMAIL, (b"\nX-GM-THRID:", b"\nX-Gmail-Labels:")),
    (Dialect.THUNDERBIRD, (b"\nX-Mozilla-Status:", b"\nX-Mozilla-Keys:")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FromLine:
    """A line of the sample that begins with "From "."""

    offset: int
    line: bytes
    form: Form
    length: int
    after_blank: bool
    strict: bool  # a boundary when only dated separators count
    lenient: bool  # a boundary when bare ones count as well
    named: bool  # a boundary when those with a name only count, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What was seen in the windows of one file."""

    size: int  # bytes looked at
    lines: list[FromLine]
    counts: Counter[str]


def take_sample(source: Source, rule: Rule) -> Sample:
    """Every line of the sample that begins with "From ", and how often each mark occurs.

    `rule` is the most lenient one that the file's line ends allow.
    """
    counts: Counter[str] = Counter()
    lines: list[FromLine] = []
    size = 0
    for offset, length in windows(source.size):
        low = max(0, offset - BEHIND)
        block = source.read_at(low, offset - low + length + CONTEXT)
        window = block[offset - low : offset - low + length]
        _count_marks(window, counts)
        lines += _from_lines(block, low, begin=offset - low, end=offset - low + length, rule=rule)
        size += len(window)
    return Sample(size=size, lines=lines, counts=counts)


def windows(size: int) -> list[tuple[int, int]]:
    """Offset and length of the stretches that a sample is taken of: all of a small file."""
    if size <= _WINDOW_BYTES * _WINDOWS:
        return [(at, min(_WINDOW_BYTES, size - at)) for at in range(0, size, _WINDOW_BYTES)]
    step = (size - _WINDOW_BYTES) // (_WINDOWS - 1)
    return [(number * step, _WINDOW_BYTES) for number in range(_WINDOWS)]


def _count_marks(window: bytes, counts: Counter[str]) -> None:
    for quotes in _escaped_lines(window):
        counts["escaped_once" if quotes == 1 else "escaped_more"] += 1
    for dialect, marks in ARCHIVERS:
        counts[f"marks_{dialect}"] += max(window.count(mark) for mark in marks)
    counts["crlf"] += window.count(b"\r\n")
    counts["lf"] += window.count(b"\n")
    counts["lone_cr"] += window.count(b"\r") - window.count(b"\r\n")


def _escaped_lines(window: bytes) -> Iterator[int]:
    """The number of ">" before each line's "From "."""
    at = window.find(b">From ")
    while at >= 0:
        near = max(0, at - 50)
        line = max(window.rfind(b"\n", near, at), window.rfind(b"\r", near, at))
        before = window[line + 1 : at + 1]
        if line >= 0 and not before.strip(b">"):
            yield len(before)
        at = window.find(b">From ", at + 1)


def _from_lines(block: bytes, low: int, *, begin: int, end: int, rule: Rule) -> Iterator[FromLine]:
    strict = replace(rule, weak_separators=False, bare_names=False)
    lenient = replace(rule, bare_names=False)
    first = len(_BYTE_ORDER_MARK) if block.startswith(_BYTE_ORDER_MARK) else 0
    front = [first] if low == begin == 0 and _OPENING.match(block, first) else []
    for at in (*front, *candidates(block, rule, begin=max(1, begin), end=end)):
        form, length = form_at(block, at)
        is_named = bool(separator_length(block, at, rule))
        if not is_named and not block.startswith(b"From ", at):
            continue  # a word on a line of its own
        is_strict = bool(separator_length(block, at, strict))
        is_lenient = is_strict or bool(separator_length(block, at, lenient))
        yield FromLine(
            offset=low + at,
            line=block[at : at + 200].splitlines()[0],
            form=form,
            length=length,
            after_blank=follows_blank_line(block, at),
            strict=is_strict,
            lenient=is_lenient,
            named=is_named,
        )
