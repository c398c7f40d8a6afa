"""`GET /errands/{id}`: long work that somebody asked for, and how far it is."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from web.fragments.errand import find_the_errand
from web.render import render


def errand_page(request: Request) -> Response:
    """The errand, with the fragment that keeps it current. Raises NotFound."""
    return render(request, "pages/errand.html", find_the_errand(request))
