"""`GET /errands`: the long work that somebody asked for, narrowed by what, who, state and days."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from store.errands import ErrandKind, who_asked
from web.errand_lines import TITLES
from web.fragments.errands import ErrandsView, find_errands
from web.house import house_of
from web.kept import KeptViews, kept_views
from web.render import render


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandsPageView:
    """The list, what it can be narrowed by, and the reader's own views of it."""

    listed: ErrandsView
    kinds: dict[ErrandKind, str]
    people: tuple[str, ...]
    kept: KeptViews


def errands_page(request: Request) -> Response:
    """The list, with the fragment that keeps it current."""
    listed = find_errands(request)
    with house_of(request).database.read() as connection:
        people = tuple(who_asked(connection))
    view = ErrandsPageView(
        listed=listed,
        kinds=TITLES,
        people=people,
        kept=kept_views(request, "errands", listed.wish.at()),
    )
    return render(request, "pages/errands.html", view)
