"""One raw message in, one `Message` out, whatever the bytes are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mail.body import Body, read_body
from mail.defect import Defect, DefectKind, Defects
from mail.digest import content_digest
from mail.envelope import Envelope, read_envelope
from mail.header import Header
from mail.limits import Limits
from mail.opened import LIMITS, open_message
from mail.part import Part, body_html
from mail.rule import Rule
from mail.truncated import note_truncated

__all__ = ["Limits", "Message", "body_html", "read_message"]

_DELETED = 0x0008
_FOLDER_NOTE = "FOLDER INTERNAL DATA"
_NO_BODY = Body((), "", False, False)


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


def read_message(
    raw: bytes | memoryview,
    *,
    rule: Rule,
    separator: bytes = b"",
    limits: Limits = LIMITS,
    charset: str | None = None,
    whole: bool = True,
    trimmed: bool = False,
    is_last: bool = False,
    cut_off: bool = False,
    not_after: datetime | None = None,
) -> Message:
    """Read one message: `raw` is its span without the separator line, given as `separator`.

    `charset` overrides the labels and guesses of every text, and of what a header does not declare
    or declares wrongly. `whole=False` says that `raw` is only the head of
    a message too large to read: its body is left alone. `trimmed` says that `raw` comes without
    the blank line before the next separator (`mail.span_bytes`), `is_last` that no
    message follows it in its mbox, `cut_off` that only NULs do. `not_after` is when the
    mbox was received: later dates are implausible. Never raises on any bytes;
    what was wrong is in `defects`.
    """
    opened = open_message(raw, rule, limits=limits, charset=charset, whole=whole, trimmed=trimmed)
    reading = opened.reading
    header = opened.mail.header
    envelope = read_envelope(
        header, separator=separator, reading=reading, limits=limits, not_after=not_after
    )
    if whole:
        body = read_body(
            opened.leaves,
            reading=reading,
            limits=limits,
            deadline=opened.deadline,
        )
    else:
        body = _NO_BODY
        what = "only the headers were read"
        reading.defects.note(DefectKind.TOO_LARGE, where="body", what=what)
    # A message that others follow ends with its line, or it was cut.
    if whole and (is_last or not opened.mail.raw.endswith(b"\n")):
        note_truncated(opened.mail, rule, is_last=is_last, cut_off=cut_off, defects=reading.defects)
    _note_folder_data(envelope, reading.defects)
    return Message(
        envelope=envelope,
        parts=body.parts,
        text=body.text,
        text_cut=body.text_cut,
        has_html=body.has_html,
        defects=reading.defects.all(),
        digest=content_digest(opened.mail),
        deleted_in_source=_is_deleted(header),
    )


def _is_deleted(header: Header) -> bool:
    value = (header.get(b"x-mozilla-status") or b"").strip()
    try:
        return bool(int(value, 16) & _DELETED) if value else False
    except ValueError:
        return False


def _note_folder_data(envelope: Envelope, defects: Defects) -> None:
    subject = envelope.subject
    if subject and _FOLDER_NOTE in subject:
        defects.note(DefectKind.FOLDER_INTERNAL_DATA, where="Subject", what=subject)
