"""Attempts as lists show them: with what follows from the time, those that ended alike together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from store.attempts import same_words
from store.causes import own_frames
from store.chunks import AttemptView
from store.states import Outcome

TROUBLE = (Outcome.FAILED, Outcome.LOST)
# How those are called once what they were about is done.
PAST = {Outcome.FAILED: "failed_before", Outcome.LOST: "lost_before"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One attempt as shown. `standing` is its outcome, or "late" while its lease has run out.

    `is_past`: it went wrong, and what it was about has been done since.
    """

    attempt: AttemptView
    standing: str
    seconds: float
    frames: tuple[str, ...]
    is_past: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Runs that ended alike. `at_least`: there are others like them that were not looked at."""

    runs: tuple[Run, ...]
    at_least: bool = False


def run_of(attempt: AttemptView, *, now: datetime, is_done: bool = False) -> Run:
    """An attempt with what follows from the time; `is_done`: what it was about is, by now."""
    is_past = is_done and attempt.outcome in TROUBLE
    silent = attempt.outcome is Outcome.RUNNING and attempt.lease_until < now
    return Run(
        attempt=attempt,
        standing="late" if silent else PAST[attempt.outcome] if is_past else attempt.outcome,
        seconds=((attempt.ended_at or now) - attempt.started_at).total_seconds(),
        frames=own_frames(attempt.traceback),
        is_past=is_past,
    )


def alike(runs: Sequence[Run]) -> tuple[Group, ...]:
    """Neighbours that ended with equal errors together; an attempt without an error alone."""
    groups = groupby(enumerate(runs), key=lambda placed: _ending(*placed))
    return tuple(Group(runs=tuple(run for _, run in group)) for _, group in groups)


def _ending(place: int, run: Run) -> tuple[object, ...]:
    attempt = run.attempt
    if not attempt.error:
        return (place,)
    return run.standing, attempt.error_type, same_words(attempt.error), run.frames[:1]


def at_edges(runs: Sequence[Run], *, is_cut: bool) -> tuple[Group, ...]:
    """A page of a list: what stands at its edges may go on beyond them."""
    groups = alike(runs)
    if not is_cut or not groups:
        return groups
    last = len(groups) - 1
    return tuple(replace(group, at_least=place in (0, last)) for place, group in enumerate(groups))
