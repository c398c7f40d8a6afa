"""`GET /messages/{id}/read-again`: read one message again, by another charset, rule or limits.

Says beforehand what it does and shows, when asked, how the message would read; the same page tells
why it did not work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from jobs.rereading import WIDE, CannotRead, Preview, Wish, look_in_a_child
from store.reading import MessageView
from web.charsets import CharsetChoice, charset_choice, charset_in
from web.errors import BadRequest
from web.house import house_of
from web.letters import require_message
from web.pages.read_again import DIALECTS, dialect_in
from web.passed_over import query_of
from web.render import render
from web.security import current_user


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a message is to be read, as a form has it. `wrong` is a charset that does not exist."""

    charset: str | None
    dialect: str | None
    wide: bool
    wrong: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RereadView:
    """The message, and what was chosen. `why` is set when it could not be read this way."""

    message: MessageView
    choice: CharsetChoice
    how: How
    dialects: tuple[str, ...]
    times: int
    preview: Preview | None
    why: str | None


def reread_page(request: Request) -> Response:
    """The page, with a look at how it would read when asked. Raises NotFound, BadRequest."""
    message, asked = require_message(request), query_of(request)
    if asked.get("look") != "yes":
        return ask_how(request, message, _as_stored(message))
    how = how_in(asked)
    if how.wrong:
        return ask_how(request, message, how)
    try:
        preview = look_in_a_child(house_of(request).config, wish_of(request, message, how))
    except CannotRead as error:
        return ask_how(request, message, how, why=str(error))
    return ask_how(request, message, how, preview=preview)


def _as_stored(message: MessageView) -> How:
    return How(
        charset=message.choice("charset"),
        dialect=message.choice("rule"),
        wide=message.choice("limits") is not None,
    )


def how_in(fields: Mapping[str, str]) -> How:
    """What a form or an address asks for. Raises BadRequest for a rule that does not exist."""
    how = How(charset=None, dialect=dialect_in(dict(fields)), wide=fields.get("wide") == "yes")
    try:
        return replace(how, charset=charset_in(fields))
    except BadRequest:
        return replace(how, wrong=fields.get("other_charset") or fields.get("charset"))


def wish_of(request: Request, message: MessageView, how: How) -> Wish:
    """What a process of its own is to do."""
    return Wish(
        key=message.place.id,
        charset=how.charset,
        dialect=how.dialect,
        wide=how.wide,
        actor=current_user(request).actor,
    )


def ask_how(
    request: Request,
    message: MessageView,
    how: How,
    *,
    preview: Preview | None = None,
    why: str | None = None,
) -> Response:
    """The form; with `why`, after a try that changed nothing (409); 400 for a wrong charset."""
    view = RereadView(
        message=message,
        choice=charset_choice(how.charset),
        how=how,
        dialects=DIALECTS,
        times=WIDE,
        preview=preview,
        why=why,
    )
    status = 400 if how.wrong else 409 if why else 200
    return render(request, "pages/reread.html", view, status=status)
