"""Where a page of hits ended, in a form that travels in an address.

A cursor names the last hit and not a page number, so that mail that arrives meanwhile neither
hides a hit nor shows one twice.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from store.results import CursorError

_SHAPE = re.compile(r"1:([01]):(-?\d{1,19}):(\d{1,19})", re.ASCII)
_LARGEST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last hit of a page: its rank when the best come first, its place in time, its key."""

    rank: int
    sort_at: int
    id: int

    def __str__(self) -> str:
        """The text to put into an address."""
        plain = f"1:{self.rank}:{self.sort_at}:{self.id}"
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def cursor_from(text: str) -> Cursor:
    """The cursor that `str` wrote. Raises CursorError for anything else."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        found = _SHAPE.fullmatch(plain.decode("ascii"))
    except (ValueError, binascii.Error):
        found = None
    if found is None or int(found[3]) > _LARGEST or abs(int(found[2])) > _LARGEST:
        raise CursorError("This page address is damaged; start again from the first page.")
    return Cursor(int(found[1]), int(found[2]), int(found[3]))
