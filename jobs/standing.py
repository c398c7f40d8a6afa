"""How a worker stands, decided from what Redis and the database know of it. Pure.

Liveness is the subscription every living RQ worker holds; it survives a flush of Redis. What the
worker does is told by its attempt; whether it does it, by the attempt's beats and RQ's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from jobs.sightings import Sighting
from store.chunks import AttemptView
from store.states import Outcome

# An entry whose worker is not subscribed counts as dead for this long, then as a leftover.
GHOST_AFTER = timedelta(minutes=2)
# A heartbeat may be this much later than two of its periods: a fork, a slow disk, a full core.
BEAT_PATIENCE = timedelta(seconds=10)


class WorkerState(StrEnum):
    """What a worker is doing, or what became of it."""

    IDLE = "idle"  # no chunk is in its hands; it may be answering a bell, see `WorkerHealth`
    BUSY = "busy"
    DRAINING = "draining"
    LATE = "late"  # it, or its attempt, has missed beats
    STUCK = "stuck"  # it, or its work-horse, hangs: it was given up, claims nothing, or is frozen
    ELSEWHERE = "elsewhere"  # it serves other queues of the same Redis, and none of ours
    ASTRAY = "astray"  # it takes bells, and looks for their work elsewhere: see `jobs.strays`
    UNREGISTERED = "unregistered"  # alive, but Redis has forgotten it
    PRESUMED_DEAD = "presumed dead"
    ORPHANED_HORSE = "orphaned horse"  # its attempt still beats, its worker is gone
    GHOST_ENTRY = "ghost entry"  # nothing but an old record

    @property
    def takes_work(self) -> bool:
        """It takes the next chunk, or will as soon as it has done the one in hand."""
        return self in (WorkerState.IDLE, WorkerState.BUSY, WorkerState.UNREGISTERED)


# The order of the list: what needs a person first.
URGENCY = (
    WorkerState.PRESUMED_DEAD,
    WorkerState.STUCK,
    WorkerState.ASTRAY,
    WorkerState.ORPHANED_HORSE,
    WorkerState.LATE,
    WorkerState.UNREGISTERED,
    WorkerState.DRAINING,
    WorkerState.BUSY,
    WorkerState.IDLE,
    WorkerState.ELSEWHERE,
    WorkerState.GHOST_ENTRY,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """The moment that is judged, and for how long an attempt may be silent."""

    now: datetime
    late_after: timedelta

    def beats(self, attempt: AttemptView) -> bool:
        """The attempt was heard of in time."""
        return self.now - attempt.seen_at <= self.late_after

    def is_overdue(self, seen: Sighting) -> bool:
        """RQ's heartbeat is missing: the record is old, or ran out although it is listed."""
        if seen.beat_at is None:
            return seen.listed
        every = seen.beat_seconds(now=self.now)
        if every is None:
            return False
        return self.now - seen.beat_at > timedelta(seconds=every) * 2 + BEAT_PATIENCE


def state_of(
    seen: Sighting,
    *,
    attempt: AttemptView | None,
    last: AttemptView | None,
    hangs: bool,
    is_frozen: bool,
    watch: Watch,
) -> WorkerState:
    """`attempt` is what runs under this name, `last` what it ran before, where that was asked.

    `hangs`: it took a bell and claims nothing for it. `is_frozen`: it takes none.
    """
    if not seen.subscribed:
        return _state_of_the_gone(seen, attempt=attempt, watch=watch)
    if attempt is None and not seen.serves_us:
        return WorkerState.ELSEWHERE
    if is_frozen:
        return WorkerState.STUCK
    if attempt is not None and not watch.beats(attempt):
        return WorkerState.LATE
    if watch.is_overdue(seen):
        return WorkerState.LATE
    if attempt is None and seen.is_busy and (hangs or was_lost(last)):
        return WorkerState.STUCK
    if seen.asked_to_end_at is not None:
        return WorkerState.DRAINING
    if attempt is not None:
        return WorkerState.BUSY
    # RQ calls a worker busy also while it answers a bell for which there is nothing to do.
    return WorkerState.IDLE if seen.listed else WorkerState.UNREGISTERED


def was_lost(last: AttemptView | None) -> bool:
    """There is one, and it was given up."""
    return last is not None and last.outcome is Outcome.LOST


def _state_of_the_gone(seen: Sighting, *, attempt: AttemptView | None, watch: Watch) -> WorkerState:
    if attempt is not None:
        beats = watch.beats(attempt)
        return WorkerState.ORPHANED_HORSE if beats else WorkerState.PRESUMED_DEAD
    is_old = seen.beat_at is None or watch.now - seen.beat_at > GHOST_AFTER
    return WorkerState.GHOST_ENTRY if is_old else WorkerState.PRESUMED_DEAD
