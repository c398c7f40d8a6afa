"""`GET /errands`: the long work that somebody asked for."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from web.fragments.errands import find_errands
from web.render import render


def errands_page(request: Request) -> Response:
    """The list, with the fragment that keeps it current."""
    return render(request, "pages/errands.html", find_errands(request))
