"""The hits of a search: as they are typed for, and as a page of their own."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from store.query_hints import while_typed
from store.results import Count, CursorError, FoundThread, QueryError, Results
from web.arranged import Arranged, arranged, page_of
from web.asked import address, text_of
from web.fragments.facets import FacetsView, facets_with
from web.fragments.further import (
    FIRST_LOOK_SECONDS,
    PAGE,
    Foot,
    foot_of,
    look,
    threads_of,
    way_of,
)
from web.house import house_of
from web.passed_over import pass_over, query_of
from web.render import render
from web.trail import BEGINNING, Way

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
    arranged: Arranged
    results: Results | None
    # The hits of one conversation together; each alone when that is not asked for.
    threads: tuple[FoundThread, ...]
    facets: FacetsView | None
    mistake: Mistake | None
    here: str  # the query of this page's address, for messages to lead back to
    foot: Foot | None
    # The last word as it was typed, where it was looked for as the beginning of one.
    begun: str = ""
    took_seconds: float = 0.0  # hits and facets together, as far as they are on the page

    @property
    def count(self) -> Count:
        """How many were found, as exactly as anything on this page knows."""
        assert self.results is not None
        counted = self.facets.facets.counted if self.facets and self.facets.facets else None
        return better(self.results.count, counted)

    @property
    def conversations(self) -> int | None:
        """How many were found, where all of them are on this page; else nobody has counted."""
        foot = self.foot
        is_all = foot is not None and foot.is_over and not foot.first
        return len(self.threads) if is_all else None


def better(count: Count, other: Count | None) -> Count:
    """The exact one of two counts of the same, else the one that says more."""
    if other is None or not count.more:
        return count
    return other if not other.more or other.value > count.value else count


def results_fragment(request: Request) -> Response:
    """`GET /fragments/results`: what is found while somebody types."""
    view = find_results(request, typing=True)
    # What is looked for is in the address bar, so that it can be linked and reloaded.
    headers = {"HX-Replace-Url": address("/search", q=view.query, **view.arranged.told)}
    return render(request, "fragments/results.html", view, headers=headers)


def find_results(request: Request, *, typing: bool = False) -> ResultsView:
    """Search for the query of the request; a cursor that is not ours is passed over, and told.

    While somebody is `typing`, the last word is looked for as the beginning of one.
    """
    query, wish = text_of(request, "q", at_most=MAX_QUERY + 1), arranged(request)
    if len(query) > MAX_QUERY:
        return _unread(query, wish, QueryError(MAX_QUERY, "The query is too long."))
    typed, query = query, while_typed(query) if typing else query
    if not query:
        return _unread("", wish, None)
    way = way_of(request)
    try:
        found = _timed(request, query, wish, way=way)
        is_begun = query == f"{typed}*"
        return replace(found, begun=typed.split()[-1]) if is_begun else found
    except QueryError as error:
        return _unread(query, wish, error)
    except CursorError:
        pass_over(request, "after", way.after)
        return _timed(request, query, wish, way=BEGINNING)


def _timed(request: Request, query: str, wish: Arranged, *, way: Way) -> ResultsView:
    begun = time.monotonic()
    found = _found(request, query, wish, way=way)
    return replace(found, took_seconds=time.monotonic() - begun)


def _found(request: Request, query: str, wish: Arranged, *, way: Way) -> ResultsView:
    after = way.after or None
    results = look(
        request,
        query,
        wish,
        after=after,
        limit=PAGE,
        seconds=None if after else FIRST_LOOK_SECONDS,
    )
    threads = threads_of(results, wish)
    return ResultsView(
        query=query,
        arranged=wish,
        results=results,
        threads=threads,
        facets=_facets(request, query, results, wish, way),
        mistake=None,
        here=page_of(query, wish, way),
        foot=foot_of(request, query, wish, results, way=way, found=len(threads), looks=0),
    )


def _facets(request: Request, query: str, results: Results, wish: Arranged, way: Way) -> FacetsView:
    asked_for = query_of(request).get("facets") == "1"
    with house_of(request).database.read() as connection:
        return facets_with(connection, query, wish, count=results.count, way=way, now=asked_for)


def _unread(query: str, wish: Arranged, error: QueryError | None) -> ResultsView:
    return ResultsView(
        query=query,
        arranged=wish,
        results=None,
        threads=(),
        facets=None,
        mistake=_mistake(query, error) if error else None,
        here="",
        foot=None,
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
