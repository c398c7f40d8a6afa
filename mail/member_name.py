"""Names inside archives: which letters their bytes mean, and how they can be shown.

A name is never a place on disk. What is shown keeps every part of it, so that nobody wonders
where a file went; what a file is listed under has no part that climbs.
"""

from __future__ import annotations

import re
import unicodedata

from mail.charset import guess

SHOWN_CHARS = 400
PATH_CHARS = 200
_CUT = "…"
# No control and no direction characters: they would let a name pose as another.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_DRIVE = re.compile(r"^[A-Za-z]:$")
_SYSTEM = frozenset((".ds_store", "thumbs.db", "desktop.ini", "icon\r"))


def decoded_name(raw: bytes, *, is_utf8: bool = False, otherwise: str | None = None) -> str:
    """The letters of a name that says, or does not say, that it is UTF-8.

    Unlabelled bytes are guessed as in mail, Korean first; `otherwise` is the charset the format
    prescribes for what is neither UTF-8 nor Korean.
    """
    if is_utf8 or raw.isascii():
        return raw.decode("utf-8", "replace")
    found = guess(raw)
    if otherwise is not None and found.charset not in ("utf-8", "cp949"):
        return raw.decode(otherwise, "replace")
    return found.text


def shown_name(name: str) -> str:
    """A name as people are shown it: composed, its odd characters marked, the end kept if long."""
    marked = _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", unicodedata.normalize("NFC", name))
    marked = marked.encode("utf-8", "replace").decode()
    return marked if len(marked) <= SHOWN_CHARS else _CUT + marked[-SHOWN_CHARS + 1 :]


def safe_path(name: str) -> str:
    """The path under which a member's mail is listed: relative, climbing nowhere, never empty."""
    parts = [part.strip() for part in re.split(r"[/\\]", shown_name(name))]
    kept = [part for part in parts if part not in ("", ".", "..") and not _DRIVE.match(part)]
    return "/".join(kept)[-PATH_CHARS:].lstrip("/") or "mail"


def is_system_file(name: str) -> bool:
    """True for what a desktop leaves in archives beside the files that were meant."""
    parts = name.replace("\\", "/").split("/")
    last = parts[-1].lower()
    return "__MACOSX" in parts[:-1] or last in _SYSTEM or last.startswith("._")
