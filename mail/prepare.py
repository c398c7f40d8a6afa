"""Bring a stored span into the shape that readers expect, and cut its header off.

Undoes what the container did (quoted From lines, the blank line at the end, lone carriage
returns, a byte order mark, Apple's byte count); touches nothing that the sender wrote. Part paths
and sizes are all counted in the result, so every reader begins here.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from mail.defect import DefectKind, Defects
from mail.header import Header, cut_header
from mail.limits import Limits
from mail.rule import Dialect, LineEnd, Quoting, Rule

# At the beginning of a line, which `^` would look for at every letter: many times as slow.
_QUOTED = {
    Quoting.MBOXRD: re.compile(rb">(?<![^\n]>)(?=>*From )"),
    Quoting.MBOXO: re.compile(rb">(?<![^\n]>)(?=From )"),
}
# A pattern of plain letters is found in half the time that a search for its bytes takes.
_QUOTE = re.compile(rb">From ")
_LARGE_BYTES = 1 << 20
_MARK = b"\xef\xbb\xbf"
_APPLE_COUNT = re.compile(rb"[ \t]*(\d{1,12})[ \t]*\r?\n(?=[!-9;-~]{1,80}:)")
_BLANKS = (b" ", b"\t", b"\r", b"\n")
_OPENING_BLANK = re.compile(rb"(?:[ \t]*[\r\n])*")
_OPENING_FIELD = re.compile(rb"[!-9;-~]{1,80}[ \t]*:")


class Prepared(NamedTuple):
    """A message without its container's marks, its header cut off at `body`."""

    raw: bytes
    header: Header
    body: int
    has_quotes: bool  # whether the body has quoted From lines, or had them


def prepare(
    span: bytes | memoryview,
    rule: Rule,
    *,
    limits: Limits,
    defects: Defects,
    trimmed: bool = False,
) -> Prepared:
    """The message that a span (without its separator line) holds.

    `trimmed` says that the span has been cut before its blank end.
    """
    raw = _with_plain_line_ends(span, rule, trimmed=trimmed or rule.dialect is Dialect.SINGLE)
    raw = _without_front(raw, defects)
    cut = cut_header(raw, 0, len(raw), limit=limits.header_bytes, where="headers", defects=defects)
    if not len(cut.header):
        defects.note(DefectKind.HEADERS_MISSING, where="headers")
    has_quotes = _QUOTE.search(raw, cut.body) is not None
    quoted = _QUOTED.get(rule.quoting) if has_quotes else None
    if quoted:
        raw = _unquoted(raw, cut.body, quoted)
    return Prepared(raw, cut.header, cut.body, has_quotes)


def _with_plain_line_ends(span: bytes | memoryview, rule: Rule, *, trimmed: bool) -> bytes:
    if rule.line_end is LineEnd.CR:
        raw = bytes(span).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    elif rule.line_end is LineEnd.DOUBLED:
        raw = bytes(span).replace(b"\r\r\n", b"\r\n")
    else:
        raw = bytes(span) if trimmed else _without_blank_end(span)
        if _has_only_carriage_returns(raw):
            raw = raw.replace(b"\r", b"\n")
        return raw
    return raw if trimmed else _without_blank_end(raw)


def _unquoted(raw: bytes, body: int, quoted: re.Pattern[bytes]) -> bytes:
    if len(raw) < _LARGE_BYTES:
        return raw[:body] + quoted.sub(b"", raw[body:])
    # Put together from views: a large message is held twice, not four times.
    view = memoryview(raw)
    pieces, at = [], 0
    for found in quoted.finditer(raw, body):
        pieces.append(view[at : found.start()])
        at = found.end()
    return b"".join((*pieces, view[at:]))


def _has_only_carriage_returns(raw: bytes) -> bool:
    return b"\n" not in raw and b"\r" in raw[:4096]


def _without_front(raw: bytes, defects: Defects) -> bytes:
    """The message without a byte order mark, Apple's byte count, or blank lines before fields."""
    if raw.startswith(_MARK):
        raw = raw[len(_MARK) :]
    count = _APPLE_COUNT.match(raw)
    if count:
        defects.note(DefectKind.LINE_COUNT_FRONT, where="headers", what=count.group(1).decode())
        return raw[count.end() : count.end() + int(count.group(1))]
    if raw[:1] in _BLANKS:
        blank = _OPENING_BLANK.match(raw)
        if blank and _OPENING_FIELD.match(raw, blank.end()):
            return raw[blank.end() :]
    return raw


def _without_blank_end(span: bytes | memoryview) -> bytes:
    """The message without the blank line that an mbox puts before the next separator.

    The end is looked at before anything is copied: a message may be as large as memory allows.
    """
    blank = blank_end_length(bytes(span[-4:]))
    return bytes(span[:-blank]) if blank else bytes(span)


def blank_end_length(end: bytes) -> int:
    """How many of a message's last bytes are the blank line before the next separator."""
    if end.endswith(b"\r\n\r\n"):
        return 2
    return 1 if end.endswith(b"\n\n") else 0
