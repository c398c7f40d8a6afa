"""Cut the header block off a message or a part, and into its fields.

A quick path takes blocks whose lines all add up; `careful_fields` takes the rest line by line.
Values stay bytes, folds included: which letters they mean is `mail.words`' task.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from mail.defect import DefectKind, Defects

_FIELD_END = re.compile(rb"\n(?![ \t])")
_NAME = re.compile(rb"[!-9;-~]+[ \t]*\Z")
_FIELD_START = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*")
_LINE = re.compile(rb"([^\r\n]*)(\r\n|\n|\r|\Z)")
_STRAY = re.compile(rb">?From ")
_WELL_KNOWN = re.compile(
    rb"(?:From|To|Cc|Bcc|Subject|Date|Message-ID|Received|Return-Path|Delivered-To|Reply-To|"
    rb"Sender|MIME-Version|Content-[A-Za-z-]+|References|In-Reply-To|List-[A-Za-z-]+|Status|"
    rb"X-[!-9;-~]+|DKIM-Signature|Authentication-Results|User-Agent)[ \t]*:",
    re.IGNORECASE,
)
_BLANK_LINE = re.compile(rb"\n\r?\n")
_BLANK = re.compile(rb"[ \t]*(?:\r?\n|\r)")


# Names met before, as written, and in lower case. Bounded, for names may be anything.
_KNOWN_NAMES: dict[bytes, bytes] = {}
_MOST_KNOWN_NAMES = 4096


class Header:
    """The fields of one header block: names in lower case, values as bytes, blanks and folds kept.

    Values begin after the colon; whoever reads one strips it.
    """

    __slots__ = ("_first", "_repeated", "get")

    def __init__(self, first: dict[bytes, bytes], repeated: dict[bytes, list[bytes]]) -> None:
        self._first = first
        # The first field of a (lower-case) name, or None: asked for twenty times a message.
        self.get: Callable[[bytes], bytes | None] = first.get
        self._repeated = repeated  # all values, of those names alone that occur several times

    def __len__(self) -> int:
        """The number of different fields."""
        return len(self._first)

    def every(self, name: bytes) -> list[bytes]:
        """All fields of that (lower-case) name, in order."""
        first = self._first.get(name)
        return [] if first is None else self._repeated.get(name) or [first]

    def whole(self, names: tuple[bytes, ...]) -> list[bytes]:
        """For each name, all its fields with a line end between them; empty where there is none."""
        if self._repeated.keys().isdisjoint(names):
            return [self._first.get(name, b"") for name in names]
        return [b"\n".join(self.every(name)) for name in names]


class Cut(NamedTuple):
    """A header block and where the body begins after it."""

    header: Header
    body: int


def cut_header(
    raw: bytes, begin: int, end: int, *, limit: int, where: str, defects: Defects
) -> Cut:
    """The header at `begin` and the offset of its body; never past `end`.

    Blocks beyond `limit` bytes are read up to it. What is odd is noted under `where`.
    """
    stop, body = _block_end(raw, begin, end)
    body = end if body < 0 else body
    cut = stop - begin > limit
    if cut:
        defects.note(DefectKind.HEADER_TOO_LARGE, where=where, what=f"{stop - begin} bytes")
        # Up to the last whole line, so that no address or id is torn, if there is one.
        feed = raw.rfind(b"\n", begin, begin + limit)
        stop = begin + limit if feed < 0 else feed
    header = quick_header(raw[begin:stop])
    if header is not None:
        return Cut(header, body)
    block = raw[begin : stop if cut else min(end, begin + limit)]
    fields, used = careful_fields(block, where, defects)
    return Cut(_header_of(fields), body if cut and used >= len(block) else begin + used)


def _block_end(raw: bytes, begin: int, end: int) -> tuple[int, int]:
    """Where the block's last line ends and where the body begins (-1: no blank line)."""
    if raw.startswith((b"\n", b"\r\n"), begin, end):
        return begin, begin + (1 if raw.startswith(b"\n", begin) else 2)
    blank = _BLANK_LINE.search(raw, begin, end)
    return blank.span() if blank else (end, -1)


def quick_header(block: bytes) -> Header | None:
    """The header of a block whose every line is a field or its continuation, else None."""
    if b"\r" in block and block.count(b"\r") > block.count(b"\r\n") + block.endswith(b"\r"):
        return None
    first: dict[bytes, bytes] = {}
    repeated: dict[bytes, list[bytes]] = {}
    for line in _FIELD_END.split(block) if block else ():
        written, colon, value = line.partition(b":")
        name = _KNOWN_NAMES.get(written) or _lower_name(written)
        if not name or not colon:
            return None
        if name not in first:
            first[name] = value
        elif name in repeated:
            repeated[name].append(value)
        else:
            repeated[name] = [first[name], value]
    return Header(first, repeated)


def _header_of(fields: list[tuple[bytes, bytes]]) -> Header:
    every: dict[bytes, list[bytes]] = {}
    for name, value in fields:
        every.setdefault(name, []).append(value)
    first = {name: values[0] for name, values in every.items()}
    return Header(first, {name: values for name, values in every.items() if len(values) > 1})


def _lower_name(name: bytes) -> bytes | None:
    """The lower-case form of a field name, or None when it cannot be one."""
    if not _NAME.match(name):
        return None
    lower = name.rstrip(b" \t").lower()
    if len(_KNOWN_NAMES) < _MOST_KNOWN_NAMES and len(name) < 100:
        _KNOWN_NAMES[name] = lower
    return lower


def careful_fields(
    block: bytes, where: str, defects: Defects
) -> tuple[list[tuple[bytes, bytes]], int]:
    """The fields of any block, line by line, and how many bytes they and their end took up.

    A line that is no field ends the headers, unless a well-known field follows it: then it is
    a fold that lost its blank, and stays with the field before.
    """
    fields: list[tuple[bytes, list[bytes]]] = []
    at = 0
    while at < len(block):
        line, line_end = _line_at(block, at)
        if _is_end(line) and not (fields and line and _continues(block, line_end)):
            at = line_end
            break
        if not _take_line(line, fields):
            if not _tolerated(block, line_end, line, where=where, defects=defects):
                defects.note(DefectKind.HEADER_END_MISSING, where=where, what=_shown(line))
                break
            if fields and not _STRAY.match(line):
                fields[-1][1].append(line)
        at = line_end
    return [(name, b"\n ".join(lines)) for name, lines in fields], at


def _line_at(block: bytes, at: int) -> tuple[bytes, int]:
    found = _LINE.match(block, at)
    return (found.group(1), found.end()) if found else (b"", len(block))


def _is_end(line: bytes) -> bool:
    return not line.strip(b" \t")


def _continues(block: bytes, at: int) -> bool:
    """Whether a line of blanks is a fold: another fold or a field comes after it."""
    folds = block[at : at + 1] in (b" ", b"\t") and not _BLANK.match(block, at)
    return folds or _FIELD_START.match(block, at) is not None


def _take_line(line: bytes, fields: list[tuple[bytes, list[bytes]]]) -> bool:
    """Add a field or a continuation to `fields`; False when the line is neither."""
    if line[:1] in (b" ", b"\t") and fields:
        fields[-1][1].append(line.strip(b" \t"))
        return True
    found = _FIELD_START.match(line)
    if found is None:
        return False
    fields.append((found.group(1).lower(), [line[found.end() :]]))
    return True


def _tolerated(block: bytes, after: int, line: bytes, *, where: str, defects: Defects) -> bool:
    if _STRAY.match(line):
        defects.note(DefectKind.STRAY_SEPARATOR, where=where, what=_shown(line))
        return True
    if _WELL_KNOWN.match(block, after):
        defects.note(DefectKind.HEADER_LINE_BROKEN, where=where, what=_shown(line))
        return True
    return False


def _shown(line: bytes) -> str:
    return line[:200].decode("utf-8", "replace")
