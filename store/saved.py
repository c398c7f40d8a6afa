"""Searches that people keep under a name, each owner their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from mail.text import nfc_clean
from store.query import parse
from store.results import Order
from store.tables_mail import saved_search

NAME_CHARACTERS = 100
MOST_PER_OWNER = 200


class SavedSearchError(ValueError):
    """A search that cannot be kept; the text says why, fit for the person who asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """A search kept under a name."""

    id: int
    name: str
    query: str
    order: Order
    created_at: datetime


def save_search(
    connection: Connection, *, owner: str, name: str, query: str, order: Order, now: datetime
) -> SavedSearch:
    """Keep a search. Raises SavedSearchError for a name that is empty, long or taken, and
    QueryError for a query that would not work."""
    name = " ".join(nfc_clean(name).split())
    if not name or len(name) > NAME_CHARACTERS:
        raise SavedSearchError(f"A name needs 1 to {NAME_CHARACTERS} characters.")
    query = parse(query, now=now).text
    if _how_many(connection, owner) >= MOST_PER_OWNER:
        raise SavedSearchError(f"More than {MOST_PER_OWNER} saved searches are not kept.")
    row = {
        "owner": owner,
        "name": name,
        "query": query,
        "sort_order": order.value,
        "created_at": now,
    }
    try:
        with connection.begin_nested():
            statement = insert(saved_search).values(row).returning(saved_search.c.id)
            key = connection.execute(statement).scalar_one()
    except IntegrityError:
        raise SavedSearchError(f"There is a saved search called “{name}” already.") from None
    return SavedSearch(id=key, name=name, query=query, order=order, created_at=now)


def saved_searches(connection: Connection, *, owner: str) -> tuple[SavedSearch, ...]:
    """What an owner has kept, by name."""
    rows = connection.execute(select(saved_search).where(saved_search.c.owner == owner))
    kept = [
        SavedSearch(
            id=row.id,
            name=row.name,
            query=row.query,
            order=Order(row.sort_order),
            created_at=row.created_at,
        )
        for row in rows
    ]
    return tuple(sorted(kept, key=lambda one: one.name.lower()))


def forget_search(connection: Connection, *, owner: str, search_id: int) -> bool:
    """Remove one of an owner's searches; False when it is not theirs or not there."""
    gone = connection.execute(
        delete(saved_search).where(saved_search.c.owner == owner, saved_search.c.id == search_id)
    )
    return gone.rowcount == 1


def _how_many(connection: Connection, owner: str) -> int:
    counted = select(func.count()).select_from(saved_search).where(saved_search.c.owner == owner)
    return int(connection.execute(counted).scalar_one())
