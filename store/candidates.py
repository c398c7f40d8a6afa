"""Messages that may meet an expression, as the index and the columns tell: in time, as narrow rows.

Of a few the number is told and they are sorted in one piece; of many the newest are fetched month
by month, so that the price depends on how many are wanted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from store.cursor import LARGEST
from store.matching import Plan
from store.narrow_rows import Found, below_place, by_time, window_of
from store.sql.carrying import Index
from store.sql.tree import AllOf, Token, Tree
from store.tables_mail import message_search

# So many messages take PostgreSQL some 15 ms to gather before it names the first of them.
VERY_MANY = 100_000
_MONTHS_FIRST = 2


class _Probed(NamedTuple):
    """What the first look has found."""

    number: int  # of candidates; of very many, just too many
    newest: list[Found]  # empty when there are too many


class Candidates:
    """What a plan leaves to choose from."""

    def __init__(
        self,
        connection: Connection,
        plan: Plan,
        index: Index,
        *,
        step: int,
        counted: int,
        most: int,
        among: Sequence[int] | None,
        oldest: bool,
    ) -> None:
        """Fetch `step` at once, many for who wants many; count up to `most`, and sort so many in
        one piece, though never more than `counted`."""
        self._connection = connection
        self._plan = plan
        self._index = index
        self._step = step
        self._counted = counted
        self._most = most
        self._among = among  # only these messages, some thousands at most
        self._oldest = oldest  # first; else the newest
        self._probed: dict[tuple[int, int] | None, _Probed] = {}

    def after(self, below: tuple[int, int] | None) -> Iterator[Found]:
        """Those after a place (sort_at, id) in time; all, for None."""
        if self._plan.tree is not None and self._goes_by_windows:
            yield from self._by_windows(self._plan.tree, below)
            return
        probed = self._probe(below)
        if probed.number <= self._most:
            yield from probed.newest
            if len(probed.newest) == self._step:
                last = probed.newest[-1]
                yield from self._ordered(self._plan.tree, (last.sort_at, last.id))
        elif self._plan.tree is None:
            yield from self._ordered(None, below)
        else:
            yield from self._by_windows(self._plan.tree, below)

    @property
    def number(self) -> int:
        """How many there are, or one more than are counted; of a place that was asked for."""
        return (next(iter(self._probed.values()), None) or self._probe(None)).number

    def _probe(self, below: tuple[int, int] | None) -> _Probed:
        """Count up to one more than `_most` candidates; of no more than that, the newest too.

        In one statement, so that the index is read once, and only what is shown is sent over.
        """
        if below not in self._probed and self._are_very_many():
            self._probed[below] = _Probed(self._most + 1, [])
        if below not in self._probed:
            some = self._wanted(self._plan.tree).limit(self._most + 1).cte("some")
            counted = select(func.count().label("number")).select_from(some).subquery("counted")
            newest = select(some).where(*self._after(below, some.c)).limit(self._step)
            newest = newest.order_by(*by_time(some.c, oldest=self._oldest))
            sent = newest.subquery("newest")
            few = counted.c.number <= self._most
            rows = self._connection.execute(
                select(counted.c.number, sent).select_from(counted.outerjoin(sent, few))
            ).all()
            found = [Found(*row[1:]) for row in rows if row[1] is not None]
            found.sort(reverse=not self._oldest)
            self._probed[below] = _Probed(rows[0][0], found)
        return self._probed[below]

    @cached_property
    def _guess(self) -> int:
        """About how many there are, if the index would gather all before it names the first."""
        # Columns could leave few of the many; that mail is not deleted leaves nearly all.
        narrowed = self._among is not None or len(self._plan.conditions) > 1
        tree = self._plan.tree
        return 0 if tree is None or narrowed else self._index.guess(tree)

    @property
    def _goes_by_windows(self) -> bool:
        """True where looking whether they are few would most likely be in vain.

        Whoever wants many at once asks nobody for their number.
        """
        return self._guess > (2 * self._counted if self._step >= self._counted else VERY_MANY)

    def _are_very_many(self) -> bool:
        """True when more candidates than `_most` are found in the newest years already."""
        tree, number, below = self._plan.tree, 0, None
        if tree is None or self._guess <= VERY_MANY:
            return False
        while number <= self._most and (first := self._first_after(below)) is not None:
            token, since, until = window_of(first, whole_year=True)
            some = self._wanted(AllOf((tree, Token(token)))).limit(self._most + 1).subquery("some")
            counted = select(func.count()).select_from(some)
            number += self._connection.execute(counted).scalar_one()
            below = self._beyond(since, until)
        return number > self._most

    def _by_windows(self, tree: Tree, below: tuple[int, int] | None) -> Iterator[Found]:
        """Month by month at first, then year by year, skipping those without any mail."""
        windows = met = 0
        while (first := self._first_after(below)) is not None:
            token, since, until = window_of(first, whole_year=windows >= _MONTHS_FIRST)
            window = AllOf((tree, Token(token)))
            for row in self._ordered(window, below, span=(since, until), met=met):
                yield row
                met += 1
            below, windows = self._beyond(since, until), windows + 1

    def _ordered(
        self,
        tree: Tree | None,
        below: tuple[int, int] | None,
        *,
        span: tuple[int, int] | None = None,
        met: int = 0,
    ) -> Iterator[Found]:
        # No more than are wanted still, where all that are met are kept.
        step = self._step - met if met < self._step and not self._plan.unsure else self._step
        while True:
            rows = self._rows(tree=tree, below=below, span=span, limit=step)
            yield from rows
            if len(rows) < step:
                return
            below = (rows[-1].sort_at, rows[-1].id)
            # Each fetch asks the index for the whole window anew: who goes on wants many.
            step = min(step * 2, self._counted)

    def _after(
        self, below: tuple[int, int] | None, row: ReadOnlyColumnCollection[str, Any]
    ) -> list[ColumnElement[bool]]:
        return below_place(below, row, oldest=self._oldest)

    def _beyond(self, since: int, until: int) -> tuple[int, int]:
        """The last place of a window, in the order of this finder."""
        return (until - 1, LARGEST) if self._oldest else (since, 0)

    def _first_after(self, below: tuple[int, int] | None) -> int | None:
        row = message_search.c
        first = select(row.sort_at).order_by(*by_time(row, oldest=self._oldest)).limit(1)
        return self._connection.scalar(first.where(*self._after(below, row)))

    def _rows(
        self,
        *,
        tree: Tree | None,
        limit: int,
        below: tuple[int, int] | None = None,
        span: tuple[int, int] | None = None,
    ) -> list[Found]:
        # The index is read first: the order of dates would tempt Postgres to look into each
        # message of a month instead.
        found = self._wanted(tree).cte("found").prefix_with("MATERIALIZED", dialect="postgresql")
        row = message_search.c if tree is None else found.c
        wanted = self._wanted(tree) if tree is None else select(found)
        wanted = wanted.where(*self._after(below, row)).limit(limit)
        if span is not None:
            since, until = span
            wanted = wanted.where(row.sort_at < until if self._oldest else row.sort_at >= since)
        wanted = wanted.order_by(*by_time(row, oldest=self._oldest))
        # All at once: row by row takes the driver three times as long.
        return list(map(Found._make, self._connection.execute(wanted).all()))

    def _wanted(self, tree: Tree | None) -> Select[int, int, int]:
        row = message_search.c
        source, matches = self._index.source(tree)
        found: Select[int, int, int] = select(row.sort_at, row.id, row.sender)
        found = found.select_from(source).where(matches, *self._plan.conditions)
        return found if self._among is None else found.where(row.id.in_(self._among))
