"""Find messages: a query in, one page of hits out, in the order that is wanted.

Every search begins with a probe for a limited number of matches (`store.finder`). If that was
all, they are sorted, counted and paged at once. If there are more, the page is collected from
the newest mail backwards, so that its price depends on the page and not on the matches.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

from sqlalchemy import Connection

from store.arrangement import Arrangement, Placed, arrange
from store.bounded import SearchTooSlow, bounded
from store.cursor import Cursor, cursor_from
from store.database import READ_TIMEOUT_SECONDS
from store.expression import wanted_words
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
        everything, arrangement = arrange(
            connection, query.expression, names, order, cursor=cursor, look_seconds=look_seconds
        )
        page = list(islice(arrangement.after(cursor), limit + 1))
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
        next=_next(page, limit, arrangement),
        chips=query.chips,
        unindexed=0,
        looked_back_to=_looked_back_to(page, limit, arrangement),
        among_newest=arrangement.among_newest,
    )


def search_keys(
    connection: Connection,
    query_text: str,
    *,
    order: Order = Order.NEWEST,
    after: str | None,
    limit: int,
    look_seconds: float | None = None,
    within: float = READ_TIMEOUT_SECONDS,
    now: datetime,
) -> tuple[list[int], str | None]:
    """The keys of one page of matches, and the cursor of the next page.

    For whoever goes through what is found without showing it. A page may be short, or empty, and
    not the last: there is a next one as long as there is a cursor. Raises what `search` raises, and
    SearchTooSlow after `within` seconds.
    """
    query = parse(query_text, now=now)
    cursor = cursor_from(after) if after else None
    with bounded(connection, seconds=within):
        names = find_names(connection, query.expression)
        _, arrangement = arrange(
            connection,
            query.expression,
            names,
            order,
            cursor=cursor,
            look_seconds=look_seconds,
            step=limit,
        )
        page = list(islice(arrangement.after(cursor), limit + 1))
    return [found.id for _, found in page[:limit]], _next(page, limit, arrangement)


def _next(page: list[Placed], limit: int, arrangement: Arrangement) -> str | None:
    last = page[limit - 1] if len(page) > limit else arrangement.stopped
    return None if last is None else cursor_at(last, arrangement)


def cursor_at(last: Placed, arrangement: Arrangement) -> str:
    """Where the page after this hit begins."""
    rank, found = last
    return str(Cursor(rank, found.sort_at, found.id, arrangement.edge))


def _looked_back_to(page: list[Placed], limit: int, arrangement: Arrangement) -> datetime | None:
    if arrangement.stopped is None or len(page) > limit:
        return None
    return time_of(arrangement.stopped[1])


def time_of(found: Found) -> datetime | None:
    """When it was sent, for whoever is told how far a search has looked."""
    return instant(found.sort_at) if found.sort_at != UNDATED else BEGINNING
