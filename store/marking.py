"""Find the words of a query in a text: to check a phrase, to mark hits, to cut a snippet.

Works on the text itself and not on its tokens, so that what is marked is what was found.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence

from store.expression import Words
from store.letters import PAIRED_LETTERS
from store.results import Marked

SNIPPET_CHARACTERS = 240
RANGES_SHOWN = 50

_RUN = re.compile(f"[{PAIRED_LETTERS}]+|[^\\W_{PAIRED_LETTERS}]+|[\\W_]+")
_PAIRED = re.compile(f"[{PAIRED_LETTERS}]")
# A letter or digit of a word whose inside is not searched.
_WORDY = f"[^\\W_{PAIRED_LETTERS}]"
_LONGEST_TOKEN = 64


@functools.lru_cache(maxsize=512)
def pattern(words: Words) -> re.Pattern[str]:
    """Matches `words` in a lower-cased NFC text: words that follow each other, with whatever is
    no letter and no digit between them. Hangul, Kana and Han match inside longer words."""
    runs = _RUN.findall(words.spoken)
    while runs and not _is_word(runs[-1]):
        runs.pop()
    while runs and not _is_word(runs[0]):
        runs.pop(0)
    pieces = [_run_pattern(run) for run in runs]
    if words.open_end and runs and not _PAIRED.match(runs[-1]):
        pieces[-1] = f"(?<!{_WORDY}){re.escape(runs[-1])}"
    return re.compile("".join(pieces) if pieces else r"(?!)")


def first_of(words: Words, lowered_text: str) -> re.Match[str] | None:
    """Where `words` stand first in a lower-cased NFC text.

    Looks for the pattern without its look back at first: that one begins with letters, which are
    searched for fifteen times as fast.
    """
    whole, begun = pattern(words), _without_look_back(words)
    found = begun.search(lowered_text)
    while found is not None:
        if sure := whole.match(lowered_text, found.start()):
            return sure
        found = begun.search(lowered_text, found.start() + 1)
    return None


@functools.lru_cache(maxsize=512)
def _without_look_back(words: Words) -> re.Pattern[str]:
    return re.compile(pattern(words).pattern.removeprefix(f"(?<!{_WORDY})"))


def all_of(words: Words, lowered_text: str, *, most: int) -> list[tuple[int, int]]:
    """The first `most` places of `words` in a long lower-cased NFC text; as `first_of`."""
    whole, begun = pattern(words), _without_look_back(words)
    places: list[tuple[int, int]] = []
    at = 0
    while len(places) < most and (found := begun.search(lowered_text, at)) is not None:
        sure = whole.match(lowered_text, found.start())
        if sure and sure[0]:
            places.append(sure.span())
        at = sure.end() if sure and sure[0] else found.start() + 1
    return places


def marked_long(text: str, wanted: Iterable[Words], *, most: int) -> tuple[Marked, bool]:
    """A long text with its hits, the first `most` of each words, and whether it has more."""
    low = lowered(text)
    found = [all_of(words, low, most=most + 1) for words in wanted]
    ranges = _merged(span for spans in found for span in spans[:most])
    return Marked(text, ranges), any(len(spans) > most for spans in found)


def _is_word(run: str) -> bool:
    return run[0].isalnum() or _PAIRED.match(run) is not None


def _run_pattern(run: str) -> str:
    if _PAIRED.match(run):
        return re.escape(run)
    if not _is_word(run):
        return r"[\W_]++"
    end = "" if len(run) > _LONGEST_TOKEN else f"(?!{_WORDY})"
    return f"(?<!{_WORDY}){re.escape(run[:_LONGEST_TOKEN])}{end}"


def lowered(text: str) -> str:
    """The text in lower case, letter for letter: positions stay what they were."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    # A few letters (İ) become two.
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


def marked(text: str | None, wanted: Iterable[Words]) -> Marked | None:
    """A short text with its hits; None for no text."""
    if text is None:
        return None
    return Marked(text, _ranges(lowered(text), wanted))


def snippet(text: str, wanted: Sequence[Words]) -> Marked:
    """A piece of a long text, on one line, that shows the first hit; the beginning if none."""
    found = _first_hit(lowered(text), wanted) if wanted else None
    start = 0 if found is None else _snippet_start(text, found)
    piece = " ".join(text[start : start + SNIPPET_CHARACTERS + 60].split())
    piece = piece[:SNIPPET_CHARACTERS]
    if start:
        piece = "…" + piece
    if len(text) > start + SNIPPET_CHARACTERS + 60:
        piece += "…"
    return Marked(piece, _ranges(lowered(piece), wanted))


def _first_hit(text: str, wanted: Sequence[Words]) -> int | None:
    hits = [found.start() for words in wanted if (found := first_of(words, text))]
    return min(hits, default=None)


def _snippet_start(text: str, hit: int) -> int:
    """A little before the hit, at the beginning of a word where one is near."""
    start = hit - 60
    if start <= 0:
        return 0
    blank = text.find(" ", start, hit)
    return start if blank < 0 else blank + 1


def _ranges(text: str, wanted: Iterable[Words]) -> tuple[tuple[int, int], ...]:
    spans = (
        found.span() for words in wanted for found in pattern(words).finditer(text) if found[0]
    )
    return _merged(spans)[:RANGES_SHOWN]


def _merged(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Ranges in order; those that touch are one."""
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return tuple(merged)
