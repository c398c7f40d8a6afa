"""The tokens a message is found by: its words, and marked ones for fields, facts and dates.

Words come from `mail.text.tokens`. A marked token is a mark (a colon, which no word can hold, and a
letter) and a word. Which tokens a query asks for stands in `store.matching`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum

from mail.text import tokens
from store.document import Document, Field, Person
from store.hashing import hash64
from store.letters import PAIRED_LETTERS
from store.tables_mail import UNDATED

# A tsvector holds at most 2**20 - 1 bytes of words; the same limit on SQLite gives the same hits.
INDEX_BYTES = 1_000_000


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
    """The words of one text, each once, in order.

    Of a run of paired letters also the last one alone: every other letter begins a pair, so that
    a single letter can be looked up as a beginning.
    """
    words = dict.fromkeys(tokens(value))
    if not value.isascii():
        words.update(dict.fromkeys(_LAST_OF_RUN.findall(value)))
    return words


def is_lone_paired_letter(word: str) -> bool:
    """True for one letter of the kind that is searched in pairs."""
    return len(word) == 1 and _PAIRED.match(word) is not None


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
        values = document.values(field)
        if values:
            words = {word for value in values for word in value_tokens(value)}
            plain |= words
            marked.update([mark + word for word in words])
            marked.update(_addresses(mark, document.people(field)))
    return plain, marked


def _addresses(mark: Mark, people: tuple[Person, ...]) -> Iterable[str]:
    return [address_token(mark, address) for _, address in people if address]


def _cut(words: list[str]) -> list[str]:
    kept, left = [], INDEX_BYTES
    for word in words:
        left -= len(word.encode())
        if left < 0:
            break
        kept.append(word)
    return kept
