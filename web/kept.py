"""What a reader keeps under a name of a page with a list, as links back to it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from store.saved import SEARCH, SavedSearch, saved_searches
from web.arranged import Arranged, search_address
from web.house import house_of
from web.security import current_user


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptView:
    """One of them. `is_here`: it is what the page shows just now."""

    id: int
    name: str
    address: str
    is_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptViews:
    """All of a page, and the query that would be kept now; "" when there is none worth it."""

    page: str
    views: tuple[KeptView, ...]
    query: str


def kept_views(request: Request, page: str, here: str) -> KeptViews:
    """What the reader has kept of a page; `here` is the address of what it shows."""
    with house_of(request).database.read() as connection:
        saved = saved_searches(connection, owner=current_user(request).actor, page=page)
    views = tuple(_view(one, here) for one in saved)
    return KeptViews(page=page, views=views, query=here.partition("?")[2])


def address_of(one: SavedSearch) -> str:
    """Where it leads."""
    if one.page == SEARCH:
        return search_address(one.query, Arranged(order=one.order, by_thread=one.by_thread))
    return f"/{one.page}?{one.query}" if one.query else f"/{one.page}"


def _view(one: SavedSearch, here: str) -> KeptView:
    where = address_of(one)
    return KeptView(id=one.id, name=one.name, address=where, is_here=where == here)
