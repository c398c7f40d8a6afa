"""Hits grouped by conversation: each stands once in the list, by its first hit, with their number.

Whether a hit is the first of its conversation depends on the query alone and not on the page, so
a page needs no memory of those before it: it walks the hits in their order and passes over
those of which an earlier one belongs to the same conversation.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection

from store.arrangement import Arrangement, Placed, arrange
from store.bounded import bounded
from store.conversations import conversations_of
from store.cursor import cursor_from
from store.database import READ_TIMEOUT_SECONDS
from store.expression import wanted_words
from store.hits import hits_of
from store.names import find_names
from store.query import parse
from store.results import FoundThread, Order, Results
from store.search import cursor_at, time_of

# So many hits are looked at together; the first block is about what a page needs.
BLOCK = 50
# As much as is gathered around one block. Larger conversations may be shown in pieces.
LARGEST_GATHERED = 5_000
# Further hits of a conversation that are shown below its first.
SHOWN_BELOW = 3
LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Group:
    """A conversation on its way to the page: its first hit, and all hits in their order."""

    first: Placed
    hits: tuple[int, ...]


class _Walk:
    """Goes through hits in their order and answers conversations, each at its first hit."""

    def __init__(
        self, connection: Connection, arrangement: Arrangement, *, look_seconds: float | None
    ) -> None:
        self._connection = connection
        self._arrangement = arrangement
        self._look_seconds = LOOK_SECONDS if look_seconds is None else look_seconds
        self.is_whole = True  # False: a conversation was too large to be gathered
        self.looked_at: Placed | None = None
        self.ran_out = False  # of time, before the hits came to an end

    def groups(self, hits: Iterator[Placed]) -> Iterator[_Group]:
        """Ends with the hits, or when that takes too long."""
        passed: set[int] = set()
        begun = time.monotonic()
        while block := list(islice(hits, BLOCK)):
            new = [hit for hit in block if hit[1].id not in passed]
            for hit, group in self._heads(new, passed):
                self.looked_at = hit
                if group is not None:
                    yield group
            self.looked_at = block[-1]
            if time.monotonic() - begun > self._look_seconds:
                self.ran_out = True
                return

    def _heads(
        self, hits: Sequence[Placed], passed: set[int]
    ) -> list[tuple[Placed, _Group | None]]:
        ids = [found.id for _, found in hits]
        members, is_whole = conversations_of(self._connection, ids, at_most=LARGEST_GATHERED)
        self.is_whole = self.is_whole and is_whole
        gathered = sorted(set(ids).union(*members.values()))
        placed = self._arrangement.keys_among(gathered) if gathered else {}
        answer: list[tuple[Placed, _Group | None]] = []
        for rank, found in hits:
            group = None
            if found.id not in passed:
                together = sorted(members[found.id] & placed.keys(), key=placed.__getitem__)
                passed.update(together)
                if not together or together[0] == found.id:
                    group = _Group(first=(rank, found), hits=tuple(together) or (found.id,))
            answer.append(((rank, found), group))
        return answer


def search_threads(
    connection: Connection,
    query_text: str,
    *,
    order: Order = Order.NEWEST,
    after: str | None = None,
    limit: int,
    look_seconds: float | None = None,
    now: datetime,
) -> Results:
    """One page of conversations with hits, `limit` of them. Raises what `search` raises.

    For `look_seconds` see there; grouping stops by itself after one.
    """
    query = parse(query_text, now=now)
    cursor = cursor_from(after) if after else None
    with bounded(connection):
        names = find_names(connection, query.expression)
        everything, arrangement = arrange(
            connection, query.expression, names, order, cursor=cursor, look_seconds=look_seconds
        )
        walk = _Walk(connection, arrangement, look_seconds=look_seconds)
        groups = list(islice(walk.groups(arrangement.after(cursor)), limit + 1))
        page = groups[:limit]
        shown = [key for group in page for key in group.hits[: 1 + SHOWN_BELOW]]
        hits = hits_of(connection, shown, wanted_words(query.expression))
        count = everything.count(known=len(hits))
    by_id = {hit.id: hit for hit in hits}
    threads = [
        FoundThread(
            hits=tuple(by_id[key] for key in group.hits[: 1 + SHOWN_BELOW] if key in by_id),
            number=len(group.hits),
        )
        for group in page
    ]
    stopped = None if len(groups) > limit else _stopped(walk, arrangement)
    last = page[-1].first if len(groups) > limit else stopped
    return Results(
        query=query.text,
        order=order,
        hits=hits,
        count=count,
        next=None if last is None else cursor_at(last, arrangement),
        chips=query.chips,
        unindexed=0,
        looked_back_to=None if stopped is None else time_of(stopped[1]),
        threads=tuple(thread for thread in threads if thread.hits),
        threads_are_whole=walk.is_whole,
        among_newest=arrangement.among_newest,
    )


def thread_keys(
    connection: Connection,
    query_text: str,
    *,
    order: Order = Order.NEWEST,
    after: str | None,
    limit: int,
    look_seconds: float | None = None,
    within: float = READ_TIMEOUT_SECONDS,
    now: datetime,
) -> tuple[list[tuple[int, ...]], str | None]:
    """One page of conversations, each as the keys of all its hits in order, and the cursor of
    the next page. Raises what `search_keys` raises."""
    query = parse(query_text, now=now)
    cursor = cursor_from(after) if after else None
    with bounded(connection, seconds=within):
        names = find_names(connection, query.expression)
        _, arrangement = arrange(
            connection, query.expression, names, order, cursor=cursor, look_seconds=look_seconds
        )
        walk = _Walk(connection, arrangement, look_seconds=look_seconds)
        groups = list(islice(walk.groups(arrangement.after(cursor)), limit + 1))
    page = groups[:limit]
    last = page[-1].first if len(groups) > limit else _stopped(walk, arrangement)
    return [group.hits for group in page], None if last is None else cursor_at(last, arrangement)


def _stopped(walk: _Walk, arrangement: Arrangement) -> Placed | None:
    """The hit at which time ran out; None when all were looked at."""
    return arrangement.stopped or (walk.looked_at if walk.ran_out else None)
