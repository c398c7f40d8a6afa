"""Cut a query into its pieces: brackets, OR, minus, field names, words, quoted phrases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mail.text import nfc_clean
from store.results import QueryError

LONGEST_QUERY = 10_000


class Sign(StrEnum):
    """What a piece of a query is."""

    OPEN = "("
    CLOSE = ")"
    OR = "OR"
    AND = "AND"
    NOT = "-"
    FIELD = "field"  # its text is the name, lower-cased, without the colon
    WORD = "word"
    QUOTED = "quoted"  # its text is what stands between the quotes
    END = "end"


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece: what it is, its text, and where it stands in the query."""

    sign: Sign
    text: str
    start: int
    stop: int


_BLANK = re.compile(r"\s+")
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,19}):")
# A word goes on to the next blank, bracket or quote.
_WORD = re.compile(r"[^\s()\"“”]+")
_JOINERS = {"OR": Sign.OR, "|": Sign.OR, "AND": Sign.AND, "NOT": Sign.NOT}
# What stands between two quotes; a backslash keeps a quote from ending it.
_QUOTED = re.compile(r'["“”]((?:[^"“”\\]|\\.)*)["“”]', re.DOTALL)
_QUOTED_PLAINLY = re.compile(r'["“”]([^"“”]*)["“”]')  # "C:\\" is not meant to go on
_ESCAPED = re.compile(r'\\(["“”\\])')
_NOT_PLAIN = re.compile(r'[\s()"“”*\\]')
_TO_ESCAPE = re.compile(r'["“”\\]')
_QUOTES = '"“”'


def pieces(query: str, fields: frozenset[str]) -> Iterator[Piece]:
    """The pieces of a query, END last. Raises QueryError for a quote that is never closed.

    Only the names in `fields` make fields; "http://…" or "10:30" are words.
    """
    if len(query) > LONGEST_QUERY:
        raise QueryError(LONGEST_QUERY, f"This query is longer than {LONGEST_QUERY:,} characters.")
    at = 0
    while at < len(query):
        if blank := _BLANK.match(query, at):
            at = blank.end()
            continue
        piece = _piece(query, at, fields)
        yield piece
        at = piece.stop
    yield Piece(Sign.END, "", len(query), len(query))


def _piece(query: str, at: int, fields: frozenset[str]) -> Piece:
    letter = query[at]
    if letter in "()":
        return Piece(Sign(letter), letter, at, at + 1)
    if letter in _QUOTES:
        return _quoted(query, at)
    if letter == "-" and not query[at + 1 : at + 2].isspace() and at + 1 < len(query):
        return Piece(Sign.NOT, "-", at, at + 1)
    field = _FIELD.match(query, at)
    if field and field[1].lower() in fields:
        return Piece(Sign.FIELD, field[1].lower(), at, field.end())
    word = _WORD.match(query, at)
    assert word is not None  # whatever is no blank, bracket or quote
    return Piece(_JOINERS.get(word[0], Sign.WORD), word[0], at, word.end())


def _quoted(query: str, at: int) -> Piece:
    found = _QUOTED.match(query, at) or _QUOTED_PLAINLY.match(query, at)
    if found is None:
        raise QueryError(at, "This quotation mark is never closed.")
    return Piece(Sign.QUOTED, _ESCAPED.sub(r"\1", found[1]), at, found.end())


def quoted(value: str) -> str:
    """A value as the language takes it back: between quotes where it needs them."""
    signs = value in _JOINERS or value.startswith("-")
    plain = value and not signs and not _NOT_PLAIN.search(value)
    return value if plain else '"' + _TO_ESCAPE.sub(r"\\\g<0>", value) + '"'


def cleaned(query: str) -> str:
    """The query with control characters as blanks, so that positions stay what a person sees."""
    even = "".join(" " if ord(letter) < 32 else letter for letter in query)
    return nfc_clean(even)
