"""`GET /jobs`: every job there was, filtered by state."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from web.fragments.jobs import find_jobs
from web.render import render


def jobs_page(request: Request) -> Response:
    """The list, with the fragment that keeps it current."""
    return render(request, "pages/jobs.html", find_jobs(request))
