"""Rows as searches go through them: a match, what lies below it, and its month or year."""

from __future__ import annotations

from datetime import MAXYEAR, UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, tuple_
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from store.tables_mail import UNDATED
from store.tokens import month_token, year_token

_END = int(datetime.max.replace(tzinfo=UTC).timestamp()) + 1


class Found(NamedTuple):
    """One match: enough to sort it, to page by it, to count it by year, sender and upload."""

    sort_at: int
    id: int
    sender: int


def below_place(
    below: tuple[int, int] | None, row: ReadOnlyColumnCollection[str, Any], *, oldest: bool = False
) -> list[ColumnElement[bool]]:
    """Conditions on a row to come after `below` (sort_at, id), newest or oldest first; none for
    None."""
    if below is None:
        return []
    place = tuple_(row.sort_at, row.id)
    return [place > tuple_(*below) if oldest else place < tuple_(*below)]


def by_time(
    row: ReadOnlyColumnCollection[str, Any], *, oldest: bool
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """What to order by."""
    return (row.sort_at, row.id) if oldest else (row.sort_at.desc(), row.id.desc())


class Window(NamedTuple):
    """A month or a year: its token, its beginning, and the beginning of the next."""

    token: str
    since: int
    until: int


def window_of(sort_at: int, *, whole_year: bool) -> Window:
    """The month or year in which `sort_at` lies; all that has no date is one window."""
    if sort_at == UNDATED:
        return Window(year_token(None), UNDATED, UNDATED + 1)
    at = datetime.fromtimestamp(sort_at, UTC)
    if whole_year:
        return Window(year_token(at.year), _begin(at.year, 0), _begin(at.year + 1, 0))
    months = at.year * 12 + at.month - 1
    return Window(month_token(at.year, at.month), _begin(0, months), _begin(0, months + 1))


def _begin(year: int, months: int) -> int:
    """Of a month, counted from January of `year`, in seconds; also beyond the year 9999."""
    year, month = year + months // 12, months % 12 + 1
    if year > MAXYEAR:
        return _END
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp())
