"""One digest for one mail, whichever archive kept it.

Taken over what the sender wrote: some headers, and the body as it was sent. Blind to line ends,
to the quoting of From lines, to folds and to everything that transport and archivers add; a
single other letter in the rest gives another digest. Where neither a Message-ID, nor a date, nor
any body is left, as in a mail cut off within its header, what transport wrote is all that tells
it from another, and counts too.
"""

from __future__ import annotations

import hashlib
import re

from mail.prepare import Prepared
from mail.transfer import SLICE_BYTES, slices

_FIELDS = (
    b"message-id",
    b"date",
    b"from",
    b"to",
    b"cc",
    b"subject",
    b"in-reply-to",
    b"references",
    b"content-type",
    b"content-transfer-encoding",
)
_MARK = b"\0"
_MARK_TO_FEED = bytes.maketrans(_MARK, b"\n")
_BLANKS = b" \t\n\r\v\f"
_QUOTED_FROM = re.compile(rb">(?<![^\n]>)>*+(?=From )")  # as in `mail.prepare`


def content_digest(mail: Prepared) -> bytes:
    """SHA-256, 32 bytes, over the sender's headers and the body."""
    raw, body = mail.raw, mail.body
    end = _end_of_content(raw, body)
    written = _written(mail, is_empty=end <= body)
    if end - body <= SLICE_BYTES:
        return hashlib.sha256(written + _normal(raw[body:end], mail.has_quotes)).digest()
    digest = hashlib.sha256(written)
    for piece in slices(raw, body, end):
        digest.update(_normal(piece, mail.has_quotes))
    return digest.digest()


def _written(mail: Prepared, *, is_empty: bool) -> bytes:
    """The sender's headers, one in each line, without their blanks."""
    fields = mail.header.whole(_FIELDS)
    if is_empty and not (fields[0] or fields[1]):
        fields.append(mail.raw[: mail.body])
    if mail.raw.find(_MARK, 0, mail.body) < 0:
        # All at once: blanks go, and what parts the fields becomes a line end.
        return _MARK.join(fields).translate(_MARK_TO_FEED, _BLANKS) + b"\n\n"
    return b"\n".join([b"".join(field.split()) for field in fields]) + b"\n\n"


def _end_of_content(raw: bytes, body: int) -> int:
    """Where the body ends but for blank lines, which archives add and drop."""
    tail = max(body, len(raw) - 4096)
    return tail + len(raw[tail:].rstrip(b"\r\n"))


def _normal(piece: bytes, has_quotes: bool) -> bytes:
    if b"\r" in piece:
        piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return _QUOTED_FROM.sub(b"", piece) if has_quotes and b">From " in piece else piece
