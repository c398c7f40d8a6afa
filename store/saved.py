"""Searches and views of lists that people keep under a name, each owner their own.

A view of a list is the query of its address; which words that may hold is the list's affair.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from mail.text import nfc_clean
from store.query import parse
from store.results import Order
from store.tables_mail import saved_search

NAME_CHARACTERS = 100
MOST_PER_OWNER = 200
QUERY_CHARACTERS = 4_000
SEARCH = "search"


class SavedSearchError(ValueError):
    """A search that cannot be kept; the text says why, fit for the person who asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """A search kept under a name, or a view of the list on another `page`."""

    id: int
    page: str  # "search", "jobs", "audit", "errands"
    name: str
    query: str
    order: Order
    by_thread: bool  # conversations stand together
    created_at: datetime


def save_search(
    connection: Connection,
    *,
    owner: str,
    name: str,
    query: str,
    order: Order,
    now: datetime,
    by_thread: bool = False,
) -> SavedSearch:
    """Keep a search. Raises SavedSearchError for a name that is empty, long or taken, and
    QueryError for a query that would not work."""
    name = _fit_name(name)
    query = parse(query, now=now).text
    wanted = SavedSearch(
        id=0,
        page=SEARCH,
        name=name,
        query=query,
        order=order,
        by_thread=by_thread,
        created_at=now,
    )
    return _kept(connection, owner, wanted)


def save_view(
    connection: Connection, *, owner: str, page: str, name: str, query: str, now: datetime
) -> SavedSearch:
    """Keep a view of the list on a page. Raises SavedSearchError for a name that is empty, long
    or taken, and for a query that is too long."""
    name = _fit_name(name)
    if len(query) > QUERY_CHARACTERS:
        raise SavedSearchError(f"This query is longer than {QUERY_CHARACTERS} characters.")
    query = nfc_clean(query)
    wanted = SavedSearch(
        id=0,
        page=page,
        name=name,
        query=query,
        order=Order.NEWEST,
        by_thread=False,
        created_at=now,
    )
    return _kept(connection, owner, wanted)


def _fit_name(name: str) -> str:
    name = " ".join(nfc_clean(name).split())
    if not name or len(name) > NAME_CHARACTERS:
        raise SavedSearchError(f"A name needs 1 to {NAME_CHARACTERS} characters.")
    return name


def _kept(connection: Connection, owner: str, wanted: SavedSearch) -> SavedSearch:
    if _how_many(connection, owner) >= MOST_PER_OWNER:
        raise SavedSearchError(f"More than {MOST_PER_OWNER} saved searches and views are not kept.")
    row = {
        "owner": owner,
        "page": wanted.page,
        "name": wanted.name,
        "query": wanted.query,
        "sort_order": wanted.order.value,
        "by_thread": wanted.by_thread,
        "created_at": wanted.created_at,
    }
    try:
        with connection.begin_nested():
            statement = insert(saved_search).values(row).returning(saved_search.c.id)
            key = connection.execute(statement).scalar_one()
    except IntegrityError:
        raise _is_taken(wanted.name) from None
    return replace(wanted, id=key)


def saved_searches(
    connection: Connection, *, owner: str, page: str = SEARCH
) -> tuple[SavedSearch, ...]:
    """What an owner has kept of a page, by name."""
    rows = connection.execute(
        select(saved_search).where(saved_search.c.owner == owner, saved_search.c.page == page)
    )
    return tuple(sorted(map(_saved, rows), key=lambda one: one.name.lower()))


def _saved(row: Row[Any]) -> SavedSearch:
    return SavedSearch(
        id=row.id,
        page=row.page,
        name=row.name,
        query=row.query,
        order=Order(row.sort_order),
        by_thread=row.by_thread,
        created_at=row.created_at,
    )


def rename_search(
    connection: Connection, *, owner: str, search_id: int, name: str
) -> SavedSearch | None:
    """Give one of an owner's another name; None when it is not theirs or not there.

    Raises SavedSearchError for a name that is empty, long or taken.
    """
    name = _fit_name(name)
    mine = (saved_search.c.owner == owner, saved_search.c.id == search_id)
    try:
        with connection.begin_nested():
            renamed = connection.execute(
                update(saved_search).where(*mine).values(name=name).returning(saved_search)
            ).one_or_none()
    except IntegrityError:
        raise _is_taken(name) from None
    return None if renamed is None else _saved(renamed)


def _is_taken(name: str) -> SavedSearchError:
    return SavedSearchError(f"The name “{name}” is taken already.")


def forget_search(connection: Connection, *, owner: str, search_id: int) -> str | None:
    """Remove one of an owner's; the page it was of, None when it is not theirs or not there."""
    gone = connection.execute(
        delete(saved_search)
        .where(saved_search.c.owner == owner, saved_search.c.id == search_id)
        .returning(saved_search.c.page)
    )
    page: str | None = gone.scalar_one_or_none()
    return page


def _how_many(connection: Connection, owner: str) -> int:
    counted = select(func.count()).select_from(saved_search).where(saved_search.c.owner == owner)
    return int(connection.execute(counted).scalar_one())
