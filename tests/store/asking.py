"""Ask the search in tests, briefly."""

from __future__ import annotations

from datetime import datetime, timedelta

from store.database import Database
from store.results import Hit, QueryError, Results
from store.search import search
from tests.store.mails import NOW


def found(database: Database, query: str, **options: object) -> Results:
    with database.read() as connection:
        return search(connection, query, now=NOW, **options)  # type: ignore[arg-type]


def offsets(database: Database, query: str, **options: object) -> list[int]:
    """Where the hits lie, in thousands: the number of the message as it was kept."""
    return [offset_of(hit) for hit in found(database, query, **options).hits]


def offset_of(hit: Hit) -> int:
    """Where a hit lies, in thousands: the number of its message as it was kept."""
    return (hit.id & (1 << 40) - 1) // 1000


def found_or_refused(database: Database, query: str) -> Results | QueryError:
    try:
        return found(database, query)
    except QueryError as error:
        return error


def days_ago(days: int) -> datetime:
    return NOW - timedelta(days=days)
