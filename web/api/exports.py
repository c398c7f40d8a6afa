"""`/api/exports`: have what a search finds written into a file, follow it, fetch it, remove it."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from jobs.exporting import remove_export
from web.api.wishes import wish_of
from web.errors import BadRequest
from web.given_away import ask_for_export, export_json, require_export
from web.house import house_of
from web.security import current_user


async def begin(request: Request) -> Response:
    """`POST`: `{"query": …, "format": "mbox", "labelled": false}`; 202 and where it stands."""
    return await run_in_threadpool(_begin, request, await request.body())


def _begin(request: Request, body: bytes) -> Response:
    wish = wish_of(body)
    query, kind, labelled = (
        wish.get("query", ""),
        wish.get("format", "mbox"),
        wish.get("labelled", False),
    )
    if not isinstance(query, str) or not isinstance(kind, str) or not isinstance(labelled, bool):
        raise BadRequest("query and format are texts, labelled is true or false.")
    export_id = ask_for_export(request, query=query, kind=kind, labelled=labelled)
    status_url = f"/api/exports/{export_id}"
    answer = {"export_id": export_id, "status_url": status_url}
    return JSONResponse(answer, 202, headers={"Location": status_url})


def status(request: Request) -> Response:
    """`GET`: how far it is, and where its file is once it is whole."""
    return JSONResponse(export_json(house_of(request), require_export(request)))


def remove(request: Request) -> Response:
    """`DELETE`: stop it if it is under way, and take its file away."""
    house, errand = house_of(request), require_export(request)
    if errand.is_open:
        house.dispatch.stop_errand(errand.id, actor=current_user(request).actor)
    remove_export(house.config, errand)
    return Response(status_code=204)
