"""`GET /search`: all mail, by words and conditions."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from web.fragments.results import find_results
from web.render import render


def search_page(request: Request) -> Response:
    """The field and what it finds."""
    return render(request, "pages/search.html", find_results(request))
