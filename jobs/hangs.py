"""Workers that look well and do nothing, though work is due: on a job they took, or between two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jobs.frozen import find_frozen
from jobs.link import QueueLink
from jobs.sightings import Sighting
from jobs.stalls import Stall, find_stalls
from store.chunks import AttemptView
from store.database import Database


@dataclass(frozen=True, slots=True)
class Hangs:
    """By name: whose work-horse claims nothing, and who has not moved at least since when."""

    stalls: Mapping[str, Stall] = field(default_factory=dict)
    frozen: Mapping[str, datetime] = field(default_factory=dict)


def find_hangs(
    database: Database,
    link: QueueLink,
    seen: Sequence[Sighting],
    running: Sequence[AttemptView],
    *,
    hanging: int | None,
    unmoved_since: datetime | None,
    now: datetime,
) -> Hangs:
    """Who does nothing although there is something to do; to be asked while work is due.

    `hanging` bells are in the queue; `unmoved_since` is when last anything was done about it.
    """
    odd, working = busy_without_attempt(seen, running), {one.worker for one in running}
    resting = [one for one in seen if one.is_resting and one.name not in working]
    puzzling = [one for one in seen if one.name in odd]
    stalls = find_stalls(database, link.redis, puzzling, now=now) if odd else {}
    if not resting:
        return Hangs(stalls)
    frozen = find_frozen(
        link.redis, resting, hanging=hanging or 0, unmoved_since=unmoved_since, now=now
    )
    return Hangs(stalls, frozen)


def busy_without_attempt(seen: Iterable[Sighting], running: Iterable[AttemptView]) -> set[str]:
    """Living workers that say they are busy and have no attempt."""
    busy = {one.name for one in seen if one.is_busy and one.subscribed}
    return busy - {one.worker for one in running}
