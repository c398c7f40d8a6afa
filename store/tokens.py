"""The tokens a message is found by: its words, and marked ones for fields, facts and dates.

Words come from `mail.text.tokens`. A marked token is a mark (a colon, which no word can hold, and a
letter) and a word. Which tokens a query asks for stands in `store.matching`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, lru_cache
from itertools import chain
from operator import add

from mail.text import ascii_words, has_long_word, tokens, without_soft_hyphens
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
# Composed letters that are neither marks nor symbols, and have no case: nothing in such a run is
# to be looked at twice.
_USUAL_RUN = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff\uac00-\ud7a3]+")
_LAST_OF_RUN = re.compile(f"(?<=[{PAIRED_LETTERS}])[{PAIRED_LETTERS}](?![{PAIRED_LETTERS}])")
# In lower case; whatever in ASCII parts words is a blank; bytes beyond ASCII stay.
_STRETCHES = bytes(
    byte if byte > 127 else ord(chr(byte).lower()) if chr(byte).isalnum() else 32
    for byte in range(256)
)
# Typographic quotes and dashes: each would make another stretch of the word it stands at.
_PUNCTUATION_LEAD = b"\xe2\x80"
_PUNCTUATION = re.compile(_PUNCTUATION_LEAD + rb"[\x80-\xbf]")
# Longer stretches (mostly sentences without blanks) hardly come again, and take much memory.
_REMEMBERED_CHARACTERS = 12
_DAY_SECONDS = 24 * 60 * 60

MARK_OF = {
    Field.SUBJECT: Mark.SUBJECT,
    Field.SENDER: Mark.SENDER,
    Field.TO: Mark.TO,
    Field.CC: Mark.CC,
    Field.BCC: Mark.CC,  # at least; which of them are blind copies is checked
    Field.FILENAME: Mark.FILENAME,
    Field.LIST: Mark.LIST,
}


def index_tokens(document: Document) -> Collection[str]:
    """Every token of a message, each once, cut to what an index can hold."""
    if len(document.text) * 4 >= INDEX_BYTES:
        return _cut([*chain.from_iterable(_head_tokens(document)), *tokens(document.text)])
    found = value_tokens(document.text)
    found.update(*_head_tokens(document))
    return found


def index_text(document: Document) -> str:
    """The tokens of a message with blanks between, some of them more than once.

    For an index that makes nothing of repeats: it passes over one in a tenth of the time in which
    it would be found here.
    """
    if len(document.text) * 4 >= INDEX_BYTES:
        return " ".join(index_tokens(document))
    return " ".join((_value_text(document.text), *chain.from_iterable(_head_tokens(document))))


def _value_text(value: str) -> str:
    """The words of `value_tokens`, with blanks between."""
    if value.isascii():
        return ascii_words(value)
    stretches = _plainly_punctuated(value).translate(_STRETCHES)
    words = stretches.decode().split()
    if has_long_word(stretches):
        words = [word[:TOKEN_CHARACTERS] if word.isascii() else word for word in words]
    return " ".join([word if word.isascii() else _text_of(word) for word in words])


def value_tokens(value: str) -> set[str]:
    """The words of one text.

    Of a run of paired letters also the last one alone: every other letter begins a pair, so that
    a single letter can be looked up as a beginning.

    The same words as `tokens` finds, but what lies between two blanks is taken apart once: in
    running text half of it comes again, and the order does not matter here.
    """
    if value.isascii():
        return set(tokens(value))
    words = set(_plainly_punctuated(value).translate(_STRETCHES).decode().split())
    odd = [word for word in words if not word.isascii()]
    words.difference_update(odd)
    if words and len(max(words, key=len)) > TOKEN_CHARACTERS:
        words = {word[:TOKEN_CHARACTERS] for word in words}
    words.update(*map(_words_of, odd))
    return words


def _plainly_punctuated(value: str) -> bytes:
    """A text in UTF-8 without soft hyphens, and with blanks for typographic marks."""
    encoded = without_soft_hyphens(value).encode("utf-8", "replace")
    return _PUNCTUATION.sub(b" ", encoded) if _PUNCTUATION_LEAD in encoded else encoded


def _text_of(stretch: str) -> str:
    """The words of `_words_of`, with blanks between."""
    if len(stretch) > _REMEMBERED_CHARACTERS:
        return " ".join(_taken_apart(stretch))
    return _remembered_text(stretch)


@lru_cache(maxsize=50_000)
def _remembered_text(stretch: str) -> str:
    return " ".join(_taken_apart(stretch))


def _words_of(stretch: str) -> tuple[str, ...]:
    """The words in a stretch without ASCII separators but with letters beyond ASCII."""
    if len(stretch) > _REMEMBERED_CHARACTERS:
        return _taken_apart(stretch)
    return _remembered_words(stretch)


def _taken_apart(stretch: str) -> tuple[str, ...]:
    if _USUAL_RUN.fullmatch(stretch):
        return (*map(add, stretch, stretch[1:]), stretch[-1])
    lowered = unicodedata.normalize("NFC", stretch).lower()
    if _odd_letters().search(lowered):
        return (*tokens(stretch), *_LAST_OF_RUN.findall(lowered))
    words = [word[:TOKEN_CHARACTERS] for word in _PLAIN_WORD.findall(lowered)]
    for run in _PAIRED_RUN.findall(lowered):
        words += map(add, run, run[1:])
        words.append(run[-1])
    return tuple(words)


_remembered_words = lru_cache(maxsize=50_000)(_taken_apart)


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


@lru_cache(maxsize=5_000)
def _date_tokens(day: int) -> tuple[str, ...]:
    """The tokens of the year and the month (UTC) of a day since 1970."""
    if day == UNDATED // _DAY_SECONDS:
        return (year_token(None),)
    at = datetime.fromtimestamp(day * _DAY_SECONDS, UTC)
    return year_token(at.year), month_token(at.year, at.month)


def year_token(year: int | None) -> str:
    """The token of everything in one year; of everything without a date for None."""
    return f"{Mark.DATE}none" if year is None else f"{Mark.DATE}{year:04d}"


def month_token(year: int, month: int) -> str:
    """The token of everything in one month."""
    return f"{Mark.DATE}{year:04d}{month:02d}"


def _head_tokens(document: Document) -> list[Iterable[str]]:
    """The words of the headers, plain and marked, and the tokens that are no words."""
    # The same people and lists return in message after message, the subject in its thread.
    found: list[Iterable[str]] = [
        _people_tokens(Mark.SENDER, document.senders),
        _people_tokens(Mark.TO, document.to),
        _date_tokens(document.sort_at // _DAY_SECONDS),
    ]
    if document.cc:
        found.append(_people_tokens(Mark.CC, document.cc))
    if document.subject:
        found.append(_remembered(Mark.SUBJECT, document.subject))
    if document.list_id:
        found.append(_remembered(Mark.LIST, document.list_id))
    if document.list_description:
        found.append(_remembered(Mark.LIST, document.list_description))
    found += [_marked(Mark.FILENAME, (name,)) for name in document.filenames]
    found.append([Mark.FACT + fact for fact in document.facts])
    return found


def _marked(mark: Mark, values: Iterable[str]) -> list[str]:
    words = set().union(*map(value_tokens, values))
    return [*words, *[mark + word for word in words]]


@lru_cache(maxsize=5_000)
def _remembered(mark: Mark, value: str) -> list[str]:
    return _marked(mark, (value,))


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
