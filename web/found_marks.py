"""The words of the search that a message was opened from, marked where the message shows them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs

from store.asked_words import asked_words
from store.clock import utc_now
from store.document import Field
from store.expression import Words
from store.marking import marked, marked_long
from store.results import Marked

# Of each word in a text, and on one page of it.
MOST_IN_A_TEXT, MOST_ON_A_PAGE = 2_000, 600


@dataclass(frozen=True, slots=True)
class FoundMarks:
    """What is to be marked: the very words by which `store.search` found the message."""

    words: tuple[Words, ...]

    def on(self, text: str | None, field: Field, *, most: int | None = None) -> Marked:
        """A text of one field with its hits; the first `most` characters of it."""
        whole = marked(text or "", self._about(field)) or Marked("")
        return whole if most is None else clipped(whole, most)

    def in_text(self, text: str, *, most: int = MOST_IN_A_TEXT) -> tuple[Marked, bool]:
        """A text of the body with its hits, `most` of each word, and whether it has more."""
        about = self._about(Field.BODY)
        return marked_long(text, about, most=most) if about else (Marked(text), False)

    def _about(self, field: Field) -> list[Words]:
        # Blind copies are found by `cc:` too.
        fields = (None, Field.CC, Field.BCC) if field is Field.BCC else (None, field)
        return [one for one in self.words if one.field in fields]


def found_marks(came_from: str) -> FoundMarks:
    """Of the search page with that query; nothing is marked without one."""
    query = parse_qs(came_from).get("q", [""])[-1]
    return FoundMarks(asked_words(query, now=utc_now()) if query else ())


def clipped(text: Marked, most: int) -> Marked:
    """The beginning of a text; what is left out is shown by dots."""
    if len(text.text) <= most:
        return text
    ranges = tuple((start, min(stop, most)) for start, stop in text.ranges if start < most)
    return Marked(f"{text.text[:most]}…", ranges)


def part_of(text: Marked, start: int, stop: int) -> Marked:
    """A page of a text, with the hits that lie on it."""
    ranges = tuple(
        (max(one, start) - start, min(end, stop) - start)
        for one, end in text.ranges
        if one < stop and end > start
    )
    return Marked(text.text[start:stop], ranges)
