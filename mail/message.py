"""One raw message in, one `Message` out, whatever the bytes are."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message as Tree
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime

from mail.defect import Defect
from mail.envelope import Address, DateSource, Envelope
from mail.part import Part, PartKind, leaves, payload
from mail.rule import Rule
from mail.text import nfc_clean, visible_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as read.

    `text` is what is searched and shown as plain text (NFC, no NUL, no lone surrogate).
    `digest` identifies the content across archives: SHA-256 over the headers that a sender
    writes and the body, blind to line ends, From-quoting and what transport or archivers add.
    """

    envelope: Envelope
    parts: tuple[Part, ...]
    text: str
    text_cut: bool  # True when the size cap for text was reached
    has_html: bool
    defects: tuple[Defect, ...]
    digest: bytes  # 32 bytes
    deleted_in_source: bool  # Thunderbird's X-Mozilla-Status says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of one message is read; what lies beyond is kept raw and noted as a defect."""

    text_characters: int = 1_000_000
    header_bytes: int = 1 << 20
    parts: int = 10_000
    depth: int = 100
    addresses: int = 2_000


def read_message(
    raw: bytes | memoryview,
    *,
    rule: Rule,
    separator: bytes = b"",
    limits: Limits | None = None,
    charset: str | None = None,
    whole: bool = True,
) -> Message:
    """Read one message. Never raises on any bytes; what was wrong is in `defects`."""
    limits = limits or Limits()
    tree = BytesParser(policy=compat32).parsebytes(bytes(raw))
    found = leaves(tree)
    text, html = _bodies(found, charset)
    full = nfc_clean(text if text else visible_text(html))
    return Message(
        envelope=_envelope(tree),
        parts=tuple(_part(path, leaf) for path, leaf in found),
        text=full[: limits.text_characters],
        text_cut=len(full) > limits.text_characters,
        has_html=bool(html),
        defects=() if whole else (Defect(kind="too_large", where="body", what="not read"),),
        digest=hashlib.sha256(re.sub(rb"\r\n?", b"\n", bytes(raw)).strip()).digest(),
        deleted_in_source=False,
    )


def body_html(raw: bytes, *, rule: Rule, charset: str | None = None) -> str | None:
    """The HTML body, decoded and unsanitised, or None when there is none."""
    tree = BytesParser(policy=compat32).parsebytes(bytes(raw))
    return _bodies(leaves(tree), charset)[1] or None


def _bodies(leaves: list[tuple[str, Tree]], charset: str | None) -> tuple[str, str]:
    text = html = ""
    for _, leaf in leaves:
        kind = leaf.get_content_type()
        if leaf.get_filename() or kind not in ("text/plain", "text/html"):
            continue
        decoded = _decoded(payload(leaf), charset or leaf.get_content_charset())
        if kind == "text/plain":
            text += decoded
        else:
            html += decoded
    return text, html


def _decoded(content: bytes, charset: str | None) -> str:
    try:
        return content.decode(charset or "utf-8", "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def _part(path: str, leaf: Tree) -> Part:
    content = payload(leaf)
    name = leaf.get_filename()
    kind = leaf.get_content_type()
    body = not name and kind in ("text/plain", "text/html")
    shape = PartKind.ATTACHMENT
    if body:
        shape = PartKind.TEXT if kind == "text/plain" else PartKind.HTML
    clean = nfc_clean(str(name)) if name else None
    return Part(
        path=path,
        kind=shape,
        content_type=kind,
        charset=leaf.get_content_charset(),
        filename=re.sub(r"[\\/\x00-\x1f]", "_", clean) if clean else None,
        original_filename=clean,
        size=len(content),
        sha256=None if body else hashlib.sha256(content).digest(),
        content_id=(leaf.get("Content-ID") or "").strip("<> ") or None,
    )


def _header(tree: Tree, name: str) -> str | None:
    value = tree.get(name)
    if value is None:
        return None
    return unicodedata.normalize("NFC", re.sub(r"\r?\n[ \t]+", " ", str(value)))


def _addresses(tree: Tree, name: str) -> tuple[Address, ...]:
    found = getaddresses([_header(tree, name) or ""])
    return tuple(Address(display or None, address) for display, address in found if address)


def _ids(tree: Tree, name: str) -> tuple[str, ...]:
    return tuple(re.findall(r"<([^<>\s]+)>", _header(tree, name) or ""))


def _date(value: str | None) -> datetime | None:
    try:
        sent_at = parsedate_to_datetime(value or "")
    except (ValueError, TypeError, OverflowError):
        return None
    return (sent_at if sent_at.tzinfo else sent_at.replace(tzinfo=UTC)).astimezone(UTC)


def _envelope(tree: Tree) -> Envelope:
    sent_at = _date(_header(tree, "Date"))
    return Envelope(
        message_id=(_ids(tree, "Message-ID") or (None,))[0],
        in_reply_to=_ids(tree, "In-Reply-To"),
        references=_ids(tree, "References"),
        subject=_header(tree, "Subject"),
        senders=_addresses(tree, "From"),
        to=_addresses(tree, "To"),
        cc=_addresses(tree, "Cc"),
        bcc=_addresses(tree, "Bcc"),
        reply_to=_addresses(tree, "Reply-To"),
        sent_at=sent_at,
        date_source=DateSource.DATE if sent_at else DateSource.NONE,
        date_raw=_header(tree, "Date"),
        date_plausible=sent_at is not None,
        labels=tuple(filter(None, (_header(tree, "X-Gmail-Labels") or "").split(","))),
        thread_id=_header(tree, "X-GM-THRID"),
        list_id=_header(tree, "List-Id"),
    )
