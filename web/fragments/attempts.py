"""Every run of a job's chunks: who ran it, how long, with how much memory, how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from store.causes import own_frames
from store.chunks import AttemptView, attempts_of
from store.clock import utc_now
from store.jobs import JobView
from store.states import Outcome
from web.asked import address, cursor, place_in_list
from web.fragments.progress import require_job
from web.house import house_of
from web.pace import MOVING
from web.render import render

PAGE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One attempt as shown. `standing` is its outcome, or "late" while its lease has run out."""

    attempt: AttemptView
    standing: str
    seconds: float
    frames: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptsView:
    """A page of the attempts of one job, newest first."""

    job_id: str
    runs: tuple[Run, ...]
    first: str | None
    next: str | None
    every: int | None


def attempts_fragment(request: Request) -> Response:
    """`GET /fragments/attempts/{id}`."""
    return render(request, "fragments/attempts.html", attempts_in(request, require_job(request)))


def attempts_in(request: Request, job: JobView) -> AttemptsView:
    """A page of the attempts of a job."""
    now, job_id, before = utc_now(), job.id, place_in_list(request)
    with house_of(request).database.read() as connection:
        found = attempts_of(connection, job_id, before=before, limit=PAGE + 1)
    runs = tuple(run_of(attempt, now=now) for attempt in found[:PAGE])
    last = runs[-1].attempt if len(found) > PAGE else None
    further = cursor(last.started_at, last.id) if last else None
    return AttemptsView(
        job_id=job_id,
        runs=runs,
        first=f"/jobs/{job_id}#attempts" if before else None,
        next=address(f"/jobs/{job_id}", before=further) + "#attempts" if further else None,
        every=None if job.state.is_over or before else MOVING * 2,
    )


def run_of(attempt: AttemptView, *, now: datetime) -> Run:
    """An attempt with what follows from the time."""
    silent = attempt.outcome is Outcome.RUNNING and attempt.lease_until < now
    return Run(
        attempt=attempt,
        standing="late" if silent else attempt.outcome,
        seconds=((attempt.ended_at or now) - attempt.started_at).total_seconds(),
        frames=own_frames(attempt.traceback),
    )
