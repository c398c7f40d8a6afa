"""How often a live part asks again, in seconds.

A part that is finished is sent without its trigger, and so ends by itself.
"""

from __future__ import annotations

from store.job_view import JobView
from store.states import JobState

MOVING = 2
WAITING = 5
RESTING = 10


def pace(*, moving: bool) -> int:
    """For parts that never end: quick while something moves, slow while nothing does."""
    return MOVING if moving else RESTING


def pace_of(job: JobView, *, quick: int = MOVING) -> int:
    """For parts about a job that is not over: slow while it waits for a person, or for a worker."""
    if job.waits_for_a_person:
        return RESTING
    if job.standing == JobState.QUEUED or job.waits_for_worker:
        return quick * WAITING // MOVING
    return quick
