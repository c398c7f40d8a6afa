"""Marks that people set on the charts, in words of their own."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from store.clock import utc_now
from store.marks import MarkError, set_mark
from web.errors import BadRequest
from web.forms import Form
from web.house import house_of
from web.notices import go
from web.security import current_user


def set_by_form(request: Request, form: Form) -> Response:
    """`POST /marks`. Raises BadRequest for words that cannot be kept."""
    mark(request, form.get("text", ""))
    return go("/#history", notice="marked")


def mark(request: Request, words: str) -> str:
    """Mark this moment; answers the words as they are kept. Raises BadRequest."""
    try:
        with house_of(request).database.write() as connection:
            return set_mark(connection, words, actor=current_user(request).actor, now=utc_now())
    except MarkError as error:
        raise BadRequest(str(error)) from None
