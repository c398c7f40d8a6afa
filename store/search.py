"""Find messages: a query in, one page of hits out, newest or best first.

Every search begins with a probe for a limited number of matches (`store.finder`). If that was
all, they are sorted, counted and paged at once. If there are more, the page is collected from
the newest mail backwards, so that its price depends on the page and not on the matches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection

from store.bounded import SearchTooSlow, bounded
from store.cursor import Cursor, cursor_from
from store.document import Field
from store.expression import And, Expression, Not, wanted_words
from store.finder import Finder, Found
from store.hits import hits_of
from store.matching import Names
from store.names import find_names
from store.query import parse
from store.results import CursorError, Order, QueryError, Results

__all__ = ["CursorError", "Order", "QueryError", "SearchTooSlow", "search", "search_keys"]

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 500


def search(
    connection: Connection,
    query_text: str,
    *,
    order: Order = Order.NEWEST,
    after: str | None = None,
    limit: int = DEFAULT_LIMIT,
    now: datetime,
) -> Results:
    """One page of what `query_text` asks for; everything, when it asks for nothing.

    Raises QueryError for a query that cannot be understood, CursorError for an `after` that no
    search gave out, and SearchTooSlow when the database runs out of time.
    """
    query = parse(query_text, now=now)
    cursor = cursor_from(after) if after else None
    limit = max(1, min(limit, LARGEST_LIMIT))
    with bounded(connection):
        names = find_names(connection, query.expression)
        everything = Finder(connection, query.expression, names)
        matches = _in_order(connection, query.expression, names, everything, order, cursor)
        page = list(islice(matches, limit + 1))
        hits = hits_of(
            connection,
            [found.id for _, found in page[:limit]],
            wanted_words(query.expression),
        )
        count = everything.count()
    return Results(
        query=query.text,
        order=order,
        hits=hits,
        count=count,
        next=_next(page, limit),
        chips=query.chips,
        unindexed=0,
    )


def search_keys(
    connection: Connection, query_text: str, *, after: str | None, limit: int, now: datetime
) -> tuple[list[int], str | None]:
    """The keys of one page of matches, newest first, and the cursor of the next page.

    For whoever goes through everything that is found. Raises what `search` raises.
    """
    query = parse(query_text, now=now)
    cursor = cursor_from(after) if after else None
    with bounded(connection):
        finder = Finder(connection, query.expression, find_names(connection, query.expression))
        below = None if cursor is None else (cursor.sort_at, cursor.id)
        page = [(0, found) for found in islice(finder.newest_first(below), limit + 1)]
    return [found.id for _, found in page[:limit]], _next(page, limit)


def _next(page: list[tuple[int, Found]], limit: int) -> str | None:
    if len(page) <= limit:
        return None
    rank, last = page[limit - 1]
    return str(Cursor(rank, last.sort_at, last.id))


def _in_order(
    connection: Connection,
    expression: Expression,
    names: Names,
    everything: Finder,
    order: Order,
    cursor: Cursor | None,
) -> Iterator[tuple[int, Found]]:
    """Matches after the cursor, each with its rank."""
    ranks = [everything]
    if order is Order.BEST and (best := _said_in_subject(expression)) is not None:
        ranks = [Finder(connection, And((expression, part)), names) for part in (best, Not(best))]
    for rank, finder in enumerate(ranks):
        if cursor is None or rank > cursor.rank:
            yield from ((rank, found) for found in finder.newest_first())
        elif rank == cursor.rank:
            below = (cursor.sort_at, cursor.id)
            yield from ((rank, found) for found in finder.newest_first(below))


def _said_in_subject(expression: Expression) -> Expression | None:
    """That the subject holds all the words that may stand anywhere; None if there are none."""
    words = [words for words in wanted_words(expression) if words.field is None]
    if not words:
        return None
    return And(tuple(replace(one, field=Field.SUBJECT) for one in words))
