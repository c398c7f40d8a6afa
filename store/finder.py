"""The messages that meet an expression, as narrow rows: all of a few, or some of many, in time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from store.checking import holds
from store.cursor import LARGEST
from store.documents import load_documents
from store.expression import And, Condition, Expression, Sent, Words
from store.matching import Names, plan
from store.narrow_rows import Found, below_place, by_time, window_of
from store.phrases import check_phrases
from store.results import Count
from store.sql import room_of
from store.sql.tree import AllOf, Token, Tree
from store.tables_mail import UNDATED, message_search

# Matches are counted exactly up to here. Also the most that are ever sorted in one piece.
COUNTED = 10_000
# So many messages take PostgreSQL some 15 ms to gather before it names the first of them.
VERY_MANY = 100_000
# Where the index alone cannot tell, messages are looked at one by one: so many for a count.
CHECKED = 1_000
# How long a page may look at messages, if nobody says otherwise, before it shows what it has
# found and offers to go on.
LOOK_SECONDS = 2.0
_STEP = 200
_MONTHS_FIRST = 2


class _Probed(NamedTuple):
    """What the first look has found."""

    number: int  # of candidates; of very many, just too many
    newest: list[Found]  # empty when there are too many


class Finder:
    """Finds what meets one expression; remembers what it has looked at."""

    def __init__(
        self,
        connection: Connection,
        expression: Expression,
        names: Names,
        *,
        step: int | None = None,
        among: Sequence[int] | None = None,
        look_seconds: float | None = None,
        oldest: bool = False,
    ) -> None:
        self._connection = connection
        self._step = step or _STEP  # candidates fetched at once; many for who wants many
        self._index = room_of(connection.dialect.name).index_of(connection)
        self._plan = plan(expression, names=names, index=self._index)
        self._among = among  # only these messages, some thousands at most
        self._oldest = oldest  # first; else the newest
        self._look_seconds = LOOK_SECONDS if look_seconds is None else look_seconds
        self._begun = time.monotonic()
        self._expression = expression
        self._names = names
        self._checked: dict[int, bool] = {}
        self._probed: dict[tuple[int, int] | None, _Probed] = {}
        self._tape: list[Found] = []
        self._source = self._fetched(None)
        self.stopped_at: Found | None = None  # the last one looked at, when time was up

    @property
    def _most(self) -> int:
        """How many are worth fetching: of those to be looked at one by one, not many more."""
        return min(COUNTED, 2 * CHECKED) if self._plan.unsure else COUNTED

    def narrowed(self, part: Expression, *, step: int | None = None) -> Finder:
        """Who finds, of the same, what meets one more expression."""
        return Finder(
            self._connection,
            And((self._expression, part)),
            self._names,
            step=step,
            look_seconds=self._look_seconds,
            oldest=self._oldest,
        )

    def among(self, ids: Sequence[int]) -> list[Found]:
        """Those of some messages that match, newest first."""
        row = message_search.c
        span = select(func.min(row.sort_at), func.max(row.sort_at)).where(row.id.in_(ids))
        first, last = self._connection.execute(span).one()
        expression = self._expression
        if first is not None and first != UNDATED:
            # Of the index, only the months in which they were sent are read.
            expression = And((expression, Sent(first, last + 1)))
        finder = Finder(self._connection, expression, self._names, step=COUNTED, among=ids)
        return list(finder.in_time())

    def count(self, *, known: int = 0) -> Count:
        """How many there are, exactly up to a limit, and as far as there is time to look.

        `known` are found already, by whoever asks.
        """
        if not self._plan.unsure:
            number = self._any_probe().number
            return Count(min(number, COUNTED), number > COUNTED)
        candidates, looked_at, kept = self._candidates(None), 0, 0
        while some := list(islice(candidates, min(_STEP, CHECKED - looked_at))):
            kept += len(self._kept(some))
            looked_at += len(some)
            if looked_at >= len(self._tape) and self._is_late():
                break
        more = next(candidates, None) is not None
        return Count(max(kept, known) if more else kept, more)

    def in_time(self, below: tuple[int, int] | None = None) -> Iterator[Found]:
        """Matches from the newest to the oldest, or the other way, those after `below` (sort_at,
        id) only.

        Where candidates have to be looked at one by one, it ends when that has taken its time,
        and says in `stopped_at` how far it came.
        """
        candidates = self._candidates(below)
        if not self._plan.unsure:
            yield from candidates
        while chunk := list(islice(candidates, _STEP)):
            yield from self._kept(chunk)
            if self._is_late():
                self.stopped_at = chunk[-1]
                return

    def _candidates(self, below: tuple[int, int] | None) -> Iterator[Found]:
        """What may match, in time; whatever is to be looked at is fetched only once."""
        if below is not None or not self._plan.unsure:
            yield from self._fetched(below)
            return
        at = 0
        while at < len(self._tape) or self._wind():
            yield self._tape[at]
            at += 1

    def _is_late(self) -> bool:
        return time.monotonic() - self._begun > self._look_seconds

    def _wind(self) -> bool:
        """One more candidate onto the tape, unless there is none."""
        new = next(self._source, None)
        if new is not None:
            self._tape.append(new)
        return new is not None

    def _fetched(self, below: tuple[int, int] | None) -> Iterator[Found]:
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

    def _any_probe(self) -> _Probed:
        return next(iter(self._probed.values()), None) or self._probe(None)

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
        return self._guess > (2 * COUNTED if self._step >= COUNTED else VERY_MANY)

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
            step = min(step * 2, COUNTED)

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

    def _kept(self, candidates: Sequence[Found]) -> list[Found]:
        if new := [row.id for row in candidates if row.id not in self._checked]:
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
        row = message_search.c
        rows = self._connection.execute(select(row.id, *columns).where(row.id.in_(ids)))
        return {row[0]: dict(zip(asked, map(bool, row[1:]), strict=True)) for row in rows}
