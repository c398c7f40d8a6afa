"""Make a name that is safe to show and to save from whatever an attachment calls itself.

The original is kept beside it as evidence; this one has no path, no control characters, a sign
where a character would turn its direction, no name that a system reserves, and a bounded length.
"""

from __future__ import annotations

import re

from mail.text import nfc_clean

_LONGEST_BYTES = 200
# Controls, invisible joiners and line separators.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200d\u2028\u2029\u2060-\u2065\ufeff\ufff9-\ufffb]"
)
# Characters that turn the reading direction leave a sign: without one a name would pose as another,
# and the words on both sides of it would be found as one.
_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_SIGN = "\N{REPLACEMENT CHARACTER}"
_UNSAFE = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9])(?:\.|\Z)", re.IGNORECASE)


def safe_filename(original: str) -> str | None:
    """The safe form of a name, or None when nothing of it can be used."""
    seen = _INVISIBLE.sub("", original)
    if not _TURNING.sub("", seen):
        return None
    name = nfc_clean(_TURNING.sub(_SIGN, seen))
    name = name.replace("\\", "/").rstrip("/ ").rpartition("/")[2]
    name = _UNSAFE.sub("_", name).strip(" .")
    if _RESERVED.match(name):
        name = f"_{name}"
    return _shortened(name) or None


def _shortened(name: str) -> str:
    if len(name.encode("utf-8", "replace")) <= _LONGEST_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 20:
        stem, dot, extension = name, "", ""
    room = _LONGEST_BYTES - len((dot + extension).encode("utf-8", "replace"))
    return stem.encode("utf-8", "replace")[:room].decode("utf-8", "ignore") + dot + extension
