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

_PLACE = r"(-?\d{1,19}):(\d{1,19})"
_EDGE = rf"(?:e{_PLACE}:)?"
# A rank of letters comes last, as it may hold colons.
_SHAPE = re.compile(rf"{_EDGE}1:(-?\d{{1,19}}):{_PLACE}", re.ASCII)
_LETTERED = re.compile(rf"{_EDGE}2:{_PLACE}:(.{{1,200}})", re.ASCII | re.DOTALL)
LARGEST = (1 << 63) - 1

# A place in the order of time: when a message was sent, and its key.
Place = tuple[int, int]

# A number, or letters: whatever a list is in order of before it is in order of time.
Rank = int | str


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last hit of a page: its rank, its place in time, its key.

    `edge` is where the looking for this list ended, of one that is looked for anew on each page.
    """

    rank: Rank
    sort_at: int
    id: int
    edge: Place | None = None

    def __str__(self) -> str:
        """The text to put into an address."""
        if isinstance(self.rank, str):
            plain = f"2:{self.sort_at}:{self.id}:{self.rank}"
        else:
            plain = f"1:{self.rank}:{self.sort_at}:{self.id}"
        if self.edge is not None:
            plain = f"e{self.edge[0]}:{self.edge[1]}:{plain}"
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
        return Cursor(int(found[3]), int(found[4]), int(found[5]), _edge(found))
    if found := _LETTERED.fullmatch(plain):
        return Cursor(found[5], int(found[3]), int(found[4]), _edge(found))
    return None


def _edge(found: re.Match[str]) -> Place | None:
    return None if found[1] is None else (int(found[1]), int(found[2]))


def _is_in_range(cursor: Cursor) -> bool:
    numbers = [cursor.sort_at, cursor.id, *(cursor.edge or ())]
    if isinstance(cursor.rank, int):
        numbers.append(cursor.rank)
    return all(abs(number) <= LARGEST for number in numbers)
