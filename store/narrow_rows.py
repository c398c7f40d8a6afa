"""Rows as searches go through them: a match, what lies below it, and its month or year."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, tuple_
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from store.tables_mail import UNDATED
from store.tokens import month_token, year_token


class Found(NamedTuple):
    """One match: enough to sort it, to page by it, to count it by year, sender and upload."""

    sort_at: int
    id: int
    sender: int


def below_place(
    below: tuple[int, int] | None, row: ReadOnlyColumnCollection[str, Any]
) -> list[ColumnElement[bool]]:
    """Conditions on a row to stand before `below` (sort_at, id), newest first; none for None."""
    return [] if below is None else [tuple_(row.sort_at, row.id) < tuple_(*below)]


def window_of(newest: int, *, whole_year: bool) -> tuple[str, int]:
    """The token and the beginning of the month or year in which `newest` lies."""
    if newest == UNDATED:
        return year_token(None), UNDATED
    at = datetime.fromtimestamp(newest, UTC)
    if whole_year:
        return year_token(at.year), int(datetime(at.year, 1, 1, tzinfo=UTC).timestamp())
    begin = datetime(at.year, at.month, 1, tzinfo=UTC)
    return month_token(at.year, at.month), int(begin.timestamp())
