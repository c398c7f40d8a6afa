"""The hits of a search: as they are typed for, and as a page of their own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, TypedDict

from starlette.requests import Request
from starlette.responses import Response

from store.clock import utc_now
from store.results import CursorError, Order, QueryError, Results
from store.search import search
from web.asked import address, chosen
from web.errors import BadRequest
from web.fragments.facets import FacetsView, facets_with, order_query
from web.house import house_of
from web.render import render
from web.trail import trail_from

PAGE = 25
MAX_QUERY = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A query that could not be read: the parts around the character at fault, and why."""

    before: str
    at: str
    after: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsView:
    """A page of hits. `results` is None when nothing was asked or it could not be understood."""

    query: str
    order: Order
    results: Results | None
    facets: FacetsView | None
    mistake: Mistake | None
    here: str  # the query of this page's address, for messages to lead back to
    first: str | None
    previous: str | None
    next: str | None

    @property
    def order_query(self) -> str:
        """What a link to another search adds so that its order is kept."""
        return order_query(self.order)


def results_fragment(request: Request) -> Response:
    """`GET /fragments/results`."""
    view = find_results(request)
    # What is typed is in the address bar, so that it can be linked and reloaded.
    headers = {"HX-Replace-Url": address("/search", q=view.query, order=_told(view.order))}
    return render(request, "fragments/results.html", view, headers=headers)


def find_results(request: Request) -> ResultsView:
    """Search for the query of the request. Raises BadRequest for a cursor that is not ours."""
    query = request.query_params.get("q", "").strip()
    order = chosen(request, "order", Order) or Order.NEWEST
    after = request.query_params.get("after") or None
    if len(query) > MAX_QUERY:
        return _unread(query, order, QueryError(MAX_QUERY, "The query is too long."))
    if not query:
        return _unread("", order, None)
    try:
        with house_of(request).database.read() as connection:
            results = search(connection, query, order=order, after=after, limit=PAGE, now=utc_now())
            counted = None if after else _facets(request, connection, query, results)
    except QueryError as error:
        return _unread(query, order, error)
    except CursorError:
        raise BadRequest("This link to a page of a list is damaged.") from None
    return ResultsView(
        query=query,
        order=order,
        results=results,
        facets=counted,
        mistake=None,
        **_around(request, query, order, further=results.next),
    )


class _Around(TypedDict):
    here: str
    first: str | None
    previous: str | None
    next: str | None


def _around(request: Request, query: str, order: Order, *, further: str | None) -> _Around:
    """The addresses of this page, of the first, and of those before and after."""
    search_at = partial(address, "/search", q=query, order=_told(order))
    after = request.query_params.get("after", "")
    trail = trail_from(request.query_params.get("trail", ""))
    previous = None
    if trail.last:
        previous = search_at(after=trail.last, trail=trail.before.text)
    elif after and not trail.is_cut:
        previous = search_at()
    return _Around(
        here=search_at(after=after, trail=trail.text).partition("?")[2],
        first=search_at() if after else None,
        previous=previous,
        next=search_at(after=further, trail=trail.and_then(after).text) if further else None,
    )


def _told(order: Order) -> Order | None:
    return None if order is Order.NEWEST else order


def _facets(request: Request, connection: Any, query: str, results: Results) -> FacetsView:
    asked_for = request.query_params.get("facets") == "1"
    return facets_with(connection, query, results.order, count=results.count, now=asked_for)


def _unread(query: str, order: Order, error: QueryError | None) -> ResultsView:
    return ResultsView(
        query=query,
        order=order,
        results=None,
        facets=None,
        mistake=_mistake(query, error) if error else None,
        here="",
        first=None,
        previous=None,
        next=None,
    )


def _mistake(query: str, error: QueryError) -> Mistake:
    query = query if error.query is None else error.query
    at = min(error.position, len(query))
    return Mistake(
        before=query[max(at - 60, 0) : at],
        at=query[at : at + 1] or " ",
        after=query[at + 1 : at + 60],
        sentence=error.sentence,
    )
