"""Pages of a list by key: what comes after a row that was seen, or what comes before one.

A place is (value sorted by, key) of a row at the edge of a page, so what arrives meanwhile
neither hides a row nor shows one twice. What the rows are is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, tuple_

Row = TypeVar("Row")
Place = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Which page: the one after a place, the one before a place, or (neither) the first."""

    after: Place | None = None
    before: Place | None = None


FIRST = Turn()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Row]):
    """The rows of one page in the order of the list, and whether there are more either way."""

    rows: tuple[Row, ...]
    has_previous: bool
    has_next: bool


# Rows on one side of a place, nearest first: (place, backwards, at most so many).
Fetch = Callable[[Place | None, bool, int], Sequence[Row]]


def page_of(fetch: Fetch[Row], *, turn: Turn, size: int) -> Page[Row]:
    """One page. Fewer than a page before a place are the first page, which is then shown whole."""
    if turn.before is not None:
        found = fetch(turn.before, True, size + 1)
        if len(found) > size:
            return Page(rows=tuple(found[:size])[::-1], has_previous=True, has_next=True)
    found = fetch(turn.after, False, size + 1)
    return Page(
        rows=tuple(found[:size]), has_previous=turn.after is not None, has_next=len(found) > size
    )


def keyed(
    query: Select[Any],
    columns: Sequence[ColumnElement[Any]],
    *,
    place: Place | None,
    down: bool,
    limit: int,
) -> Select[Any]:
    """The query sorted by `columns`, the last of which is unique, from a place on."""
    if place is not None:
        here = tuple_(*columns)
        query = query.where(here < tuple_(*place) if down else here > tuple_(*place))
    return query.order_by(*(one.desc() if down else one.asc() for one in columns)).limit(limit)
