"""Find messages: a query in, one page of hits out, newest or best first.

Every search begins with a probe for a limited number of matches (`store.finder`). If that was
all, they are sorted, counted and paged at once. If there are more, the page is collected from
the newest mail backwards, so that its price depends on the page and not on the matches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

from sqlalchemy import Connection

from store.bounded import SearchTooSlow, bounded
from store.cursor import Cursor, cursor_from
from store.document import Field
from store.expression import And, Expression, Not, wanted_words
from store.finder import Finder
from store.hits import hits_of
from store.names import find_names
from store.narrow_rows import Found
from store.query import parse
from store.reading import instant
from store.results import CursorError, Order, QueryError, Results
from store.tables_mail import UNDATED

__all__ = ["CursorError", "Order", "QueryError", "SearchTooSlow", "search", "search_keys"]

DEFAULT_LIMIT = 50
# Undated mail comes last: whoever got there has looked at all that has a date.
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST_LIMIT = 500


def search(
    connection: Connection,
    query_text: str,
    *,
    order: Order = Order.NEWEST,
    after: str | None = None,
    limit: int = DEFAULT_LIMIT,
    look_seconds: float | None = None,
    now: datetime,
) -> Results:
    """One page of what `query_text` asks for; everything, when it asks for nothing.

    Where messages have to be looked at one by one, the page is shown as far as it has come after
    `look_seconds` (two, if they are not given), and can be gone on with.
    Raises QueryError for a query that cannot be understood, CursorError for an `after` that no
    search gave out, and SearchTooSlow when the database runs out of time.
    """
    query = parse(query_text, now=now)
    cursor = cursor_from(after) if after else None
    limit = max(1, min(limit, LARGEST_LIMIT))
    with bounded(connection):
        names = find_names(connection, query.expression)
        everything = Finder(connection, query.expression, names, look_seconds=look_seconds)
        ranks = ranks_of(everything, query.expression, order)
        page = list(islice(in_order(ranks, cursor), limit + 1))
        hits = hits_of(
            connection,
            [found.id for _, found in page[:limit]],
            wanted_words(query.expression),
        )
        count = everything.count(known=len(hits))
    return Results(
        query=query.text,
        order=order,
        hits=hits,
        count=count,
        next=_next(page, limit, ranks),
        chips=query.chips,
        unindexed=0,
        looked_back_to=_looked_back_to(page, limit, ranks),
    )


def search_keys(
    connection: Connection,
    query_text: str,
    *,
    order: Order = Order.NEWEST,
    after: str | None,
    limit: int,
    look_seconds: float | None = None,
    now: datetime,
) -> tuple[list[int], str | None]:
    """The keys of one page of matches, and the cursor of the next page.

    For whoever goes through what is found without showing it. A page may be short, or empty, and
    not the last: there is a next one as long as there is a cursor. Raises what `search` raises.
    """
    query = parse(query_text, now=now)
    cursor = cursor_from(after) if after else None
    with bounded(connection):
        names = find_names(connection, query.expression)
        finder = Finder(connection, query.expression, names, step=limit, look_seconds=look_seconds)
        ranks = ranks_of(finder, query.expression, order)
        page = list(islice(in_order(ranks, cursor), limit + 1))
    return [found.id for _, found in page[:limit]], _next(page, limit, ranks)


def _next(page: list[tuple[int, Found]], limit: int, ranks: list[Finder]) -> str | None:
    if len(page) > limit:
        rank, last = page[limit - 1]
        return str(Cursor(rank, last.sort_at, last.id))
    for rank, finder in enumerate(ranks):
        if finder.stopped_at is not None:
            return str(Cursor(rank, finder.stopped_at.sort_at, finder.stopped_at.id))
    return None


def _looked_back_to(
    page: list[tuple[int, Found]], limit: int, ranks: list[Finder]
) -> datetime | None:
    stopped = next((finder.stopped_at for finder in ranks if finder.stopped_at), None)
    if stopped is None or len(page) > limit:
        return None
    return instant(stopped.sort_at) if stopped.sort_at != UNDATED else BEGINNING


def ranks_of(everything: Finder, expression: Expression, order: Order) -> list[Finder]:
    """Who finds the hits of each rank, best first; all hits are of one rank when newest first."""
    if order is Order.BEST and (best := _said_in_subject(expression)) is not None:
        return [everything.narrowed(part) for part in (best, Not(best))]
    return [everything]


def in_order(ranks: list[Finder], cursor: Cursor | None) -> Iterator[tuple[int, Found]]:
    """Matches after the cursor, each with its rank; up to where a rank has run out of time."""
    for rank, finder in enumerate(ranks):
        if cursor is None or rank > cursor.rank:
            yield from ((rank, found) for found in finder.newest_first())
        elif rank == cursor.rank:
            below = (cursor.sort_at, cursor.id)
            yield from ((rank, found) for found in finder.newest_first(below))
        if finder.stopped_at is not None:
            return


def _said_in_subject(expression: Expression) -> Expression | None:
    """That the subject holds all the words that may stand anywhere; None if there are none."""
    words = [words for words in wanted_words(expression) if words.field is None]
    if not words:
        return None
    return And(tuple(replace(one, field=Field.SUBJECT) for one in words))
