"""Say what a file is from its first bytes, while it is still being received."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from mail.rule import Dialect, Rule
from mail.scan import opening
from mail.source import BytesSource


class Found(StrEnum):
    """What the first bytes of a file are."""

    MBOX = "mbox"
    SINGLE = "single"
    EMPTY = "empty"
    PDF = "pdf"
    ZIP = "zip"
    GZIP = "gzip"
    ZSTD = "zstd"
    BZIP2 = "bzip2"
    XZ = "xz"
    PST = "pst"
    MSG = "msg"
    IMAGE = "image"
    HTML = "html"
    TEXT = "text"
    BINARY = "binary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a file is, whether it can be taken in, and one sentence for whoever sent it."""

    found: Found
    is_mail: bool
    sentence: str


_MAGIC = (
    (b"%PDF-", Found.PDF, "This is a PDF document, not a mail file."),
    (b"PK\x03\x04", Found.ZIP, "This is a ZIP archive. Unpack it and upload the .mbox inside."),
    (b"\x1f\x8b", Found.GZIP, "This is a gzip file. Unpack it and upload the mbox inside."),
    (b"\x28\xb5\x2f\xfd", Found.ZSTD, "This is a zstd file. Unpack it and upload the mbox inside."),
    (b"BZh", Found.BZIP2, "This is a bzip2 file. Unpack it and upload the mbox inside."),
    (b"\xfd7zXZ\0", Found.XZ, "This is an xz file. Unpack it and upload the mbox inside."),
    (b"!BDN", Found.PST, "This is an Outlook PST file. Export it to mbox first."),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Found.MSG, "This is an Outlook .msg file."),
    (b"\xff\xd8\xff", Found.IMAGE, "This is a JPEG picture, not a mail file."),
    (b"\x89PNG", Found.IMAGE, "This is a PNG picture, not a mail file."),
)


def sniff(head: bytes, filename: str) -> Verdict:
    """What a file is, from its first bytes (up to 64 KiB are looked at) and its name."""
    if not head:
        return Verdict(found=Found.EMPTY, is_mail=False, sentence="The file is empty.")
    for magic, found, sentence in _MAGIC:
        if head.startswith(magic):
            return Verdict(found=found, is_mail=False, sentence=sentence)
    start = opening(BytesSource(head), Rule.of(Dialect.BARE))
    if start and start[1]:
        return Verdict(found=Found.MBOX, is_mail=True, sentence="This is an mbox.")
    if start:
        return Verdict(found=Found.SINGLE, is_mail=True, sentence="This is a single message.")
    if b"\nFrom " in head:
        return Verdict(found=Found.MBOX, is_mail=True, sentence="This looks like an mbox.")
    if re.match(rb"\s*<(!doctype|html)", head, re.IGNORECASE):
        return Verdict(found=Found.HTML, is_mail=False, sentence="This is a web page.")
    if b"\0" in head:
        return Verdict(found=Found.BINARY, is_mail=False, sentence="This is not a mail file.")
    return Verdict(found=Found.TEXT, is_mail=False, sentence="There is no mail in this text file.")
