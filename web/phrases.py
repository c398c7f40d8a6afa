"""Say a sentence of another room in the reader's language: recognised, and filled again."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from web.phrase_list import PHRASES, TWO_IN_ONE
from web.words import CAUSES

PLACE = re.compile(r"\{(\w+)\}")
# Places that hold a sentence themselves; all others hold what differs, and stay as they are.
SENTENCES = frozenset({"error", "reason"})
# Places that hold a number, or the N that stands for one in a cause.
NUMBERS = frozenset({"count", "number"})
# Places that hold bytes or messages, which run into the millions; both languages group by threes.
AMOUNTS = frozenset(
    [
        "accounted",
        "came",
        "count",
        "expected",
        "floor",
        "found",
        "free",
        "limit",
        "needed",
        "now",
        "place",
        "promised",
        "said",
        "size",
        "wanted",
    ]
)


def said(text: str, gettext: Callable[[str], str]) -> str:
    """A sentence of ours in the reader's language; what is not ours stays as it is.

    An exception's type before its sentence, as chunks keep it, stays too, where it says more.
    """
    translated = gettext(text)
    if translated != text:
        return translated
    error_type, colon, sentence = text.partition(": ")
    if error_type in CAUSES:
        return said(sentence, gettext)  # it says all that its type does
    is_typed = bool(colon) and error_type.isidentifier()
    for phrase, pattern in _patterns():
        # Two sentences after a type are not two sentences, the first of which has a type.
        found = None if is_typed and phrase == TWO_IN_ONE else pattern.fullmatch(text)
        if found:
            return _filled(gettext(phrase), found.groupdict(), gettext)
    return f"{error_type}: {said(sentence, gettext)}" if is_typed else text


def _filled(phrase: str, values: dict[str, str], gettext: Callable[[str], str]) -> str:
    def fill(place: re.Match[str]) -> str:
        value = values.get(place[1], place[0])
        if place[1] in AMOUNTS and value.isascii() and value.isdecimal():
            return f"{int(value):,}"
        return said(value, gettext) if place[1] in SENTENCES else value

    return PLACE.sub(fill, phrase)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (phrase, re.compile(pattern_of(phrase), re.DOTALL))
        for phrase in PHRASES
        if PLACE.search(phrase)
    )


def pattern_of(phrase: str) -> str:
    """The regular expression of a phrase, its braces as named groups."""
    pieces = PLACE.split(phrase)
    return "".join(
        re.escape(piece) if index % 2 == 0 else f"(?P<{piece}>{_form(piece)})"
        for index, piece in enumerate(pieces)
    )


def _form(place: str) -> str:
    return r"[\d.,]+|N" if place in NUMBERS else ".+?"
