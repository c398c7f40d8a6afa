"""`GET /messages/{id}/html`: the body of a message, for the sandboxed frame on its page.

An answer from elsewhere than our own pages: its policy allows no script, no form, no connection,
and no picture but the message's own, unless the reader asked for remote ones.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from mail.message import body_html
from mail.part import part_bytes
from store.reading import MessageView
from web.house import house_of
from web.letters import Letter, letter_of, require_message
from web.pages.message import charset_of
from web.passed_over import query_of
from web.render import render
from web.sanitise import SafeHtml, sanitise

# Formats that are pictures and nothing else; SVG can carry more.
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"})
PICTURE_BYTES = 2 << 20
PICTURES_BYTES = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageHtmlView:
    """The cleaned body; None when the message has none after all."""

    html: SafeHtml | None


def message_html(request: Request) -> Response:
    """The body. Raises NotFound, and HTTPException 410 when its bytes are gone."""
    message, allow_remote = require_message(request), query_of(request).get("remote") == "1"
    letter = letter_of(
        house_of(request),
        message.place,
        separator_length=message.separator_length,
        dialect=message.choice("rule"),
    )
    charset = charset_of(request) or message.choice("charset")
    html = body_html(letter.raw, rule=letter.rule, charset=charset)
    clean = None
    if html is not None:
        clean = sanitise(html, pictures=_pictures(message, letter), allow_remote=allow_remote)
    return render(
        request,
        "pages/message_html.html",
        MessageHtmlView(html=clean),
        headers={
            "Content-Security-Policy": policy(allow_remote=allow_remote),
            "X-Remote-Content": str(clean.remote if clean else 0),
        },
    )


def policy(*, allow_remote: bool) -> str:
    """What the frame may do: show, and open links in tabs of their own."""
    pictures = "data: https: http:" if allow_remote else "data:"
    return "; ".join(
        (
            "sandbox allow-popups allow-popups-to-escape-sandbox",
            "default-src 'none'",
            f"img-src {pictures}",
            "style-src 'unsafe-inline'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'self'",
        )
    )


def _pictures(message: MessageView, letter: Letter) -> dict[str, str]:
    """The message's own pictures by content id, as data: addresses, so that nothing is fetched."""
    found: dict[str, str] = {}
    room = PICTURES_BYTES
    for part in message.attachments:
        fits = part.size <= min(PICTURE_BYTES, room)
        if part.content_id is None or part.content_type not in PICTURES or not fits:
            continue
        try:
            content = part_bytes(letter.raw, part.path, rule=letter.rule)
        except KeyError:  # the bytes were re-read by another rule since
            continue
        room -= len(content)
        encoded = base64.b64encode(content).decode()
        found[part.content_id] = f"data:{part.content_type};base64,{encoded}"
    return found
