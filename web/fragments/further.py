"""The rest of a page of hits whose search had to look at messages one by one.

The page is shown with what a moment has found. From then on its foot looks further back, a piece at
a time, until the page is full or everything was looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from store.clock import utc_now
from store.query_hints import Hints, hints_of
from store.results import Count, CursorError, FoundThread, Order, QueryError, Results
from store.search import search
from store.threaded import search_threads
from web.arranged import Arranged, arranged, page_of
from web.asked import address, whole
from web.errors import BadRequest
from web.house import house_of
from web.passed_over import query_of
from web.render import render
from web.trail import Way, trail_from

PAGE = 25
# A page is there in a moment; each further look may take longer, as there is something to read.
FIRST_LOOK_SECONDS = 0.04
LOOK_SECONDS = 0.7
# Then somebody has to want it: nobody may be reading any more.
LOOKS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Foot:
    """What follows the hits of a page: how far it looked, and where it goes on.

    `later` is where the foot fetches what else belongs on this page by itself, `onward` what
    somebody follows who wants that without a script; both None when all is said.
    """

    looked_back_to: datetime | None
    later: str | None
    onward: str | None
    first: str | None
    previous: str | None
    next: str | None
    from_oldest: bool  # it looks from the oldest on
    found: int  # hits, or conversations, on the page so far
    is_partial: bool  # older mail was not looked at, and nobody goes on by himself
    is_over: bool  # there is no more, neither here nor on another page
    hints: Hints | None  # why there may be nothing at all; None where something was found


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherView:
    """More hits of the same page, and its new foot. `count` is told once it is known better."""

    here: str  # the query of the page's address, for messages to lead back to
    threads: tuple[FoundThread, ...]
    foot: Foot
    count: Count | None


def further_fragment(request: Request) -> Response:
    """`GET /fragments/further`."""
    return render(request, "fragments/further.html", find_further(request))


def find_further(request: Request) -> FurtherView:
    """Look further back for one page. Raises BadRequest for what no page of ours has asked."""
    query, wish, way = query_of(request).get("q", ""), arranged(request), way_of(request)
    before, looks = whole(request, "found") or 0, whole(request, "looks") or 0
    try:
        results = look(
            request,
            query,
            wish,
            after=query_of(request).get("past") or None,
            limit=min(max(PAGE - before, 1), PAGE),
            seconds=LOOK_SECONDS,
        )
    except (QueryError, CursorError):
        raise BadRequest("This link to a page of a list is damaged.") from None
    threads = threads_of(results, wish)
    foot = foot_of(
        request, query, wish, results, way=way, found=before + len(threads), looks=looks + 1
    )
    count = None
    if not way.after and not wish.by_thread and foot.later is None:
        count = _counted(results.count, foot)
    return FurtherView(here=page_of(query, wish, way), threads=threads, foot=foot, count=count)


def _counted(count: Count, foot: Foot) -> Count:
    """The number of hits, from what this look has counted and what the page shows."""
    if not count.more:
        return count
    return Count(max(count.value, foot.found), more=not foot.is_over)


def look(
    request: Request,
    query: str,
    wish: Arranged,
    *,
    after: str | None,
    limit: int,
    seconds: float | None,
) -> Results:
    """Search as the reader wants hits arranged. Raises what `store.search.search` raises."""
    find = search_threads if wish.by_thread else search
    with house_of(request).database.read() as connection:
        return find(
            connection,
            query,
            order=wish.order,
            after=after,
            limit=limit,
            look_seconds=seconds,
            now=utc_now(),
        )


def threads_of(results: Results, wish: Arranged) -> tuple[FoundThread, ...]:
    """The hits of one conversation together; each alone when that is not asked for."""
    if wish.by_thread:
        return results.threads
    return tuple(FoundThread(hits=(hit,), number=1) for hit in results.hits)


def way_of(request: Request) -> Way:
    """Which page the request is for."""
    asked = query_of(request)
    return Way(asked.get("after", ""), trail_from(asked.get("trail", "")))


def foot_of(
    request: Request,
    query: str,
    wish: Arranged,
    results: Results,
    *,
    way: Way,
    found: int,
    looks: int,
) -> Foot:
    """The foot of the page on that way; `found` is what it shows with `results`."""
    after, trail = way.after, way.trail
    search_at = partial(address, "/search", q=query, **wish.told)
    # On a full page it does not matter where the time went.
    looked_back_to = results.looked_back_to if found < PAGE else None
    onward, later = None, None
    if results.next:
        onward = search_at(after=results.next, trail=trail.and_then(after).text)
    if looked_back_to and looks < LOOKS:
        later = address(
            "/fragments/further",
            q=query,
            **wish.told,
            after=after,
            trail=trail.text,
            past=results.next,
            found=found,
            looks=looks,
        )
    previous = None
    if trail.last:
        previous = search_at(after=trail.last, trail=trail.before.text)
    elif after and not trail.is_cut:
        previous = search_at()
    return Foot(
        looked_back_to=looked_back_to,
        later=later,
        onward=onward if looked_back_to else None,
        first=search_at() if after else None,
        previous=previous,
        next=None if looked_back_to else onward,
        from_oldest=wish.order is Order.OLDEST,
        found=found,
        is_partial=results.among_newest is not None,
        is_over=not results.next,
        hints=None if found or results.next else _hints(request, query),
    )


def _hints(request: Request, query: str) -> Hints:
    with house_of(request).database.read() as connection:
        return hints_of(connection, query, now=utc_now())
