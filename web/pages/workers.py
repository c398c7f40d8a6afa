"""`GET /workers`: who does the work, who died of it, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from web.fragments.deaths import DeathsView, find_deaths
from web.fragments.timings import TimingsView, find_timings
from web.fragments.workers import WorkersView, find_workers
from web.render import render


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkersPageView:
    """The parts of the page; each is shown by the fragment of its name."""

    workers: WorkersView
    deaths: DeathsView
    timings: TimingsView


def workers_page(request: Request) -> Response:
    """The list, with the fragments that keep it current."""
    view = WorkersPageView(
        workers=find_workers(request),
        deaths=find_deaths(request),
        timings=find_timings(request),
    )
    return render(request, "pages/workers.html", view)
