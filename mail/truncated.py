"""Tell a message that was cut off from one that merely ends.

Copies of mailboxes break off where a disk was full or a transfer stopped; what is left of the
last message looks whole to whoever does not compare it with what it says of itself.
"""

from __future__ import annotations

from mail.defect import DefectKind, Defects
from mail.header import Header
from mail.prepare import Prepared
from mail.rule import Rule

# Programs disagree about the blank line at the end, and rewrite headers and quotes.
_SLACK_BYTES = 64
_SLACK_BYTES_BELIEVED = 8
_LONGEST_NUMBER = 15


def note_truncated(
    mail: Prepared, rule: Rule, *, is_last: bool, cut_off: bool, defects: Defects
) -> None:
    """Note the defect `truncated` with what shows it, if anything does."""
    what = _evidence(mail, rule, is_last=is_last, cut_off=cut_off, defects=defects)
    if what:
        defects.note(DefectKind.TRUNCATED, where="body", what=what)


def _evidence(
    mail: Prepared, rule: Rule, *, is_last: bool, cut_off: bool, defects: Defects
) -> str | None:
    raw = mail.raw
    if cut_off or raw.endswith(b"\0"):
        return "NULs follow"
    whole_line = raw.endswith((b"\n", b"\r"))
    claim = _claimed_bytes(mail.header) if is_last or not whole_line else None
    if claim is not None and claim > len(raw) - mail.body + _slack(mail, rule):
        return f"{len(raw) - mail.body} of {claim} bytes"
    if not whole_line and defects.has(DefectKind.MULTIPART_UNCLOSED):
        return "the file ends in the middle of a part"
    return None


def _slack(mail: Prepared, rule: Rule) -> int:
    """Bytes that may be missing for other reasons: line ends and quotes that were rewritten."""
    quotes = mail.raw.count(b"\nFrom ", mail.body)
    if rule.content_length:
        return _SLACK_BYTES_BELIEVED + quotes
    return _SLACK_BYTES + quotes + mail.raw.count(b"\n", mail.body)


def _claimed_bytes(header: Header) -> int | None:
    value = (header.get(b"content-length") or b"").strip()
    return int(value) if value.isdigit() and len(value) <= _LONGEST_NUMBER else None
