"""Where a long text or a long list is cut into pages of bounded weight.

Cuts depend on what is cut alone, so a page has the same beginning whoever asks for it, and
nothing is lost or doubled between two of them.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

# Of a page of text: so many bytes as it is sent, escaped and in UTF-8, and so many characters.
PAGE_BYTES, PAGE_CHARACTERS = 75_000, 60_000
# Weighed at once; a page ends with a line if one ends so near before its end, else with a word.
_STEP = 1_000
_LINE_WITHIN, _WORD_WITHIN = 4_000, 200
# A letter with more marks than these is cut apart.
_MARKS_OF_A_LETTER = 64
_JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")
# Written as numbers in HTML: four bytes more each. The others as names.
_LONGER = (("&", 4), ("<", 3), (">", 3), ('"', 4), ("'", 4))
# Shown as a replacement character.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A page of something longer: what it holds of it, and addresses of the other pages.

    `start` and `stop` count from 0 in whatever is paged. Addresses are None where there is no such
    page, or it is this one.
    """

    start: int
    stop: int
    total: int
    first: str | None
    previous: str | None
    next: str | None
    last: str | None
    page: int = 1  # this one, and how many there are; of what is too large to be cut beforehand, 0
    pages: int = 0

    @property
    def is_all(self) -> bool:
        """Whether there is nothing else."""
        return not (self.first or self.previous or self.next)


def weight_of(text: str) -> int:
    """How many bytes a text takes in a page."""
    longer = sum(more * text.count(one) for one, more in _LONGER)
    return len(text.encode("utf-8", "replace")) + longer + 2 * len(_CONTROL.findall(text))


def cuts_of(text: str) -> list[int]:
    """Where the pages of a text begin: at lines where there are any, never within a letter."""
    cuts = [0]
    while (stop := _stop_of_page(text, cuts[-1])) < len(text):
        cuts.append(stop)
    return cuts


def _stop_of_page(text: str, start: int) -> int:
    stop, weight = start, 0
    while stop < len(text) and stop - start < PAGE_CHARACTERS:
        weight += weight_of(text[stop : stop + _STEP])
        if weight > PAGE_BYTES:
            break
        stop = min(stop + _STEP, len(text))
    return stop if stop >= len(text) else _good_cut(text, start, stop)


def _good_cut(text: str, start: int, stop: int) -> int:
    line = text.rfind("\n", max(start, stop - _LINE_WITHIN), stop) + 1
    if line:
        return line
    word = text.rfind(" ", max(start, stop - _WORD_WITHIN), stop) + 1
    if word:
        return word
    for cut in range(stop, max(start, stop - _MARKS_OF_A_LETTER), -1):
        if not _goes_on(text[cut - 1], text[cut]):
            return cut
    return stop


def _goes_on(before: str, letter: str) -> bool:
    """Whether a character belongs to the letter before it."""
    joined = before == "\u200d" or letter in _JOINERS
    return joined or unicodedata.category(letter) in {"Mn", "Me", "Mc"} or _is_jamo(letter)


def _is_jamo(letter: str) -> bool:
    return "\u1160" <= letter <= "\u11ff"  # the vowels and finals of decomposed Hangul


def cuts_by_weight(weights: Iterable[int], *, room: int, most: int) -> list[int]:
    """Where the pages of a list begin: each holds what has room, `most` things, and one at least.

    `weights` and `room` are in bytes.
    """
    cuts, weight, begun = [0], 0, 0
    for at, one in enumerate(weights):
        if at > begun and (weight + one > room or at - begun >= most):
            cuts.append(at)
            weight, begun = 0, at
        weight += one
    return cuts


def stretch_of(
    cuts: Sequence[int], total: int, *, at: int, page_at: Callable[[int], str]
) -> Stretch:
    """The page that holds the place `at`, the last one for what is behind the end.

    `page_at` gives the address of the page that begins there.
    """
    here = bisect_right(cuts, max(at, 0)) - 1
    last = len(cuts) - 1
    return Stretch(
        start=cuts[here],
        stop=total if here == last else cuts[here + 1],
        total=total,
        first=page_at(cuts[0]) if here > 1 else None,
        previous=page_at(cuts[here - 1]) if here else None,
        next=page_at(cuts[here + 1]) if here < last else None,
        last=page_at(cuts[-1]) if here < last - 1 else None,
        page=here + 1,
        pages=len(cuts),
    )
