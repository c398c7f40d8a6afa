"""`GET /messages/{id}/read-again`: read one message again, by another charset, rule or limits.

Says beforehand what it does; the same page tells why it did not work.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from jobs.rereading import WIDE
from store.reading import MessageView
from web.letters import require_message
from web.pages.message import CHARSETS
from web.pages.read_again import DIALECTS
from web.render import render


@dataclass(frozen=True, slots=True, kw_only=True)
class RereadView:
    """The message, and what was chosen. `why` is set when it could not be read this way."""

    message: MessageView
    charset: str | None
    charsets: tuple[str, ...]
    dialect: str | None
    dialects: tuple[str, ...]
    wide: bool
    times: int
    why: str | None


def reread_page(request: Request) -> Response:
    """The page. Raises NotFound."""
    message = require_message(request)
    return ask_how(
        request,
        message,
        charset=message.choice("charset"),
        dialect=message.choice("rule"),
        wide=message.choice("limits") is not None,
    )


def ask_how(
    request: Request,
    message: MessageView,
    *,
    charset: str | None,
    dialect: str | None,
    wide: bool,
    why: str | None = None,
) -> Response:
    """The form; with `why`, after a try that changed nothing (409)."""
    known = CHARSETS if charset in (None, *CHARSETS) else (*CHARSETS, str(charset))
    view = RereadView(
        message=message,
        charset=charset,
        charsets=known,
        dialect=dialect,
        dialects=DIALECTS,
        wide=wide,
        times=WIDE,
        why=why,
    )
    return render(request, "pages/reread.html", view, status=409 if why else 200)
