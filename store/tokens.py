"""The tokens a message is found by: its words, and marked ones for fields, facts and dates.

Words come from `mail.text.tokens`. A marked token is a mark (a colon, which no word can hold, and a
letter) and a word. Which tokens a query asks for stands in `store.matching`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from mail.text import nfc_clean, tokens
from store.document import Document, Field
from store.hashing import hash64
from store.letters import PAIRED_LETTERS
from store.tables_mail import UNDATED

# A tsvector holds at most 2**20 - 1 bytes of words; the same limit on SQLite gives the same hits.
INDEX_BYTES = 1_000_000

# Longer pieces are not worth remembering.
_CACHED_CHARACTERS = 40


class Mark(StrEnum):
    """What a token says beyond its word."""

    SUBJECT = ":s"
    SENDER = ":f"
    TO = ":t"
    CC = ":c"
    FILENAME = ":n"
    LIST = ":l"
    FACT = ":h"
    DATE = ":d"  # of the year and of the month, to look at the newest mail first


_PAIRED = re.compile(f"[{PAIRED_LETTERS}]")
_LAST_OF_RUN = re.compile(f"(?<=[{PAIRED_LETTERS}])[{PAIRED_LETTERS}](?![{PAIRED_LETTERS}])")

MARK_OF = {
    Field.SUBJECT: Mark.SUBJECT,
    Field.SENDER: Mark.SENDER,
    Field.TO: Mark.TO,
    Field.CC: Mark.CC,
    Field.FILENAME: Mark.FILENAME,
    Field.LIST: Mark.LIST,
}


def index_tokens(document: Document) -> Iterable[str]:
    """Every token of a message, each once, cut to what an index can hold."""
    body = value_tokens(document.text)
    head, found = _head_tokens(document)
    found.update(Mark.FACT + fact for fact in document.facts)
    found.update(date_tokens(document.sort_at))
    if len(document.text) * 4 < INDEX_BYTES:
        return found | head | body.keys()
    return _cut([*found, *head, *(word for word in body if word not in head)])


def value_tokens(value: str) -> dict[str, None]:
    """The words of one text, each once.

    Of a run of paired letters also the last one alone: every other letter begins a pair, so that
    a single letter can be looked up as a beginning.
    """
    if value.isascii():
        return dict.fromkeys(tokens(value))
    # Blanks end words, so the words of a text are those of its pieces; other letters than ASCII
    # take ten times as long to cut, and the same pieces come again and again.
    pieces = dict.fromkeys(value.split())
    words = dict.fromkeys(tokens(" ".join([piece for piece in pieces if piece.isascii()])))
    for piece in pieces:
        if not piece.isascii():
            words.update(_piece_tokens(piece))
    return words


def _piece_tokens(piece: str) -> dict[str, None]:
    if len(piece) > _CACHED_CHARACTERS:
        return _new_piece_tokens(piece)
    return _cached_piece_tokens(piece)


def _new_piece_tokens(piece: str) -> dict[str, None]:
    return dict.fromkeys([*tokens(piece), *_LAST_OF_RUN.findall(nfc_clean(piece).lower())])


_cached_piece_tokens = lru_cache(maxsize=50_000)(_new_piece_tokens)


def is_lone_paired_letter(word: str) -> bool:
    """True for one letter of the kind that is searched in pairs."""
    return len(word) == 1 and _PAIRED.match(word) is not None


@lru_cache(maxsize=10_000)
def address_token(mark: Mark, address: str) -> str:
    """The token of one whole address, which is found without looking at the words in it."""
    return f"{mark}@{hash64(address.lower()) & (1 << 64) - 1:016x}"


def date_tokens(sort_at: int) -> tuple[str, ...]:
    """The tokens of the year and the month (UTC)."""
    if sort_at == UNDATED:
        return (year_token(None),)
    at = datetime.fromtimestamp(sort_at, UTC)
    return year_token(at.year), month_token(at.year, at.month)


def year_token(year: int | None) -> str:
    """The token of everything in one year; of everything without a date for None."""
    return f"{Mark.DATE}none" if year is None else f"{Mark.DATE}{year:04d}"


def month_token(year: int, month: int) -> str:
    """The token of everything in one month."""
    return f"{Mark.DATE}{year:04d}{month:02d}"


def _head_tokens(document: Document) -> tuple[set[str], set[str]]:
    """The plain words of the headers, and the marked ones."""
    plain: set[str] = set()
    marked: set[str] = set()
    for field, mark in MARK_OF.items():
        for value in document.values(field):
            # Names and addresses return in message after message, subjects less often.
            words = _cached_words(mark, value) if len(value) < 80 else _marked_words(mark, value)
            plain.update(words[0])
            marked.update(words[1])
        marked.update([address_token(mark, found) for _, found in document.people(field) if found])
    return plain, marked


def _marked_words(mark: Mark, value: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    words = tuple(value_tokens(value))
    return words, tuple([mark + word for word in words])


_cached_words = lru_cache(maxsize=10_000)(_marked_words)


def _cut(words: list[str]) -> list[str]:
    kept, left = [], INDEX_BYTES
    for word in words:
        left -= len(word.encode())
        if left < 0:
            break
        kept.append(word)
    return kept
