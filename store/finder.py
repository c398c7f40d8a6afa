"""The messages that meet an expression, as narrow rows: all of a few, or the newest of many."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select, tuple_

from store.checking import holds
from store.documents import load_documents
from store.expression import And, Condition, Expression, Words
from store.matching import Names, plan
from store.phrases import check_phrases
from store.results import Count
from store.sql import room_of
from store.sql.tree import AllOf, Token, Tree
from store.tables_mail import UNDATED, message_search
from store.tokens import month_token, year_token

# Matches are counted exactly up to here. Also the most that are ever sorted in one piece.
COUNTED = 10_000
# Where the index alone cannot tell, messages are looked at one by one: so many for a count.
CHECKED = 1_000
# How long a page may look at messages before it shows what it has found and offers to go on.
LOOK_SECONDS = 2.0
_STEP = 200
_MONTHS_FIRST = 2


class Found(NamedTuple):
    """One match: enough to sort it, to page by it, to count it by year, sender and upload."""

    sort_at: int
    id: int
    sender: int


class Finder:
    """Finds what meets one expression; remembers what it has looked at."""

    def __init__(
        self,
        connection: Connection,
        expression: Expression,
        names: Names,
        *,
        step: int = _STEP,
        among: Sequence[int] | None = None,
    ) -> None:
        self._connection = connection
        self._step = step  # candidates fetched at once; many for who wants many
        self._room = room_of(connection.dialect.name)
        self._plan = plan(expression, names=names, dialect=connection.dialect.name)
        self._among = among  # only these messages, some thousands at most
        self._expression = expression
        self._names = names
        self._checked: dict[int, bool] = {}
        self.stopped_at: Found | None = None  # the last one looked at, when time was up

    @cached_property
    def _probe(self) -> list[Found]:
        """Up to one more than `_most` candidates, whichever come first."""
        return self._rows(tree=self._plan.tree, limit=self._most + 1)

    @property
    def _most(self) -> int:
        """How many are worth fetching: of those to be looked at one by one, not many more."""
        return min(COUNTED, 2 * CHECKED) if self._plan.unsure else COUNTED

    @property
    def are_few(self) -> bool:
        """True when the probe holds everything."""
        return len(self._probe) <= self._most

    def among(self, ids: Sequence[int]) -> list[Found]:
        """Those of some messages that match, newest first."""
        finder = Finder(self._connection, self._expression, self._names, among=ids)
        return list(finder.newest_first())

    def count(self) -> Count:
        """How many there are, exactly up to a limit."""
        if not self._plan.unsure:
            return Count(min(len(self._probe), COUNTED), not self.are_few)
        looked_at = list(islice(self._candidates(None), CHECKED + 1))
        kept = len(list(self._kept(looked_at[:CHECKED])))
        return Count(kept, len(looked_at) > CHECKED)

    def newest_first(self, below: tuple[int, int] | None = None) -> Iterator[Found]:
        """Matches from the newest to the oldest, those before `below` (sort_at, id) only.

        Where candidates have to be looked at one by one, it ends when that has taken
        `LOOK_SECONDS`, and says in `stopped_at` how far it came.
        """
        candidates, begun = self._candidates(below), time.monotonic()
        while chunk := list(islice(candidates, _STEP)):
            yield from self._kept(chunk)
            if self._plan.unsure and time.monotonic() - begun > LOOK_SECONDS:
                self.stopped_at = chunk[-1]
                return

    def _candidates(self, below: tuple[int, int] | None) -> Iterator[Found]:
        if self.are_few:
            newest = sorted(self._probe, reverse=True)
            return (row for row in newest if below is None or (row.sort_at, row.id) < below)
        if self._plan.tree is None:
            return self._ordered(None, below, since=UNDATED)
        return self._by_windows(self._plan.tree, below)

    def _by_windows(self, tree: Tree, below: tuple[int, int] | None) -> Iterator[Found]:
        """Month by month at first, then year by year, skipping those without any mail."""
        windows = 0
        while (newest := self._newest_below(below)) is not None:
            token, since = _window(newest, whole_year=windows >= _MONTHS_FIRST)
            yield from self._ordered(AllOf((tree, Token(token))), below, since=since)
            below, windows = (since, 0), windows + 1

    def _ordered(
        self, tree: Tree | None, below: tuple[int, int] | None, *, since: int
    ) -> Iterator[Found]:
        step = self._step
        while True:
            rows = self._rows(tree=tree, below=below, since=since, ordered=True, limit=step)
            yield from rows
            if len(rows) < step:
                return
            below = (rows[-1].sort_at, rows[-1].id)
            # Each fetch asks the index for the whole window anew: who goes on wants many.
            step = min(step * 2, COUNTED)

    def _newest_below(self, below: tuple[int, int] | None) -> int | None:
        row = message_search.c
        newest = select(row.sort_at).order_by(row.sort_at.desc(), row.id.desc()).limit(1)
        found = self._connection.execute(newest.where(*_below(below)))
        sort_at: int | None = found.scalar_one_or_none()
        return sort_at

    def _rows(
        self,
        *,
        tree: Tree | None,
        limit: int,
        below: tuple[int, int] | None = None,
        since: int = UNDATED,
        ordered: bool = False,
    ) -> list[Found]:
        row = message_search.c
        source, matches = self._room.source(tree)
        wanted = select(row.sort_at, row.id, row.sender).select_from(source).where(matches)
        wanted = wanted.where(*self._plan.conditions, *_below(below)).limit(limit)
        if self._among is not None:
            wanted = wanted.where(row.id.in_(self._among))
        if since != UNDATED:
            wanted = wanted.where(row.sort_at >= since)
        if ordered:
            wanted = wanted.order_by(row.sort_at.desc(), row.id.desc())
        return [Found(*found) for found in self._connection.execute(wanted)]

    def _kept(self, candidates: Sequence[Found]) -> Iterable[Found]:
        if not self._plan.unsure:
            return candidates
        new = [row.id for row in candidates if row.id not in self._checked]
        if new:
            self._check(new)
        return [row for row in candidates if self._checked[row.id]]

    def _check(self, ids: Sequence[int]) -> None:
        phrases = [part for part in self._plan.unsure if isinstance(part, Words)]
        if len(phrases) == len(self._plan.unsure):
            self._checked.update(check_phrases(self._connection, ids, phrases))
            ids = [key for key in ids if key not in self._checked]
        known = self._known(ids)
        whole = And(self._plan.unsure)
        documents = load_documents(self._connection, ids)
        for key in ids:
            document = documents.get(key)
            self._checked[key] = document is not None and holds(whole, document, known[key])

    def _known(self, ids: Sequence[int]) -> dict[int, dict[Condition, bool]]:
        """What only columns know of each message, for conditions that are to be checked."""
        asked = self._plan.known_by_columns
        if not asked:
            return {key: {} for key in ids}
        columns: list[ColumnElement[bool]] = list(asked.values())
        rows = self._connection.execute(
            select(message_search.c.id, *columns).where(message_search.c.id.in_(ids))
        )
        return {row[0]: dict(zip(asked, map(bool, row[1:]), strict=True)) for row in rows}


def _below(below: tuple[int, int] | None) -> list[ColumnElement[bool]]:
    if below is None:
        return []
    return [tuple_(message_search.c.sort_at, message_search.c.id) < tuple_(*below)]


def _window(newest: int, *, whole_year: bool) -> tuple[str, int]:
    """The token and the beginning of the month or year in which `newest` lies."""
    if newest == UNDATED:
        return year_token(None), UNDATED
    at = datetime.fromtimestamp(newest, UTC)
    if whole_year:
        return year_token(at.year), int(datetime(at.year, 1, 1, tzinfo=UTC).timestamp())
    begin = datetime(at.year, at.month, 1, tzinfo=UTC)
    return month_token(at.year, at.month), int(begin.timestamp())
