"""What a query may have meant as a condition, and was understood as words."""

from __future__ import annotations

import re

from store.query import FIELD_NAMES
from store.query_lexer import Sign, cleaned, pieces

# A name and a colon, in letters of any script. Not "http://…", "C:\…" or "10:30".
_NAMED = re.compile(r"([^\W\d_](?:[^\W\d_]|-){1,19}):(?!//|\\)")


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
