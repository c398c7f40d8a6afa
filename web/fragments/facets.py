"""The hits of a search counted by year, sender, label and file: with the hits, or after them.

Counting many takes longer than finding a page of them, so then the hits come first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from store.bounded import SearchTooSlow
from store.clock import utc_now
from store.facets import facets
from store.results import Count, Facets, QueryError
from web.arranged import Arranged, arranged, page_of
from web.asked import address
from web.errors import BadRequest
from web.house import house_of
from web.render import render
from web.trail import Way

# Up to so many hits are counted at once with the page.
AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetsView:
    """The facets. `later` is where they are fetched when they come after the hits, `link` the
    page that has them without a script; both None when they are here, or took too long. `late`:
    they come after the page, and tell it their count."""

    facets: Facets | None
    arranged: Arranged
    later: str | None = None
    link: str | None = None
    late: bool = False


def facets_fragment(request: Request) -> Response:
    """`GET /fragments/facets`. Raises BadRequest for a query that cannot be understood."""
    query = request.query_params.get("q", "")
    try:
        with house_of(request).database.read() as connection:
            found = counted(connection, query)
    except QueryError as error:
        raise BadRequest(error.sentence) from None
    view = FacetsView(facets=found, arranged=arranged(request), late=True)
    return render(request, "fragments/facets.html", view)


def facets_with(
    connection: Any, query: str, wish: Arranged, *, count: Count, way: Way, now: bool
) -> FacetsView:
    """The facets of a page of hits, or where they come from; `now` when they were asked for.

    They are of all hits, whichever page they stand beside.
    """
    if now or (count.value <= AT_ONCE and not count.more):
        return FacetsView(facets=counted(connection, query), arranged=wish)
    return FacetsView(
        facets=None,
        arranged=wish,
        later=address("/fragments/facets", q=query, **wish.told),
        link=f"/search?{page_of(query, wish, way)}&facets=1",
    )


def counted(connection: Any, query: str) -> Facets | None:
    """The facets; None when counting takes too long."""
    try:
        return facets(connection, query, now=utc_now())
    except SearchTooSlow:
        return None
