"""Files that were typed into a text body: uuencode and yEnc blocks.

Takes them out of the text and gives their bytes. They have no header of their own, so their path
is the text part's with a number after a hash sign ("1#2").
"""

from __future__ import annotations

import re
from typing import NamedTuple

from mail.defect import DefectKind, Defects
from mail.transfer import decode_uuencode

# A pattern of plain letters is found in half the time that a search for its bytes takes.
_BEGIN = re.compile(rb"begin ")
_UU = re.compile(
    rb"^begin [0-7]{3,4} ([^\r\n]{1,255})\r?\n((?:[ -`][^\r\n]{0,100}\r?\n)*?)"
    rb"(?:[` ]?[ \t]*\r?\n)?end[ \t]*(?:\r?\n|\Z)",
    re.MULTILINE,
)
_YENC = re.compile(
    rb"^=ybegin [^\r\n]{0,200}?name=([^\r\n]{1,255})\r?\n(?:=ypart [^\r\n]*\r?\n)?"
    rb"(.*?)^=yend [^\r\n]*(?:\r?\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
_YENC_SIZE = re.compile(rb"=yend [^\r\n]{0,200}?size=(\d{1,12})")
_YENC_SHIFT = bytes((byte - 42) & 255 for byte in range(256))
_YENC_ESCAPE = re.compile(rb"=(.)", re.DOTALL)
_MOST = 200


class Embedded(NamedTuple):
    """One file found in a text: its name as written, and its bytes."""

    name: bytes
    content: bytes


def may_hold_files(content: bytes) -> bool:
    """Whether it is worth looking closer."""
    return _BEGIN.search(content) is not None


def take_out_files(content: bytes, *, where: str, defects: Defects) -> tuple[bytes, list[Embedded]]:
    """The text without the files in it, and the files in order."""
    files: list[Embedded] = []

    def uu(found: re.Match[bytes]) -> bytes:
        files.append(
            Embedded(found.group(1), decode_uuencode(found.group(2), where=where, defects=defects))
        )
        return b""

    def yenc(found: re.Match[bytes]) -> bytes:
        files.append(Embedded(found.group(1), _yenc_bytes(found, where=where, defects=defects)))
        return b""

    return _YENC.sub(yenc, _UU.sub(uu, content, count=_MOST), count=_MOST), files


def _yenc_bytes(found: re.Match[bytes], *, where: str, defects: Defects) -> bytes:
    lines = found.group(2).replace(b"\r\n", b"\n").replace(b"\n", b"")
    plain = _YENC_ESCAPE.sub(lambda one: bytes(((one.group(1)[0] - 64) & 255,)), lines)
    content = plain.translate(_YENC_SHIFT)
    size = _YENC_SIZE.search(found.group())
    if size and int(size.group(1)) != len(content):
        what = f"yEnc: {len(content)} of {int(size.group(1))} bytes"
        defects.note(DefectKind.UUENCODE_BROKEN, where=where, what=what)
    return content
