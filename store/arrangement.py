"""In which order the matches of a search come, and where in that order each of them stands.

Time and rank are walked as far as a page needs. A size or a sender has no index together with the
words of a query, so by these only the newest matches are arranged, as many as are ever counted, or
as are found in time where they have to be looked at one by one. Each page gathers anew: those after
the first down to where that one ended, so that all are pages of one list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Protocol

from sqlalchemy import Connection, select

from store.cursor import LARGEST, Cursor, Place, Rank
from store.document import Field
from store.expression import And, Expression, Not, Undated, Words, wanted_words
from store.finder import COUNTED, Finder
from store.matching import Names
from store.narrow_rows import Found
from store.results import CursorError, Order
from store.tables_mail import UNDATED, message, message_search

# One match, with what decides before its time does.
Placed = tuple[Rank, Found]
# Sorts as the list does.
Key = tuple[Rank, int, int]

_KEYS_PER_STATEMENT = 2_000
# So much of an address decides: the cursors of thirty pages stand in the address of a page.
_ADDRESS_CHARACTERS = 40

# Every message lies above it.
_TO_THE_END: Place = (-LARGEST, 0)

_OF_ANOTHER_ORDER = "This page address is of another order; start again from the first page."


class Arrangement(Protocol):
    """The matches of one search in one order."""

    def after(self, cursor: Cursor | None) -> Iterator[Placed]:
        """Those after a place, up to where time has run out. Raises CursorError."""

    def keys_among(self, ids: Sequence[int]) -> dict[int, Key]:
        """Where each of these messages stands; those that are no match are left out."""

    @property
    def stopped(self) -> Placed | None:
        """The last one looked at, where time has run out; None when all were looked at."""

    @property
    def among_newest(self) -> int | None:
        """How many of the newest are arranged, where there are more; else None."""

    @property
    def edge(self) -> Place | None:
        """How far other pages of the list are to look; None where that is not to be told."""


def arrange(
    connection: Connection,
    expression: Expression,
    names: Names,
    order: Order,
    *,
    cursor: Cursor | None,
    look_seconds: float | None,
    step: int | None = None,
) -> tuple[Finder, Arrangement]:
    """Who finds all of them, and who arranges what is found for the page after a cursor."""
    if order in (Order.LARGEST, Order.SENDER):
        # All that can be arranged are wanted at once, and are looked at once for all.
        edge = None if cursor is None else cursor.edge
        finder = Finder(connection, expression, names, step=COUNTED + 1, down_to=edge)
        keys = _sizes if order is Order.LARGEST else _senders
        return finder, _ByKey(connection, finder, keys, edge)
    everything = Finder(
        connection,
        expression,
        names,
        step=step,
        look_seconds=look_seconds,
        oldest=order is Order.OLDEST,
    )
    if order is Order.OLDEST:
        undated = everything.narrowed(Undated(), step=step)
        return everything, _ByRank([everything, undated], oldest=True)
    if order is Order.BEST and (best := _said_in_subject(expression)) is not None:
        finders = [everything.narrowed(part, step=step) for part in (best, Not(best))]
        return everything, _ByRank(finders)
    return everything, _ByRank([everything])


class _ByRank:
    """One finder for each rank, best first; within a rank by time."""

    among_newest: int | None = None
    edge: Place | None = None

    def __init__(self, finders: Sequence[Finder], *, oldest: bool = False) -> None:
        self._finders = finders
        self._oldest = oldest

    def after(self, cursor: Cursor | None) -> Iterator[Placed]:
        if cursor is not None and cursor.rank not in (0, 1):
            raise CursorError(_OF_ANOTHER_ORDER)
        reached = 0 if cursor is None else int(cursor.rank)
        for rank, finder in enumerate(self._finders):
            if rank < reached:
                continue
            place = self._first_place(rank)
            if cursor is not None and rank == reached:
                place = (cursor.sort_at, cursor.id)
            yield from ((rank, found) for found in finder.in_time(place))
            if finder.stopped_at is not None:
                return

    def _first_place(self, rank: int) -> tuple[int, int] | None:
        """Where a rank begins. Mail without a date is no older than other mail: it comes last."""
        return (UNDATED, LARGEST) if self._oldest and rank == 0 else None

    def keys_among(self, ids: Sequence[int]) -> dict[int, Key]:
        if self._oldest:
            found = self._finders[0].among(ids)
            return {one.id: (int(one.sort_at == UNDATED), one.sort_at, one.id) for one in found}
        keys: dict[int, Key] = {}
        for rank, finder in enumerate(self._finders):
            for one in finder.among(ids):
                keys.setdefault(one.id, (rank, -one.sort_at, -one.id))
        return keys

    @property
    def stopped(self) -> Placed | None:
        for rank, finder in enumerate(self._finders):
            if finder.stopped_at is not None:
                return rank, finder.stopped_at
        return None


class _ByKey:
    """The newest matches by what a column says of them, newest first where it says the same."""

    stopped: Placed | None = None

    def __init__(
        self,
        connection: Connection,
        finder: Finder,
        keys_of: Callable[[Connection, Sequence[int]], dict[int, Rank]],
        edge: Place | None,
    ) -> None:
        self._connection = connection
        self._finder = finder
        self._keys_of = keys_of
        self._standing: dict[int, Key] | None = None
        self.edge = edge
        self.among_newest: int | None = None

    def after(self, cursor: Cursor | None) -> Iterator[Placed]:
        found = self._gathered()
        standing = self._standing = self._keys(found)
        by_id = {one.id: one for one in found}
        keys = sorted(standing.values())
        if keys and cursor is not None and type(cursor.rank) is not type(keys[0][0]):
            raise CursorError(_OF_ANOTHER_ORDER)
        past = None if cursor is None else (cursor.rank, -cursor.sort_at, -cursor.id)
        yield from ((key[0], by_id[-key[2]]) for key in keys if past is None or key > past)

    def _gathered(self) -> list[Found]:
        if self.edge is None:
            more = list(islice(self._finder.in_time(), COUNTED + 1))
            found = more[:COUNTED]
            last = found[-1] if len(more) > COUNTED else self._finder.stopped_at
            self.edge = _TO_THE_END if last is None else (last.sort_at, last.id)
        else:  # what came in meanwhile is among them too
            found = list(islice(self._finder.in_time(), 2 * COUNTED))
        self.among_newest = None if self.edge == _TO_THE_END else len(found)
        return found

    def keys_among(self, ids: Sequence[int]) -> dict[int, Key]:
        # A match that is not among the newest stands nowhere in the list.
        standing = self._standing or {}
        return {key: standing[key] for key in ids if key in standing}

    def _keys(self, found: Sequence[Found]) -> dict[int, Key]:
        known = self._keys_of(self._connection, [one.id for one in found])
        return {one.id: (known[one.id], -one.sort_at, -one.id) for one in found if one.id in known}


def _sizes(connection: Connection, ids: Sequence[int]) -> dict[int, Rank]:
    """Largest first."""
    row = message_search.c
    found: dict[int, Rank] = {}
    for at in range(0, len(ids), _KEYS_PER_STATEMENT):
        some = row.id.in_(ids[at : at + _KEYS_PER_STATEMENT])
        rows = connection.execute(select(row.id, row.size).where(some))
        found.update({key: -size for key, size in rows})
    return found


def _senders(connection: Connection, ids: Sequence[int]) -> dict[int, Rank]:
    """By address, in any case of letters; mail without one comes last."""
    row = message.c
    found: dict[int, Rank] = {}
    for at in range(0, len(ids), _KEYS_PER_STATEMENT):
        some = row.id.in_(ids[at : at + _KEYS_PER_STATEMENT])
        for key, written in connection.execute(select(row.id, row.sender_address).where(some)):
            found[key] = f"0{written.lower()[:_ADDRESS_CHARACTERS]}" if written else "1"
    return found


def _said_in_subject(expression: Expression) -> Expression | None:
    """That the subject holds all the words that may stand anywhere; None if there are none."""
    words: list[Words] = [one for one in wanted_words(expression) if one.field is None]
    if not words:
        return None
    return And(tuple(replace(one, field=Field.SUBJECT) for one in words))
