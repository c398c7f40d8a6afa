"""Say what a file is from its first bytes, while it is still being received.

Goes by content; the name only helps to word the answer. Mail is recognised by its separators and
fields, never by its letters: an mbox in EUC-KR or with binary attachments is as good as any.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from mail.detect import detect
from mail.rule import Dialect
from mail.source import BytesSource
from mail.tar import BLOCK, is_tar_header

HEAD_BYTES = 64 << 10


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
    TAR = "tar"
    ARCHIVE = "archive"  # of a kind that is not read here
    PST = "pst"
    MSG = "msg"
    DOCUMENT = "document"  # a zip by form: office documents, books, programs
    MBX = "mbx"
    IMAGE = "image"
    RESOURCE_FORK = "resource_fork"
    HTML = "html"
    UTF16 = "utf16"
    TEXT = "text"
    BINARY = "binary"


class Form(StrEnum):
    """What is taken in, in the words of whoever sends it."""

    MBOX = "mbox"
    EML = "eml"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do instead, for whoever uploads a file and for whoever names one to a command."""

    to_uploader: str
    to_commander: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a file is, in a sentence too; whether it can be taken in, and what to do if not."""

    found: Found
    is_mail: bool
    what: str
    advice: Advice | None = None

    @property
    def sentence(self) -> str:
        """What it is and what to do instead, for whoever sent it."""
        return f"{self.what} {self.advice.to_uploader}" if self.advice else self.what

    @property
    def sentence_for_command(self) -> str:
        """The same for whoever named the file on a command line, where nothing is uploaded."""
        return f"{self.what} {self.advice.to_commander}" if self.advice else self.what

    @property
    def is_archive(self) -> bool:
        """True for what `mail.archive` can look into."""
        return self.found in _OPENED

    @property
    def form(self) -> Form:
        """What it is to whoever sent it, of what is taken in."""
        if self.is_archive:
            return Form.ARCHIVE
        return Form.EML if self.found is Found.SINGLE else Form.MBOX

    @property
    def may_hold_mail(self) -> bool:
        """True for what may hold mail and is not taken in: other mailboxes and archives."""
        return self.found in _MAILBOXES

    @property
    def is_taken(self) -> bool:
        """True for what can be taken in: mail, or what may hold mail."""
        return self.is_mail or self.is_archive


_MAILBOXES = (Found.ARCHIVE, Found.ZSTD, Found.PST, Found.MBX, Found.MSG)
_OPENED = (Found.ZIP, Found.GZIP, Found.BZIP2, Found.XZ, Found.TAR)
_UNPACK = Advice("Unpack it and upload the .mbox inside.", "Unpack it and name the .mbox inside.")
_TAKEN = ".mbox or .eml files, or an archive of them (.zip, .tar, .tgz, .gz, .bz2, .xz)."
_NO_MAIL = Advice(f"Upload {_TAKEN}", f"Name {_TAKEN}")
_OTHER_FORK = Advice(
    "Upload the file of the same name without the “._”.",
    "Name the file that is called the same without the “._”.",
)
_UTF16 = "This is UTF-16 text. Export the mailbox again, as plain mbox."
_MAGIC: tuple[tuple[bytes, Found, str, Advice | None], ...] = (
    (b"%PDF-", Found.PDF, "This is a PDF document.", _NO_MAIL),
    (b"PK\x03\x04", Found.ZIP, "This is a ZIP archive.", None),
    (b"PK\x05\x06", Found.EMPTY, "This is an empty ZIP archive.", None),
    (b"\x1f\x8b", Found.GZIP, "This is a gzip file.", None),
    (b"\x28\xb5\x2f\xfd", Found.ZSTD, "This is a zstd file.", _UNPACK),
    (b"BZh", Found.BZIP2, "This is a bzip2 file.", None),
    (b"\xfd7zXZ\0", Found.XZ, "This is an xz file.", None),
    (b"7z\xbc\xaf\x27\x1c", Found.ARCHIVE, "This is a 7-Zip archive.", _UNPACK),
    (b"Rar!\x1a\x07", Found.ARCHIVE, "This is a RAR archive.", _UNPACK),
    (
        b"!BDN",
        Found.PST,
        "This is an Outlook data file (PST or OST). Export it to mbox, for instance with readpst.",
        None,
    ),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        Found.MSG,
        "This is an Outlook message or another Office file. Save the mail as .eml or .mbox.",
        None,
    ),
    (b"*mbx*\r\n", Found.MBX, "This is a UW-IMAP mbx mailbox. Convert it to mbox first.", None),
    (b"\xff\xd8\xff", Found.IMAGE, "This is a JPEG picture.", _NO_MAIL),
    (b"\x89PNG\r\n", Found.IMAGE, "This is a PNG picture.", _NO_MAIL),
    (b"GIF8", Found.IMAGE, "This is a GIF picture.", _NO_MAIL),
    (
        b"\x00\x05\x16\x07",
        Found.RESOURCE_FORK,
        "This is a macOS resource fork.",
        _OTHER_FORK,
    ),
    (b"\xff\xfe", Found.UTF16, _UTF16, None),
    (b"\xfe\xff", Found.UTF16, _UTF16, None),
)
# What such a package begins with: its list of types, or the word for what it is.
_PACKAGE = re.compile(
    rb"PK\x03\x04.{26}"
    rb"(?:\[Content_Types\]\.xml|_rels/|docProps/|META-INF/|mimetypeapplication/)",
    re.DOTALL,
)
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|\?xml)", re.IGNORECASE)


def sniff(head: bytes, filename: str) -> Verdict:
    """What a file is, from its first bytes (up to 64 KiB are looked at) and its name."""
    head = head[:HEAD_BYTES]
    if not head:
        return Verdict(found=Found.EMPTY, is_mail=False, what="The file is empty.")
    return _by_magic(head) or _by_mail(head) or _otherwise(head, filename)


def _by_magic(head: bytes) -> Verdict | None:
    if _PACKAGE.match(head):
        return _no_mail(Found.DOCUMENT, "This is an office document, a book or a program.")
    for magic, found, what, advice in _MAGIC:
        if head.startswith(magic):
            return Verdict(found=found, is_mail=False, what=what, advice=advice)
    if is_tar_header(head[:BLOCK]):
        return Verdict(found=Found.TAR, is_mail=False, what="This is a tar archive.")
    return None


def _by_mail(head: bytes) -> Verdict | None:
    dialect = detect(BytesSource(head)).rule.dialect
    if dialect is Dialect.NONE:
        return None
    if dialect is Dialect.SINGLE:
        return Verdict(found=Found.SINGLE, is_mail=True, what="This is a single message.")
    return Verdict(found=Found.MBOX, is_mail=True, what="This is an mbox.")


def _otherwise(head: bytes, filename: str) -> Verdict:
    if _MARKUP.match(head):
        return _no_mail(Found.HTML, "This is a web page.")
    if b"\0" in head:
        return _no_mail(Found.BINARY, "There is no mail at the beginning of this file.")
    if filename.lower().endswith((".mbox", ".mbx", ".eml")):
        what = "In spite of its name, this text has no mail in it."
        return Verdict(found=Found.TEXT, is_mail=False, what=what)
    return _no_mail(Found.TEXT, "This is text without any mail in it.")


def _no_mail(found: Found, what: str) -> Verdict:
    return Verdict(found=found, is_mail=False, what=what, advice=_NO_MAIL)
