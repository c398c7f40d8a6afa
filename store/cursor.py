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

# A rank of letters comes last, as it may hold colons.
_SHAPE = re.compile(r"1:(-?\d{1,19}):(-?\d{1,19}):(\d{1,19})", re.ASCII)
_LETTERED = re.compile(r"2:(-?\d{1,19}):(\d{1,19}):(.{1,200})", re.ASCII | re.DOTALL)
LARGEST = (1 << 63) - 1

# A number, or letters: whatever a list is in order of before it is in order of time.
Rank = int | str


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last hit of a page: its rank, its place in time, its key."""

    rank: Rank
    sort_at: int
    id: int

    def __str__(self) -> str:
        """The text to put into an address."""
        if isinstance(self.rank, str):
            plain = f"2:{self.sort_at}:{self.id}:{self.rank}"
        else:
            plain = f"1:{self.rank}:{self.sort_at}:{self.id}"
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def cursor_from(text: str) -> Cursor:
    """The cursor that `str` wrote. Raises CursorError for anything else."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = _read(plain.decode())
    except (ValueError, binascii.Error):
        cursor = None
    if cursor is None or not _is_in_range(cursor):
        raise CursorError("This page address is damaged; start again from the first page.")
    return cursor


def _read(plain: str) -> Cursor | None:
    if found := _SHAPE.fullmatch(plain):
        return Cursor(int(found[1]), int(found[2]), int(found[3]))
    if found := _LETTERED.fullmatch(plain):
        return Cursor(found[3], int(found[1]), int(found[2]))
    return None


def _is_in_range(cursor: Cursor) -> bool:
    numbers = [cursor.sort_at, cursor.id]
    if isinstance(cursor.rank, int):
        numbers.append(cursor.rank)
    return all(abs(number) <= LARGEST for number in numbers)
