"""`/api/marks`: what a deployment or a script has to say on the charts."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from web.actions.marks import mark
from web.api.wishes import wish_of
from web.errors import BadRequest


async def set_mark(request: Request) -> Response:
    """`POST {"text": …}`: mark this moment. 201 with the words as they are kept."""
    return await run_in_threadpool(_set_mark, request, await request.body())


def _set_mark(request: Request, body: bytes) -> Response:
    words = wish_of(body).get("text")
    if not isinstance(words, str):
        raise BadRequest("text is what the mark says.")
    return JSONResponse({"text": mark(request, words)}, 201)
