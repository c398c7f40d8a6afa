"""What may be asked of one message: to be read again by another charset, rule or limits."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from jobs.rereading import CannotRead, in_a_child
from store.messages import Kind
from web.forms import Form
from web.house import house_of
from web.letters import require_message
from web.notices import go
from web.pages.reread import ask_how, how_in, wish_of


def read_again(request: Request, form: Form) -> Response:
    """`POST /messages/{id}/read-again`: what is stored is replaced if it can be read this way."""
    message = require_message(request)
    how = how_in(form)
    if how.wrong:
        return ask_how(request, message, how)
    try:
        kind = in_a_child(house_of(request).config, wish_of(request, message, how))
    except CannotRead as error:
        return ask_how(request, message, how, why=str(error))
    notice = "read-as-copy" if kind is Kind.DUPLICATE else "read-anew"
    return go(f"/messages/{message.place.name}", notice=notice)
