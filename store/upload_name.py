"""What an upload is called: its name as it came, made fit to be shown."""

from __future__ import annotations

import re
import unicodedata

_NAME_CHARS = 200
# Names show on pages and in headers: no path, and a sign where a control or direction character
# was, for without one a name would pose as another.
_SIGN = "\N{REPLACEMENT CHARACTER}"
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def safe_name(name: str | None) -> str:
    """A file name fit to show: the last part of a path, NFC, misleading characters as `�`."""
    last = re.split(r"[/\\]", name or "")[-1]
    valid = last.encode("utf-8", "replace").decode()
    composed = unicodedata.normalize("NFC", valid)
    if not _UNSAFE.sub("", composed).strip():
        return "upload.mbox"
    return _UNSAFE.sub(_SIGN, composed).strip()[-_NAME_CHARS:]
