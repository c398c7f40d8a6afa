"""`POST /exports`: have what a search finds written into a file, beside."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from web.forms import Form
from web.given_away import ask_for_export
from web.notices import go


def begin(request: Request, form: Form) -> Response:
    """Ask for it and go where it can be followed. Raises BadRequest."""
    errand_id = ask_for_export(
        request,
        query=form.get("q", "").strip(),
        kind=form.get("format", "mbox"),
        labelled=form.get("labelled") == "yes",
    )
    return go(f"/errands/{errand_id}")
