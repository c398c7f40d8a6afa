"""The list of errands: long work beside parsing, newest first, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from store.errands import ErrandKind, ErrandState, list_errands
from web.asked import address, chosen, day_as_typed, span_of, text_of, whole
from web.errand_lines import ErrandLine, lines_of
from web.house import house_of
from web.pace import pace
from web.render import render, zone_of

PAGE = 50
ERRANDS = "/errands"
FRAGMENT = "/fragments/errands"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandWish:
    """What the address asks for; None and "" for anything. Days are those of the reader."""

    state: ErrandState | None
    kind: ErrandKind | None
    who: str
    since: str
    until: str

    def at(self, path: str = ERRANDS, **place: object) -> str:
        """The address that says it again."""
        return address(
            path,
            state=self.state,
            kind=self.kind,
            who=self.who,
            since=self.since,
            until=self.until,
            **place,
        )

    def in_state(self, state: ErrandState | None) -> str:
        """The address of the same list, of another state."""
        return replace(self, state=state).at()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandsView:
    """A page of errands."""

    lines: tuple[ErrandLine, ...]
    wish: ErrandWish
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
    wish, before = _wish_of(request), whole(request, "before")
    since, until = span_of(request, zone=zone_of(request))
    database = house_of(request).database
    with database.read() as connection:
        found = list_errands(
            connection,
            states=(wish.state,) if wish.state else (),
            kind=wish.kind,
            by=wish.who or None,
            since=since,
            until=until,
            before=before,
            limit=PAGE + 1,
        )
    lines = lines_of(database, found[:PAGE])
    further = lines[-1].errand.id if len(found) > PAGE else None
    return ErrandsView(
        lines=lines,
        wish=wish,
        states=tuple(ErrandState),
        first=wish.at() if before else None,
        next=wish.at(before=further) if further else None,
        here=wish.at(FRAGMENT, before=before),
        every=pace(moving=any(line.is_moving for line in lines)),
    )


def _wish_of(request: Request) -> ErrandWish:
    return ErrandWish(
        state=chosen(request, "state", ErrandState),
        kind=chosen(request, "kind", ErrandKind),
        who=text_of(request, "who"),
        since=day_as_typed(request, "since"),
        until=day_as_typed(request, "until"),
    )
