"""Files that were typed into a text body: uuencode and yEnc blocks.

Takes them out of the text and gives their bytes. They have no header of their own, so their path
is the text part's with a number after a hash sign ("1#2"). A block that lost its end is read as
far as its lines go; what is merely talk about such blocks stays text.
"""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

from mail.defect import DefectKind, Defects
from mail.transfer import decode_uuencode

# A pattern of plain letters is found in half the time that a search for its bytes takes.
_BEGIN = re.compile(rb"begin ")
_BLOCK = re.compile(
    rb"^(?:begin [0-7]{3,4} ([^\r\n]{1,255})|=ybegin ([^\r\n]{1,500}))\r?\n", re.MULTILINE
)
_UU_LINE = re.compile(rb"([ -`][^\r\n]{0,100})\r?\n|([` ]?[ \t]*\r?\n)")
_UU_END = re.compile(rb"(?:[` ]?[ \t]*\r?\n)?end[ \t]*(?:\r?\n|\Z)")
_FEWEST_UU_LINES = 1  # none without an end is a sentence
_Y_NAME = re.compile(rb"(?:^|[ \t])name=([^\r\n]{1,255})\Z")
_Y_PART = re.compile(rb"=ypart [^\r\n]*\r?\n")
_Y_END = re.compile(rb"^=y(?:end ([^\r\n]*)(?:\r?\n|\Z)|begin )", re.MULTILINE)
_Y_SIZE = re.compile(rb"(?:^|[ \t])size=(\d{1,12})")
_Y_CRC = re.compile(rb"(?:^|[ \t])crc32=([0-9A-Fa-f]{1,8})")
_Y_PART_CRC = re.compile(rb"(?:^|[ \t])pcrc32=([0-9A-Fa-f]{1,8})")
_Y_SHIFT = bytes((byte - 42) & 255 for byte in range(256))
_Y_ESCAPE = re.compile(rb"=(.)", re.DOTALL)
_MOST = 200


class Embedded(NamedTuple):
    """One file found in a text: its name as written, and its bytes."""

    name: bytes
    content: bytes


class _Block(NamedTuple):
    file: Embedded
    end: int


def may_hold_files(content: bytes) -> bool:
    """Whether it is worth looking closer."""
    return _BEGIN.search(content) is not None


def take_out_files(content: bytes, *, where: str, defects: Defects) -> tuple[bytes, list[Embedded]]:
    """The text without the files in it, and the files in order."""
    files: list[Embedded] = []
    kept: list[bytes] = []
    at = 0
    found = _BLOCK.search(content)
    while found and len(files) < _MOST:
        read = _uu_block if found.group(1) else _y_block
        block = read(content, found, where=where, defects=defects)
        if block:
            kept.append(content[at : found.start()])
            files.append(block.file)
            at = block.end
        found = _BLOCK.search(content, block.end if block else found.end())
    return (b"".join((*kept, content[at:])) if files else content), files


def _uu_block(
    content: bytes, begin: re.Match[bytes], *, where: str, defects: Defects
) -> _Block | None:
    at, sound, lines = begin.end(), begin.end(), 0
    while not _UU_END.match(content, at):
        line = _UU_LINE.match(content, at)
        if line is None:
            break
        if sound == at and line.group(1) and _is_sound(line.group(1)):
            sound, lines = line.end(), lines + 1
        at = line.end()
    end = _UU_END.match(content, at)
    if end is None:
        if lines < _FEWEST_UU_LINES:
            return None
        defects.note(DefectKind.UUENCODE_BROKEN, where=where, what="no end line")
        at = sound
    file = decode_uuencode(content[begin.end() : at], where=where, defects=defects)
    return _Block(Embedded(begin.group(1), file), end.end() if end else at)


def _is_sound(line: bytes) -> bool:
    """Whether a line has as many characters as its first one says; blanks at its end get lost."""
    wanted = (((line[0] - 32) & 63) + 2) // 3 * 4
    return wanted > 0 and wanted - 3 <= len(line) - 1 <= wanted + 1


def _y_block(
    content: bytes, begin: re.Match[bytes], *, where: str, defects: Defects
) -> _Block | None:
    name = _Y_NAME.search(begin.group(2))
    if name is None:
        return None
    part = _Y_PART.match(content, begin.end())
    data = part.end() if part else begin.end()
    end = _Y_END.search(content, data)
    closed = end is not None and end.group(1) is not None
    stop = end.start() if end else len(content)
    if not closed:
        if content[data:stop].isascii():  # the bytes of a file hardly ever are
            return None
        defects.note(DefectKind.UUENCODE_BROKEN, where=where, what="yEnc: no end line")
    file = _y_bytes(content[data:stop])
    trailer = end.group(1) if end and closed else begin.group(2)
    _check(file, trailer, is_part=part is not None, where=where, defects=defects)
    return _Block(Embedded(name.group(1), file), end.end() if end and closed else stop)


def _y_bytes(lines: bytes) -> bytes:
    one_line = lines.replace(b"\r\n", b"\n").replace(b"\n", b"")
    plain = _Y_ESCAPE.sub(lambda one: bytes(((one.group(1)[0] - 64) & 255,)), one_line)
    return plain.translate(_Y_SHIFT)


def _check(file: bytes, trailer: bytes, *, is_part: bool, where: str, defects: Defects) -> None:
    size = _Y_SIZE.search(trailer)
    if size and int(size.group(1)) != len(file):
        what = f"yEnc: {len(file)} of {int(size.group(1))} bytes"
        defects.note(DefectKind.UUENCODE_BROKEN, where=where, what=what)
    # The other sum of a part is that of the whole file.
    crc = (_Y_PART_CRC if is_part else _Y_CRC).search(trailer)
    if crc and int(crc.group(1), 16) != zlib.crc32(file):
        what = f"yEnc: CRC {zlib.crc32(file):08x}, not {crc.group(1).decode().lower()}"
        defects.note(DefectKind.UUENCODE_BROKEN, where=where, what=what)
