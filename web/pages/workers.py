"""`GET /workers`: who does the work."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from web.fragments.workers import find_workers
from web.render import render


def workers_page(request: Request) -> Response:
    """The list, with the fragment that keeps it current."""
    return render(request, "pages/workers.html", find_workers(request))
