"""The words of a search marked in cleaned markup: in its text alone, never in a tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape, unescape

from store.results import Marked
from web.disguised import Piece
from web.found_marks import MOST_ON_A_PAGE, FoundMarks
from web.shown import pieces
from web.tags import TAG


def with_marks(markup: Sequence[Piece], marks: FoundMarks) -> tuple[tuple[Piece, ...], int, bool]:
    """The pieces with the first hits marked, how many are, and whether there are more.

    What tags part is not found.
    """
    if not marks.words:
        return tuple(markup), 0, False
    marker = _Marker(marks)
    marked = tuple(replace(one, markup=marker.on(one.markup)) for one in markup)
    return marked, marker.found, marker.is_more


class _Marker:
    def __init__(self, marks: FoundMarks) -> None:
        self._marks = marks
        self.found = 0
        self.is_more = False

    def on(self, markup: str) -> str:
        """Some markup with its hits."""
        done, seen = [], 0
        for tag in TAG.finditer(markup):
            done += [self._text(markup[seen : tag.start()]), tag[0]]
            seen = tag.end()
        return "".join([*done, self._text(markup[seen:])])

    def _text(self, text: str) -> str:
        room = MOST_ON_A_PAGE - self.found
        if self.is_more or not text or text.isspace():
            return text
        whole, self.is_more = self._marks.in_text(unescape(text), most=max(room, 1))
        shown = Marked(whole.text, whole.ranges[:room])
        self.is_more |= len(whole.ranges) > room
        if not shown.ranges:
            return text
        self.found += len(shown.ranges)
        return "".join(_piece(piece, is_hit=is_hit) for piece, is_hit in pieces(shown))


def _piece(text: str, *, is_hit: bool) -> str:
    return f"<mark>{escape(text)}</mark>" if is_hit else escape(text)
