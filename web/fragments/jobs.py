"""The list of jobs, by state, newest first, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from store.clock import utc_now
from store.jobs import JobView, job_counts, list_jobs
from store.states import OPEN_JOB_STATES, JobState
from web.asked import address, chosen, cursor, place_in_list
from web.house import house_of
from web.pace import pace
from web.render import render

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsView:
    """A page of jobs. `here` is the address of this page's fragment; counts are of all jobs."""

    jobs: tuple[JobView, ...]
    state: JobState | None
    counts: dict[JobState, int]
    total: int
    first: str | None
    next: str | None
    here: str
    every: int


def jobs_fragment(request: Request) -> Response:
    """`GET /fragments/jobs`."""
    return render(request, "fragments/jobs.html", find_jobs(request))


def find_jobs(request: Request) -> JobsView:
    """The page of the list that the query asks for."""
    state, before = chosen(request, "state", JobState), place_in_list(request)
    with house_of(request).database.read() as connection:
        counts = job_counts(connection)
        found = list_jobs(
            connection,
            now=utc_now(),
            states=(state,) if state else (),
            before=before,
            limit=PAGE + 1,
        )
    jobs = tuple(found[:PAGE])
    further = cursor(jobs[-1].created_at, jobs[-1].id) if len(found) > PAGE else None
    return JobsView(
        jobs=jobs,
        state=state,
        counts=counts,
        total=sum(counts.values()),
        first=address("/jobs", state=state) if before else None,
        next=address("/jobs", state=state, before=further) if further else None,
        here=address("/fragments/jobs", state=state, before=request.query_params.get("before")),
        every=pace(moving=any(counts.get(open_state) for open_state in OPEN_JOB_STATES)),
    )
