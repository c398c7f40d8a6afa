"""What of an address no part of its page knows: noted as it is met, and told on the page.

So that a page which is shown as if it were not there is never taken for narrowed, sorted or
turned. Words are noted where they are read; names, by what no part of the page has asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from starlette.datastructures import QueryParams
from starlette.requests import Request

LONGEST_TOLD, MOST_TOLD = 60, 5


class Query(QueryParams):
    """The query of an address, which remembers what of it was asked for."""

    def __init__(self, of: QueryParams) -> None:
        super().__init__(of.multi_items())
        self._asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        """The last value of a name. Raises KeyError."""
        self._asked.add(name)
        return super().__getitem__(name)

    def getlist(self, name: str) -> list[str]:
        """Every value of a name."""
        self._asked.add(name)
        return super().getlist(name)

    def unasked(self) -> Iterator[tuple[str, str]]:
        """Names that nobody has asked for, with their values; a name without one is left out."""
        return (one for one in self.multi_items() if one[1] and one[0] not in self._asked)


def query_of(request: Request) -> Query:
    """The query, for pages and their parts: what of it none of them reads is told."""
    found: Query | None = getattr(request.state, "query", None)
    if found is None:
        found = request.state.query = Query(request.query_params)
    return found


def pass_over(request: Request, name: str, word: str) -> None:
    """Show the page as if that were not in its address, and let it say so."""
    told = f"{name}={word}".replace(chr(0), "")
    shown = told if len(told) <= LONGEST_TOLD else f"{told[:LONGEST_TOLD]}…"
    noted: tuple[str, ...] = getattr(request.state, "passed_over", ())
    request.state.passed_over = (*noted, shown)


def passed_over(request: Request) -> tuple[str, ...]:
    """What of the address is not known to any part of the page, once each, the first few.

    To be asked when every part of it has read what it knows.
    """
    for name, word in query_of(request).unasked():
        pass_over(request, name, word)
    told: tuple[str, ...] = getattr(request.state, "passed_over", ())
    return tuple(dict.fromkeys(told))[:MOST_TOLD]
