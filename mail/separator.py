"""Say whether the line at one place of an mbox separates two messages.

A verdict looks at no more than `BEHIND` bytes before the line and `CONTEXT` bytes from its
start, so it comes out the same however the file was cut into blocks. Walking a file from
candidate to candidate is left to `mail.scan`.
"""

from __future__ import annotations

import re
from enum import IntEnum

from mail.rule import Rule

BEHIND = 2048  # two lines and their ends
_MOST_LINES_BEHIND = 2
_NEAR = 8  # of those, the bytes that tell whether the line before is empty
CONTEXT = 16 << 10
_LINE_BYTES = 1000

_DAY = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}"
_MONTH = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_TIME = rb"\d{1,2}:\d\d(?::\d\d(?:\.\d{1,6})?)?(?: ?[AaPp][Mm])?"
# An offset, a name with or without one (GMT+09:00), a place (Asia/Seoul), a comment.
_ZONE = (
    rb"(?:[+-]\d\d:?\d\d|[A-Z][A-Za-z]{0,5}(?:[+-]\d{1,2}(?::?\d\d)?)?|"
    rb"[A-Z][A-Za-z]{1,12}(?:/[A-Z][A-Za-z_+-]{1,20}\d{0,2}){1,2}|\([^()\r\n]{1,40}\))"
)
_GAP = rb"[ \t]{1,8}"
_ZONES = rb"(?:" + _GAP + _ZONE + rb"){0,2}"
_DAY_NAME = rb"(?:" + _DAY + rb",?[ \t]{0,8})?"
_MONTH_DAY = _DAY_NAME + _MONTH + _GAP + rb"\d{1,2},?" + _GAP
_SHAPES = (
    # asctime, with the zone before or after the year
    _MONTH_DAY + _TIME + _ZONES + _GAP + rb"\d{2,4}" + _ZONES,
    # asctime with the year before the time
    _MONTH_DAY + rb"\d{4}" + _GAP + _TIME + _ZONES,
    # RFC 2822
    _DAY_NAME + rb"\d{1,2}[ \t-]{1,8}" + _MONTH + rb"[ \t-]{1,8}\d{2,4},?" + _GAP + _TIME + _ZONES,
    # ISO 8601 and its looser relatives
    rb"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}[T \t]{1,3}" + _TIME + rb"(?:Z|[ \t]{0,3}" + _ZONE + rb")?",
)
_DATE = rb"(?:" + rb"|".join(_SHAPES) + rb")"
_SUFFIX = rb"(?:[ \t]{1,8}(?:remote from|forwarded by)[ \t][^\r\n]{1,200})?[ \t]{0,8}"
_END = rb"(?:\r{0,2}\n|\r|\Z)"
_WORD = rb"[^\s]{1,512}"
_SENDER = rb"(?:" + _WORD + rb"(?: at " + _WORD + rb")?|\"[^\"\r\n]{0,200}\"[^\s]{0,200}|)"

_PATCH = re.compile(rb"From [0-9a-f]{40} Mon Sep 17 00:00:00 2001[ \t]*" + _END)
_STRONG = re.compile(rb"From " + _SENDER + rb"[ \t]{0,8}" + _DATE + _SUFFIX + _END)
_WORDY = re.compile(
    rb"From " + _WORD + rb"(?: " + _WORD + rb"){1,2}[ \t]{1,8}" + _DATE + _SUFFIX + _END
)
_WEAK = re.compile(rb"From (?:[ \t]*|-[ \t]*|[^\s@]{1,256}@[^\s@]{1,256}[ \t]*)" + _END)
# A name where the address should be, or nothing at all, as some scripts write.
_NAMED = re.compile(rb"From(?: [^\s]{1,256})?[ \t]*" + _END)
_FIELD_START = re.compile(rb"[!-9;-~]{1,128}[ \t]{0,8}:|>From [^\s]")
_LINE_END = rb"(?:\r{0,2}\n|\r)"
_FIELD = re.compile(
    rb"(?:[!-9;-~]{1,128}[ \t]{0,8}:|>From [^\s])[^\r\n]*"
    + _LINE_END
    + rb"(?:[ \t][^\r\n]*"
    + _LINE_END
    + rb")*"
)
_OPENING = re.compile(rb"From[ \r\n]")
_WHOLE_LINE = re.compile(rb"[^\r\n]*" + _LINE_END)
_KNOWN_FIELD = re.compile(
    rb"(?:From|To|Cc|Subject|Date|Message-ID|Received|Return-Path|Delivered-To|Reply-To|Sender|"
    rb"MIME-Version|Content-Type|References|In-Reply-To|List-Id|Status|X-[!-9;-~]{1,80})[ \t]?:",
    re.IGNORECASE,
)
_BLANK_LINE = re.compile(_LINE_END + rb"|\Z")
_BLANK_BEFORE = re.compile(rb"(?:\n\r{0,2}\n|\r\r)\Z")
_ONLY_LINE_ENDS = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n]*\Z")

# The everyday separator and the start of a field after it, in one match.
_QUICK = re.compile(
    rb"(From (?![0-9a-f]{40} Mon Sep 17)[^\s]{1,512} {1,2}(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) "
    rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d "
    rb"(?:[+-]\d{4} )?\d{4}\r?\n)[!-9;-~]{1,128}:"
)


class Form(IntEnum):
    """How much a line looks like a separator, by itself."""

    OTHER = 0
    WEAK = 1
    WORDY = 2  # a date, but more words before it than a sender has
    PATCH = 3
    STRONG = 4
    NAMED = 5  # a name and no address, no date


def form_at(block: bytes, at: int) -> tuple[Form, int]:
    """The form of the line at `at` (which begins with "From ") and its length with line end."""
    end = min(len(block), at + _LINE_BYTES)
    for form, pattern in _FORMS:
        found = pattern.match(block, at, end)
        if found:
            return form, found.end() - at
    return Form.OTHER, 0


_FORMS = (
    (Form.PATCH, _PATCH),
    (Form.STRONG, _STRONG),
    (Form.WORDY, _WORDY),
    (Form.WEAK, _WEAK),
    (Form.NAMED, _NAMED),
)


def separator_length(block: bytes, at: int, rule: Rule) -> int:
    """Length of the separator line at `at`, or 0 when no message begins there.

    `block` holds at least `BEHIND` bytes before `at` (or the file's start) and `CONTEXT` bytes
    after it (or the file's end).
    """
    quick = _QUICK.match(block, at, min(len(block), at + CONTEXT))
    if quick and follows_blank_line(block, at):
        return quick.end(1) - at
    form, length = form_at(block, at)
    return length if length and _is_boundary(block, at, form, length, rule) else 0


def _is_boundary(block: bytes, at: int, form: Form, length: int, rule: Rule) -> bool:
    if form is Form.WEAK and not rule.weak_separators:
        return False
    if form is Form.NAMED and not rule.bare_names:
        return False
    if form is Form.PATCH and not rule.git_patches:
        return False
    blank_before = follows_blank_line(block, at)
    body = at + length
    if form in (Form.STRONG, Form.PATCH) and blank_before:
        return _begins_message(block, body)
    if form is Form.STRONG:
        return begins_two_fields(block, body) or (
            _follows_separators(block, at) and _begins_message(block, body)
        )
    return blank_before and begins_header_block(block, body)


def _begins_message(block: bytes, at: int) -> bool:
    """Whether a header may begin here, or the separator before was that of an empty message."""
    return begins_a_field(block, at) or begins_blank_line(block, at) or _is_dated(block, at)


def _is_dated(block: bytes, at: int) -> bool:
    return block.startswith(b"From ", at) and form_at(block, at)[0] is Form.STRONG


def _follows_separators(block: bytes, at: int) -> bool:
    """Whether dated separators alone stand before `at`: two, or one after a blank line."""
    for _ in range(_MOST_LINES_BEHIND):
        line = _line_before(block, at)
        if not _is_dated(block, line):
            return False
        if follows_blank_line(block, line):
            return True
        at = line
    return True


def _line_before(block: bytes, at: int) -> int:
    end = len(block[max(0, at - 3) : at].rstrip(b"\r\n")) + max(0, at - 3)
    near = max(0, end - _LINE_BYTES)
    return max(block.rfind(b"\n", near, end), block.rfind(b"\r", near, end), near - 1) + 1


def opening_separator_length(block: bytes) -> int:
    """Length of the separator a file begins with, 0 when it begins with none.

    Escaped and bare ones count, and so does any line that begins so when a header follows it.
    """
    escaped = 1 if block.startswith(b">From ") else 0
    if not _OPENING.match(block, escaped):
        return 0
    form, length = form_at(block, escaped)
    body = escaped + length
    if form not in (Form.OTHER, Form.NAMED):
        return body if _begins_message(block, body) else 0
    line = _WHOLE_LINE.match(block, escaped, min(len(block), _LINE_BYTES))
    return line.end() if line and begins_header_block(block, line.end()) else 0


def landing_separator(block: bytes, at: int) -> bool:
    """Whether a separator of any form stands at `at`, for a length that claims to end there."""
    if not block.startswith(b"From ", at):
        return False
    form, length = form_at(block, at)
    if form is Form.STRONG:
        return begins_a_field(block, at + length) or begins_blank_line(block, at + length)
    return form is Form.WEAK and begins_header_block(block, at + length)


def follows_blank_line(block: bytes, at: int) -> bool:
    """Whether the line before `at` is empty, or there is none."""
    before = block[max(0, at - _NEAR) : at]
    if _BLANK_BEFORE.search(before):
        return True
    return at < _NEAR and _ONLY_LINE_ENDS.match(before) is not None


def begins_a_field(block: bytes, at: int) -> bool:
    """Whether the line at `at` looks like a header field."""
    return _FIELD_START.match(block, at) is not None


def begins_blank_line(block: bytes, at: int) -> bool:
    """Whether the line at `at` is empty, or the file ends there."""
    return _BLANK_LINE.match(block, at) is not None


def begins_two_fields(block: bytes, at: int) -> bool:
    """Whether two header fields begin at `at`; one that outruns the context counts for two."""
    end = min(len(block), at + CONTEXT - _LINE_BYTES)
    first = _FIELD.match(block, at, end)
    if first is None:
        return len(block) > end and begins_a_field(block, at)
    return first.end() >= end or begins_a_field(block, first.end())


def begins_header_block(block: bytes, at: int) -> bool:
    """Whether two fields begin at `at`, or one well-known field and then a blank line."""
    if begins_two_fields(block, at):
        return True
    first = _FIELD.match(block, at, min(len(block), at + CONTEXT - _LINE_BYTES))
    known = _KNOWN_FIELD.match(block, at)
    return bool(first and known and begins_blank_line(block, first.end()))
