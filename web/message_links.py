"""Addresses of one message's page: another look at it, another page of what it shows."""

from __future__ import annotations

from dataclasses import dataclass

from web.asked import address
from web.looks import Look

# A page carries it in some twenty links. Without it the way back to the results is shorter by the
# words that were searched for, but the page is not heavier than its message.
MOST_CARRIED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLinks:
    """What stays as it is from one of its addresses to the next."""

    path: str
    came_from: str  # the query of the search it was opened from, "" for none
    charset: str | None

    @property
    def carried(self) -> str:
        """Of `came_from` what every link carries."""
        return self.came_from if len(self.came_from) <= MOST_CARRIED else ""

    def to(self, look: Look, anchor: str = "", /, **place: object) -> str:
        """A look at it. `place` says which page of what; None and 0 are left out."""
        kept = {name: value or None for name, value in place.items()}
        found = address(
            self.path, view=look, charset=self.charset, **kept, **{"from": self.carried}
        )
        return f"{found}#{anchor}" if anchor else found
