"""The public name of a message, `3-104857`: the upload it came in and where it begins."""

from __future__ import annotations

import re

from store.tables_mail import OFFSET_BITS

_NAME = re.compile(r"([1-9][0-9]{0,6})-(0|[1-9][0-9]{0,12})", re.ASCII)
_OFFSETS = 1 << OFFSET_BITS
_UPLOADS = 1 << 22  # a key stays below 2**62


def message_name(key: int) -> str:
    """The name of the message with this key."""
    return f"{key >> OFFSET_BITS}-{key & _OFFSETS - 1}"


def message_key_of(name: str) -> int | None:
    """The key of the message with this name; None when it is no such name."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    upload_id, offset = int(found[1]), int(found[2])
    return upload_id << OFFSET_BITS | offset if upload_id < _UPLOADS and offset < _OFFSETS else None
