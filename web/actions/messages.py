"""What may be asked of one message: to be read again by another charset, rule or limits."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from jobs.rereading import CannotRead, Wish, in_a_child
from store.messages import Kind
from web.forms import Form
from web.house import house_of
from web.letters import require_message
from web.notices import go
from web.pages.message import charset_named
from web.pages.read_again import dialect_in
from web.pages.reread import ask_how
from web.security import current_user


def read_again(request: Request, form: Form) -> Response:
    """`POST /messages/{id}/read-again`: what is stored is replaced if it can be read this way."""
    message = require_message(request)
    wish = Wish(
        key=message.place.id,
        charset=charset_named(form.get("charset")),
        dialect=dialect_in(form),
        wide=form.get("wide") == "yes",
        actor=current_user(request).actor,
    )
    try:
        kind = in_a_child(house_of(request).config, wish)
    except CannotRead as error:
        return ask_how(
            request,
            message,
            charset=wish.charset,
            dialect=wish.dialect,
            wide=wish.wide,
            why=str(error),
        )
    notice = "read-as-copy" if kind is Kind.DUPLICATE else "read-anew"
    return go(f"/messages/{message.place.name}", notice=notice)
