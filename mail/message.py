"""One raw message in, one `Message` out, whatever the bytes are."""

from __future__ import annotations

from dataclasses import dataclass

from mail.defect import Defect
from mail.envelope import Envelope
from mail.part import Part


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
