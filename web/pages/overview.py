"""`GET /`: what needs me, what is happening."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from web.fragments.overview import find_overview
from web.render import render


def overview_page(request: Request) -> Response:
    """The page; with nothing in the database yet it says how to begin."""
    return render(request, "pages/overview.html", find_overview(request))
