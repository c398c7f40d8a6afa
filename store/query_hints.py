"""Why a search may have found nothing: fields that there are not, and files that nobody sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from store.letters import PAIRED_LETTERS
from store.names import is_upload_number, without_upload
from store.query import FIELD_NAMES, FIELDS, parse
from store.query_lexer import Sign, cleaned, pieces

# A name and a colon, in letters of any script. Not "http://…", "C:\…" or "10:30".
_NAMED = re.compile(r"([^\W\d_](?:[^\W\d_]|-){1,19}):(?!//|\\)")

# A last word as somebody types it, of letters that are not found inside longer words anyway.
_BEGUN = re.compile(rf"(?:^|\s)([^\W_{PAIRED_LETTERS}]{{2,40}})$")
# The same in a place that the index knows by itself: nothing has to be looked at one by one.
_BEGUN_THERE = re.compile(
    rf"(?i:(?:^|\s)(?:from|to|cc|subject|filename):)([^\W_{PAIRED_LETTERS}]{{2,40}})$"
)

# What an input method shows while a Korean syllable is being put together: letters alone.
# Only behind a syllable that is finished: letters by themselves may be meant, and what stands
# before them must not be left without its word.
_UNFINISHED = re.compile(r"(?<=[\uac00-\ud7a3])[\u3131-\u318e]+$")
# While somebody types, a beginning of fewer letters is looked for as it stands: too many words
# begin like that to be of use, or to be found at once.
_LEAST_BEGUN = 3

_OPERATORS = ("OR", "AND", "NOT")

# Whoever asks for more than these sees what is meant.
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """Names from a query that stand for nothing, as written; of each kind some at most."""

    no_fields: tuple[str, ...]
    no_files: tuple[str, ...]
    no_numbers: tuple[str, ...]  # of files
    fields: tuple[str, ...]  # that there are
    asks_for_header: bool  # by `header:`, as other programs have it
    by_beginning: str | None  # the query with its last word as the beginning of one


def hints_of(connection: Connection, text: str, *, now: datetime) -> Hints:
    """What a query that found nothing names in vain. Raises QueryError."""
    nowhere = without_upload(connection, parse(text, now=now).expression)[:_MOST_NAMED]
    no_fields = unknown_fields(text)
    return Hints(
        no_fields=no_fields[:_MOST_NAMED],
        asks_for_header=any(name.lower() == "header" for name in no_fields),
        no_files=tuple(name for name in nowhere if not is_upload_number(name)),
        no_numbers=tuple(filter(is_upload_number, nowhere)),
        fields=FIELDS,
        by_beginning=_by_beginning(text),
    )


def while_typed(text: str) -> str:
    """The query to look for while somebody still types: its last word is a beginning so far.

    Korean, Japanese and Chinese are found inside of words anyway; of Korean the letters that are no
    syllable yet are left out behind one that is. What ends with a blank is whole.
    """
    if text.count('"') % 2:
        return text  # within a phrase
    finished = _UNFINISHED.sub("", text)
    if finished != text:
        return finished
    begun = _begun_in(text)
    is_enough = begun is not None and len(begun) >= _LEAST_BEGUN
    return (is_enough and _by_beginning(text)) or text


def _by_beginning(text: str) -> str | None:
    return f"{text}*" if _begun_in(text) else None


def _begun_in(text: str) -> str | None:
    """The last word, where it may be the beginning of one."""
    begun = _BEGUN_THERE.search(text) or _BEGUN.search(text)
    return begun[1] if begun and begun[1] not in _OPERATORS else None


def unknown_fields(text: str) -> tuple[str, ...]:
    """The names before a colon that are no field, as written. For a query that is understood."""
    found: dict[str, None] = {}
    value_at = -1
    for piece in pieces(cleaned(text), FIELD_NAMES):
        # What follows a field is its value, whatever colons it has: label:work:urgent
        is_word = piece.sign is Sign.WORD and piece.start != value_at
        if is_word and (named := _NAMED.match(piece.text)):
            found[named[1]] = None
        value_at = piece.stop if piece.sign is Sign.FIELD else -1
    return tuple(found)
