"""Addresses of one message's page: another look at it, another page of what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from web.asked import address
from web.looks import Look

# A page carries it in some twenty links, which shall not be heavier than its message. What is
# longer is carried without the way through the pages of results: one comes back to the first.
MOST_CARRIED = 500
_OF_THE_SEARCH = ("q", "order", "group")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLinks:
    """What stays as it is from one of its addresses to the next."""

    path: str
    came_from: str  # the query of the search it was opened from, "" for none
    charset: str | None

    @property
    def carried(self) -> str:
        """Of `came_from` what every link carries."""
        if len(self.came_from) <= MOST_CARRIED:
            return self.came_from
        asked = [one for one in parse_qsl(self.came_from) if one[0] in _OF_THE_SEARCH]
        short = urlencode(asked)
        return short if len(short) <= MOST_CARRIED else ""

    def to(self, look: Look, anchor: str = "", /, **place: object) -> str:
        """A look at it. `place` says which page of what; None and 0 are left out."""
        kept = {name: value or None for name, value in place.items()}
        found = address(
            self.path, view=look, charset=self.charset, **kept, **{"from": self.carried}
        )
        return f"{found}#{anchor}" if anchor else found
