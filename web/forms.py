"""Forms: small bodies of our own pages, read before a synchronous action runs.

Bounded in size and number of fields; uploads do not come this way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from urllib.parse import parse_qsl, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

MAX_FORM_BYTES = 64 * 1024
MAX_FIELDS = 200

Form = dict[str, str]


def with_form(
    action: Callable[[Request, Form], Response],
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that reads a urlencoded form and hands it to `action` in a thread."""

    @wraps(action)
    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(action, request, await read_form(request))

    return endpoint


async def read_form(request: Request) -> Form:
    """The fields of an `application/x-www-form-urlencoded` body; the last of a name counts.

    Raises HTTPException: 413 when it is too large, 400 when it is no such form.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_FORM_BYTES:
            raise HTTPException(413, "This form is too large.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:  # not UTF-8, or too many fields
        raise HTTPException(400, "This form cannot be read.") from None


def own_address(target: str | None, *, default: str = "/") -> str:
    """A path of this console to go to; `default` for anything that could lead elsewhere."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    if any(ord(character) < 0x20 or character == "\\" for character in target):
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc else target
