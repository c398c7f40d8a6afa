"""The list of errands: long work beside parsing, newest first, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from store.errands import ErrandState, list_errands
from web.asked import address, chosen, whole
from web.errand_lines import ErrandLine, lines_of
from web.house import house_of
from web.pace import pace
from web.render import render

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandsView:
    """A page of errands."""

    lines: tuple[ErrandLine, ...]
    state: ErrandState | None
    states: tuple[ErrandState, ...]
    first: str | None
    next: str | None
    here: str
    every: int


def errands_fragment(request: Request) -> Response:
    """`GET /fragments/errands`."""
    return render(request, "fragments/errands.html", find_errands(request))


def find_errands(request: Request) -> ErrandsView:
    """The page that the query asks for."""
    state, before = chosen(request, "state", ErrandState), whole(request, "before")
    database = house_of(request).database
    with database.read() as connection:
        found = list_errands(
            connection, states=(state,) if state else (), before=before, limit=PAGE + 1
        )
    lines = lines_of(database, found[:PAGE])
    further = lines[-1].errand.id if len(found) > PAGE else None
    return ErrandsView(
        lines=lines,
        state=state,
        states=tuple(ErrandState),
        first=address("/errands", state=state) if before else None,
        next=address("/errands", state=state, before=further) if further else None,
        here=address("/fragments/errands", state=state, before=before),
        every=pace(moving=any(line.is_moving for line in lines)),
    )
