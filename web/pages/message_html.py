"""`GET /messages/{id}/html`: the body of a message, for the sandboxed frame on its page.

An answer from elsewhere than our own pages: its policy allows no script, no form, no connection,
and no picture but the message's own, unless the reader asked for remote ones.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from web.formatted import formatted_of
from web.house import house_of
from web.letters import require_message
from web.pages.message import how_formatted
from web.render import render


def message_html(request: Request) -> Response:
    """A piece of the body. Raises NotFound, and HTTPException 410 when its bytes are gone."""
    message, how = require_message(request), how_formatted(request)
    found = formatted_of(house_of(request), message, how, for_frame=True)
    return render(
        request,
        "pages/message_html.html",
        found,
        headers={
            "Content-Security-Policy": policy(allow_remote=how.allow_remote),
            "X-Remote-Content": str(found.html.remote if found.html else 0),
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
