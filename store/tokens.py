"""The tokens a message is found by: its words, and marked ones for fields, facts and dates.

Words come from `mail.text.tokens`. A marked token is a mark (a colon, which no word can hold, and a
letter) and a word. Which tokens a query asks for stands in `store.matching`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, lru_cache
from operator import add

from mail.text import tokens
from store.document import Document, Field, Person
from store.hashing import hash64
from store.letters import PAIRED_LETTERS
from store.tables_mail import UNDATED

# A tsvector holds at most 2**20 - 1 bytes of words; the same limit on SQLite gives the same hits.
INDEX_BYTES = 1_000_000

# As `mail.text.tokens` cuts them.
TOKEN_CHARACTERS = 64


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
_PAIRED_RUN = re.compile(f"[{PAIRED_LETTERS}]+")
_PLAIN_WORD = re.compile(f"[^\\W_{PAIRED_LETTERS}]+")
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
    if len(document.text) * 4 >= INDEX_BYTES:
        return _cut([*_head_tokens(document), *tokens(document.text)])
    found = value_tokens(document.text)
    found.update(_head_tokens(document))
    return found


def value_tokens(value: str) -> set[str]:
    """The words of one text.

    Of a run of paired letters also the last one alone: every other letter begins a pair, so that
    a single letter can be looked up as a beginning.
    """
    if value.isascii():
        return set(tokens(value))
    lowered = unicodedata.normalize("NFC", value).lower()
    if _odd_letters().search(lowered):
        return {*tokens(value), *_LAST_OF_RUN.findall(lowered)}
    # The same words as `tokens` finds, but each run is taken apart once: in running text half of
    # them come again, and the order does not matter here.
    words = set(_PLAIN_WORD.findall(lowered))
    if words and len(max(words, key=len)) > TOKEN_CHARACTERS:
        words = {word[:TOKEN_CHARACTERS] for word in words}
    words.update(*map(_run_tokens, set(_PAIRED_RUN.findall(lowered))))
    return words


@lru_cache(maxsize=100_000)
def _run_tokens(run: str) -> tuple[str, ...]:
    return (*map(add, run, run[1:]), run[-1])


@cache
def _odd_letters() -> re.Pattern[str]:
    """What `tokens` treats in a way of its own: marks, and paired letters that are symbols.

    Rare Han letters beyond the basic plane are among them, as not every number there is a letter.
    """
    odd = (
        letter
        for letter in map(chr, range(0x300, 0x10000))
        if unicodedata.category(letter)[0] == "M"
        or (_PAIRED.match(letter) and not letter.isalnum())
    )
    return re.compile(f"[{''.join(map(re.escape, odd))}\U00020000-\U0003ffff]")


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


def _head_tokens(document: Document) -> set[str]:
    """The words of the headers, plain and marked, and the tokens that are no words."""
    found = set(_marked(Mark.SUBJECT, document.values(Field.SUBJECT)))
    for name in document.filenames:
        found.update(_marked(Mark.FILENAME, (name,)))
    # The same people and lists return in message after message.
    found.update(_people_tokens(Mark.SENDER, document.senders))
    found.update(_people_tokens(Mark.TO, document.to))
    found.update(_people_tokens(Mark.CC, document.cc))
    found.update(_remembered(Mark.LIST, document.values(Field.LIST)))
    found.update([Mark.FACT + fact for fact in document.facts])
    found.update(date_tokens(document.sort_at))
    return found


def _marked(mark: Mark, values: tuple[str, ...]) -> list[str]:
    if not values:
        return []
    words = set().union(*map(value_tokens, values))
    return [*words, *[mark + word for word in words]]


_remembered = lru_cache(maxsize=5_000)(_marked)


@lru_cache(maxsize=10_000)
def _people_tokens(mark: Mark, people: tuple[Person, ...]) -> tuple[str, ...]:
    values = tuple(value for person in people for value in person if value)
    exact = [address_token(mark, address) for _, address in people if address]
    return (*_marked(mark, values), *exact)


def _cut(words: list[str]) -> list[str]:
    kept, left = [], INDEX_BYTES
    for word in dict.fromkeys(words):
        left -= len(word.encode())
        if left < 0:
            break
        kept.append(word)
    return kept
