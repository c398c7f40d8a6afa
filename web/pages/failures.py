"""`GET /failures`: what needs a person."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from web.fragments.failures import find_failures
from web.render import render


def failures_page(request: Request) -> Response:
    """The groups, with the fragment that keeps them current."""
    return render(request, "pages/failures.html", find_failures(request))
