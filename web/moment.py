"""What stands on one page adds up: all of it is read as of one moment."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

from web.house import house_of

Handler = Callable[[Request], Response]


def at_one_moment(handler: Handler) -> Handler:
    """For handlers that only read, and ask nobody but the database. Not for async ones."""

    @wraps(handler)
    def handle(request: Request) -> Response:
        with house_of(request).database.one_moment():
            return handler(request)

    return handle
