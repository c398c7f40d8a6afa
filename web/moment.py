"""What stands on one page adds up: all of it is read as of one moment."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from starlette.requests import Request

from web.house import house_of

Answer = TypeVar("Answer")


def at_one_moment(read: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
    """For handlers, or parts of them, that only read, and ask nobody but the database.

    Not for async ones. Who needs the spool too looks there after the moment: a disk may hang.
    """

    @wraps(read)
    def read_at_once(request: Request) -> Answer:
        with house_of(request).database.one_moment():
            return read(request)

    return read_at_once
