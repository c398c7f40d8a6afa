"""The ends of what errands have retried, for the audit log.

An errand that retries is done once the chunks are put back; what they come to is known when the
last of them has ended. Then, once, an entry of its own says it.
"""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, func, select

from store.audit import record
from store.errands import Errand, ErrandKind, ErrandState, find_errand, note_place
from store.retrying import Aftermath, aftermaths
from store.tables_watch import errand

KINDS = (ErrandKind.RETRY_FAILED, ErrandKind.RETRY_JOBS)
OVER = "errand.over"
# In the place of an errand whose end is still to be told.
_UNTOLD = "end_untold"
# Only of so many errands back: that one of them still runs, after all that came since, is rare.
_LOOKED_THROUGH = 200


def note_untold(connection: Connection, asked: Errand) -> None:
    """An errand has put chunks back: its end is to be told."""
    found = find_errand(connection, asked.id)
    if asked.kind in KINDS and found is not None and found.done:
        note_place(connection, asked.id, {**found.place, _UNTOLD: True})


def ended_untold(connection: Connection) -> list[tuple[int, Aftermath]]:
    """The errands whose chunks have all come to an end, which nobody was told yet."""
    latest = select(func.max(errand.c.id)).scalar_subquery()
    rows = connection.execute(
        select(errand.c.id, errand.c.done, errand.c.place)
        .where(errand.c.id > latest - _LOOKED_THROUGH, errand.c.kind.in_(KINDS))
        .where(errand.c.state == ErrandState.DONE, errand.c.place.is_not(None))
        .order_by(errand.c.id)
    )
    untold = [(row.id, int(row.done)) for row in rows if _UNTOLD in json.loads(row.place)]
    found = aftermaths(connection, untold)
    return [(errand_id, one) for errand_id, one in found.items() if not one.open]


def tell_ends(connection: Connection, *, now: datetime) -> int:
    """Write the entries that are due; how many. To be repeated now and then."""
    ends = ended_untold(connection)
    for errand_id, came_to in ends:
        asked = find_errand(connection, errand_id)
        if asked is None:
            continue
        place = {name: kept for name, kept in asked.place.items() if name != _UNTOLD}
        note_place(connection, errand_id, place)
        record(
            connection,
            actor="system",
            action=OVER,
            subject=f"errand:{errand_id}",
            now=now,
            detail=_came_to(came_to),
        )
    return len(ends)


def _came_to(found: Aftermath) -> dict[str, int]:
    """Numbers of chunks; those that are none are left out."""
    told = {
        "succeeded": found.succeeded,
        "failed_again": found.failed,
        "cancelled": found.cancelled,
        "elsewhere": found.elsewhere,
    }
    return {name: number for name, number in told.items() if number or name == "succeeded"}
