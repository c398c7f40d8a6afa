"""What every answer carries and which requests are let in at all, before anyone asks who it is.

Pure ASGI, so that a streamed upload passes through untouched. Knows no account and no page.
"""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from store.config import Config

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]", "::1")

# No inline script, no inline style, no eval: whatever slips through the escaping stays text.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

DEFAULT_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with it browsers send "Origin: null" from our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


class SecurityHeaders:
    """Adds the headers above to every answer that does not set its own value."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, completing the headers on the way back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                _complete(MutableHeaders(scope=message), https=scope["scheme"] == "https")
            await send(message)

        await self.app(scope, receive, send_completed)


def _complete(headers: MutableHeaders, *, https: bool) -> None:
    for name, value in DEFAULT_HEADERS.items():
        headers.setdefault(name, value)
    if https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")


class SameOriginOnly:
    """Refuses unsafe requests that another site made the visitor's browser send (403).

    `Sec-Fetch-Site` decides where it is sent; browsers leave it out on plain http under a name,
    so `Origin` against `Host` is the second question. Neither header: not a browser.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 403."""
        if scope["type"] == "http" and is_cross_site(scope["method"], Headers(scope=scope)):
            refusal = PlainTextResponse(
                "This request came from another site and was refused.\n", status_code=403
            )
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)


def is_cross_site(method: str, headers: Headers) -> bool:
    """True for an unsafe request that a page of another origin caused."""
    if method in SAFE_METHODS:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is not None and _authority(origin) != headers.get("host", "").lower()


def _authority(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:  # a malformed address in brackets
        return None


def allowed_hosts(config: Config) -> list[str]:
    """The names the console answers to, against DNS rebinding; `["*"]` when told so."""
    if config.allowed_hosts:
        return list(config.allowed_hosts)
    own = socket.gethostname().lower()
    names = [*LOOPBACK_NAMES, config.host, own, f"{own}.local"]
    return [name for name in dict.fromkeys(names) if name not in {"0.0.0.0", "::", ""}]  # noqa: S104
