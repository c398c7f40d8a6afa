"""What is known about one leaf of a message, as data. How it is found out: `mail.leaf`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PartKind(StrEnum):
    """What a leaf is, as far as it matters to a reader."""

    TEXT = "text"  # a plain text body
    HTML = "html"  # an HTML body
    ATTACHMENT = "attachment"
    INLINE = "inline"  # referred to by cid:
    MESSAGE = "message"  # message/rfc822
    ENCRYPTED = "encrypted"  # S/MIME or PGP
    SIGNATURE = "signature"
    TNEF = "tnef"  # winmail.dat
    UUENCODE = "uuencode"  # found inside a text body


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One leaf of a message's body. `path` ("1", "1.2") addresses it in `part_bytes`."""

    path: str
    kind: PartKind
    content_type: str  # lower case, "text/plain" when none was given
    charset: str | None  # as declared
    filename: str | None  # safe to show and to save: no path, control or direction characters
    original_filename: str | None  # as decoded, kept for evidence
    size: int  # bytes after the transfer encoding is undone
    sha256: bytes | None  # of those bytes; None for text bodies
    content_id: str | None  # without angle brackets
