"""The words that a query asks for, to mark them where one of its hits is shown."""

from __future__ import annotations

from datetime import datetime

from store.expression import Words, wanted_words
from store.query import parse
from store.results import QueryError


def asked_words(query: str, *, now: datetime) -> tuple[Words, ...]:
    """What a hit of the query may show, once each; nothing for a query with a mistake."""
    try:
        return tuple(dict.fromkeys(wanted_words(parse(query, now=now).expression)))
    except QueryError:
        return ()
