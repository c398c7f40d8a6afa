"""The messages that meet an expression, as narrow rows: all of a few, or some of many, in time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile
from math import inf

from sqlalchemy import ColumnElement, Connection, func, select

from store.candidates import Candidates
from store.checking import holds
from store.cursor import Place
from store.documents import load_documents
from store.expression import And, Condition, Expression, Sent, Words
from store.matching import Names, plan
from store.narrow_rows import Found
from store.phrases import check_phrases
from store.results import Count
from store.sql import room_of
from store.tables_mail import UNDATED, message_search

# Matches are counted exactly up to here. Also the most that are ever sorted in one piece.
COUNTED = 10_000
# Where the index alone cannot tell, messages are looked at one by one: so many for a count.
CHECKED = 1_000
# How long a page may look at messages, if nobody says otherwise, before it shows what it has
# found and offers to go on.
LOOK_SECONDS = 2.0
_STEP = 200


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
        down_to: Place | None = None,
        oldest: bool = False,
    ) -> None:
        """The newest first, or the `oldest`; `step` candidates are fetched at once, many for who
        wants many; only `among` some thousands of messages at most.

        Candidates that have to be looked at one by one are looked at for `look_seconds`. Of the
        newest first those `down_to` a place in time are found alone, and are all looked at.
        """
        self._connection = connection
        index = room_of(connection.dialect.name).index_of(connection)
        self._plan = plan(expression, names=names, index=index)
        self._source = Candidates(
            connection,
            self._plan,
            index,
            step=step or _STEP,
            counted=COUNTED,
            # Of those to be looked at one by one, not many more are worth fetching.
            most=min(COUNTED, 2 * CHECKED) if self._plan.unsure else COUNTED,
            among=among,
            oldest=oldest,
        )
        self._oldest = oldest
        self._look_seconds = LOOK_SECONDS if look_seconds is None else look_seconds
        self._down_to = down_to
        self._begun = time.monotonic()
        self._expression = expression
        self._names = names
        self._checked: dict[int, bool] = {}
        self._tape: list[Found] = []
        self._untaped = self._source.after(None)
        self.stopped_at: Found | None = None  # the last one looked at, when time was up

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
        finder = Finder(
            self._connection,
            expression,
            self._names,
            step=COUNTED,
            among=ids,
            look_seconds=inf,
        )
        return list(finder.in_time())

    def count(self, *, known: int = 0) -> Count:
        """How many there are, exactly up to a limit, and as far as there is time to look.

        `known` are found already, by whoever asks.
        """
        if not self._plan.unsure:
            number = self._source.number
            return Count(min(number, COUNTED), number > COUNTED)
        candidates, looked_at, kept = self._candidates(None), 0, 0
        most = max(CHECKED, len(self._tape))
        while some := list(islice(candidates, min(_STEP, most - looked_at))):
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
        if (edge := self._down_to) is not None:
            candidates = takewhile(lambda row: (row.sort_at, row.id) >= edge, candidates)
        if not self._plan.unsure:
            yield from candidates
        last = None
        while chunk := list(islice(candidates, _STEP)):
            if last is not None and self._is_late():
                self.stopped_at = last
                return
            yield from self._kept(chunk)
            last = chunk[-1]

    def _candidates(self, below: tuple[int, int] | None) -> Iterator[Found]:
        """What may match, in time; whatever is to be looked at is fetched only once."""
        if below is not None or not self._plan.unsure:
            yield from self._source.after(below)
            return
        at = 0
        while at < len(self._tape) or self._wind():
            yield self._tape[at]
            at += 1

    def _is_late(self) -> bool:
        spent = time.monotonic() - self._begun
        return self._down_to is None and spent > self._look_seconds

    def _wind(self) -> bool:
        """One more candidate onto the tape, unless there is none."""
        new = next(self._untaped, None)
        if new is not None:
            self._tape.append(new)
        return new is not None

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
