"""The pages of a search one has come through, as cursors in the address.

Hits are collected from the newest mail backwards, so a search itself has no way to an earlier
page; its address brings along where the earlier pages began. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

# A cursor has about forty letters; beyond these the way back is by the first page.
KEPT = 30
CUT = "~"
BETWEEN = "."


@dataclass(frozen=True, slots=True)
class Trail:
    """Cursors of earlier pages, the first page left out. `is_cut`: there were more."""

    cursors: tuple[str, ...] = ()
    is_cut: bool = False

    @property
    def last(self) -> str | None:
        """Where the page before this one began; None for the first page, and for a cut trail."""
        return self.cursors[-1] if self.cursors else None

    @property
    def before(self) -> Trail:
        """The trail of the page before."""
        return Trail(self.cursors[:-1], self.is_cut)

    def and_then(self, cursor: str) -> Trail:
        """The trail of the page after the one that began at `cursor` ("" for the first)."""
        walked = (*self.cursors, cursor) if cursor else self.cursors
        return Trail(walked[-KEPT:], self.is_cut or len(walked) > KEPT)

    @property
    def text(self) -> str:
        """As it stands in an address."""
        return BETWEEN.join((CUT, *self.cursors) if self.is_cut else self.cursors)


@dataclass(frozen=True, slots=True)
class Way:
    """A page of a search: the cursor it begins at, "" for the first page, and how one got there."""

    after: str = ""
    trail: Trail = Trail()


BEGINNING = Way()


def trail_from(text: str) -> Trail:
    """The trail that `text` was written of; whether its cursors are any is told by the search."""
    cursors = tuple(one for one in text.split(BETWEEN) if one)
    is_cut = bool(cursors) and cursors[0] == CUT
    return Trail(cursors[is_cut:][-KEPT:], is_cut)
