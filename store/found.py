"""What an act on all that a search finds would touch: the dry run, bounded like every count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, func, select

from store.bounded import bounded
from store.finder import COUNTED, Finder
from store.messages import Kind
from store.names import find_names
from store.own_labels import bearing_own
from store.query import parse
from store.results import Count
from store.tables_mail import message, message_search

_KEYS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundWeight:
    """What matches. Everything but `count` is of the newest that were looked at only."""

    count: Count
    looked_at: int
    bearing: int  # those that bear the label already
    size: int  # bytes
    quarantined: int


def weigh_found(
    connection: Connection, query_text: str, *, label: str | None, now: datetime
) -> FoundWeight:
    """Count without changing anything, over the newest 10,000 at most.

    Raises what `store.search.search` raises.
    """
    query = parse(query_text, now=now)
    with bounded(connection):
        names = find_names(connection, query.expression)
        finder = Finder(connection, query.expression, names, step=COUNTED)
        found = [one.id for one in islice(finder.in_time(), COUNTED + 1)]
        ids = found[:COUNTED]
        size, quarantined = _sums(connection, ids)
        return FoundWeight(
            count=Count(len(ids), len(found) > COUNTED or finder.stopped_at is not None),
            looked_at=len(ids),
            bearing=bearing_own(connection, ids, label) if label else 0,
            size=size,
            quarantined=quarantined,
        )


def _sums(connection: Connection, ids: Sequence[int]) -> tuple[int, int]:
    size = quarantined = 0
    for at in range(0, len(ids), _KEYS_AT_ONCE):
        some = ids[at : at + _KEYS_AT_ONCE]
        total = select(func.coalesce(func.sum(message_search.c.size), 0))
        size += int(connection.execute(total.where(message_search.c.id.in_(some))).scalar_one())
        aside = select(func.count()).select_from(message).where(message.c.id.in_(some))
        held = aside.where(message.c.kind == Kind.QUARANTINED)
        quarantined += connection.execute(held).scalar_one()
    return size, quarantined
