"""The hits before and after one that was opened from a list of hits, and the way back to each.

The list is walked page by page as its reader came through it, by its own cursors, so that order
and conversations are those of the list and the price is that of a page, however deep.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import Request

from store.bounded import SearchTooSlow
from store.clock import utc_now
from store.database import Transaction
from store.naming import message_name
from store.results import CursorError, QueryError
from store.search import search_keys
from store.threaded import thread_keys
from web.arranged import THREAD, Arranged, order_from, page_of
from web.asked import address
from web.fragments.further import PAGE
from web.house import house_of
from web.trail import BEGINNING, Way, trail_from

# Pages looked through: mail that came meanwhile has moved a hit further down.
PAGES = 4
# What has to be looked at one by one may take so long on a page. A page that takes longer is given
# up, and none is begun after so long: without neighbours a message is shown too.
LOOK_SECONDS, ENOUGH_SECONDS = 0.1, 0.5

Group = tuple[int, ...]
# The hits of a page by conversation (each alone where they are not grouped), and the next cursor.
Fetch = Callable[[str], tuple[list[Group], str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Addresses of the hits beside one, None where there is none or none was found in time.

    `back` is the list at the place of this hit.
    """

    previous: str | None
    next: str | None
    back: str


@dataclass(frozen=True, slots=True)
class _Spot:
    """A hit of the list, the page that it stands on, and the first hit of its conversation."""

    key: int
    way: Way
    head: int


@dataclass(frozen=True, slots=True)
class _Walk:
    """Goes through the list from a page on, a few pages at most."""

    fetch: Fetch
    until: float  # by the monotonic clock

    def pages(self, way: Way) -> Iterator[tuple[list[_Spot], Way | None]]:
        """The hits of each page, and the page after it."""
        for _ in range(PAGES):
            if time.monotonic() > self.until:
                return
            groups, cursor = self.fetch(way.after)
            following = Way(cursor, way.trail.and_then(way.after)) if cursor else None
            yield [_Spot(key, way, group[0]) for group in groups for key in group], following
            if following is None:
                return
            way = following

    def around(self, key: int, way: Way) -> tuple[_Spot | None, _Spot | None, _Spot | None]:
        """The hit before that one, the hit itself, and the one after it."""
        last: _Spot | None = None
        for spots, following in self.pages(way):
            place = next((at for at, spot in enumerate(spots) if spot.key == key), None)
            if place is None:
                last = spots[-1] if spots else last
                continue
            before = spots[place - 1] if place else last or self._before(spots[0])
            if place + 1 < len(spots):
                return before, spots[place], spots[place + 1]
            return before, spots[place], self._first(following)
        return None, None, None

    def _first(self, way: Way | None) -> _Spot | None:
        if way is None:
            return None
        return next((spots[0] for spots, _ in self.pages(way) if spots), None)

    def _before(self, first: _Spot) -> _Spot | None:
        """The hit before the first one of a page: the last of the page one came from."""
        way = first.way
        if way.trail.last:
            earlier = Way(way.trail.last, way.trail.before)
        elif way.after and not way.trail.is_cut:
            earlier = BEGINNING
        else:
            return None
        last: _Spot | None = None
        for spots, following in self.pages(earlier):
            for spot in spots:
                if spot.key == first.key:
                    return last
                last = spot
            if following is not None and following.after == way.after:
                return last
        return None


def neighbours_of(request: Request, key: int, came_from: str) -> Neighbours:
    """Of the hit with that key, which was opened from the search page with that query."""
    asked = {name: values[-1] for name, values in parse_qs(came_from).items()}
    wish = Arranged(
        order=order_from(asked.get("order", "")),
        by_thread=asked.get("group") == THREAD,
    )
    query = asked.get("q", "")
    way = Way(asked.get("after", ""), trail_from(asked.get("trail", "")))
    before = spot = after = None
    try:
        with house_of(request).database.read() as connection:
            walk = _Walk(_fetch(connection, query, wish), time.monotonic() + ENOUGH_SECONDS)
            before, spot, after = walk.around(key, way)
    except (QueryError, CursorError, SearchTooSlow):
        pass  # the list says what is wrong, and the message is shown all the same
    back = page_of(query, wish, spot.way) if spot else came_from
    return Neighbours(
        previous=_opened(query, wish, before),
        next=_opened(query, wish, after),
        back=f"/search?{back}#m-{message_name(spot.head if spot else key)}",
    )


def _fetch(connection: Transaction, query: str, wish: Arranged) -> Fetch:
    now = utc_now()

    def conversations(after: str) -> tuple[list[Group], str | None]:
        return thread_keys(
            connection,
            query,
            order=wish.order,
            after=after or None,
            limit=PAGE,
            look_seconds=LOOK_SECONDS,
            within=ENOUGH_SECONDS,
            now=now,
        )

    def hits(after: str) -> tuple[list[Group], str | None]:
        keys, following = search_keys(
            connection,
            query,
            order=wish.order,
            after=after or None,
            limit=PAGE,
            look_seconds=LOOK_SECONDS,
            within=ENOUGH_SECONDS,
            now=now,
        )
        return [(key,) for key in keys], following

    return conversations if wish.by_thread else hits


def _opened(query: str, wish: Arranged, spot: _Spot | None) -> str | None:
    if spot is None:
        return None
    page = page_of(query, wish, spot.way)
    return address(f"/messages/{message_name(spot.key)}", **{"from": page})
