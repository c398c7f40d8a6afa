"""Exports asked for by page or API: checked, noted, and fetched by whoever asked for them."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from jobs.exporting import export_path
from store.accounts import Role
from store.clock import utc_now
from store.errands import Errand, ErrandKind, ErrandState, find_errand
from store.export import CONTENT_TYPES, Format
from store.query import parse
from store.results import QueryError
from web.errors import BadRequest, NotFound
from web.house import House, house_of
from web.security import current_user

# The highest number of an errand that a database knows.
HIGHEST = (1 << 31) - 1
MAX_QUERY = 4000


def ask_for_export(request: Request, *, query: str, kind: str, labelled: bool) -> int:
    """Have a file made beside; answers the errand's id. Raises BadRequest."""
    if kind not in set(Format):
        raise BadRequest("There is no such format.")
    if len(query) > MAX_QUERY:
        raise BadRequest("The query is too long.")
    try:
        parse(query, now=utc_now())
    except QueryError as error:
        raise BadRequest(error.sentence) from None
    house = house_of(request)
    parameters = {"query": query, "format": kind, "labelled": labelled}
    errand_id = house.dispatch.ask(ErrandKind.EXPORT, parameters, actor=current_user(request).actor)
    house.errands.wake()
    return errand_id


def require_export(request: Request) -> Errand:
    """The export in the path, for whoever asked for it and for administrators.

    Raises NotFound, in the same words for one that is somebody else's.
    """
    errand_id, found = request.path_params["id"], None
    if errand_id <= HIGHEST:
        with house_of(request).database.read() as connection:
            found = find_errand(connection, errand_id)
    if found is None or found.kind is not ErrandKind.EXPORT or not may_fetch(request, found):
        raise NotFound("There is no such export.")
    return found


def may_fetch(request: Request, errand: Errand) -> bool:
    """Whether this reader asked for it, or is an administrator."""
    user = current_user(request)
    return user.actor == errand.created_by or user.role is Role.ADMIN


def may_stop(request: Request, errand: Errand) -> bool:
    """Whether this reader may stop an errand: operators any, others their own exports."""
    user = current_user(request)
    is_own = errand.kind is ErrandKind.EXPORT and user.actor == errand.created_by
    return is_own or user.role.allows(Role.OPERATOR)


def export_file(request: Request) -> Response:
    """The file of a finished export. Raises NotFound, and HTTPException 409 or 410."""
    house, errand = house_of(request), require_export(request)
    if not is_there(house, errand):
        raise _not_there(errand)
    path = export_path(house.config, errand)
    return FileResponse(
        path,
        media_type=CONTENT_TYPES[Format(errand.parameters["format"])],
        filename=path.name,
        headers={"Content-Security-Policy": "sandbox; default-src 'none'"},
    )


def _not_there(errand: Errand) -> HTTPException:
    if errand.state is ErrandState.DONE:
        return HTTPException(410, "This file was kept for some days and is gone now.")
    return HTTPException(409, "This export has not been finished.")


def is_there(house: House, errand: Errand) -> bool:
    """Whether an export's file can be fetched."""
    is_whole = errand.kind is ErrandKind.EXPORT and errand.state is ErrandState.DONE
    return is_whole and export_path(house.config, errand).is_file()


def export_json(house: House, errand: Errand) -> dict[str, Any]:
    """An export as programs see it."""
    there = is_there(house, errand)
    return {
        "export_id": errand.id,
        "query": errand.parameters["query"],
        "format": errand.parameters["format"],
        "labelled": bool(errand.parameters.get("labelled")),
        "status": errand.state,
        "messages_done": errand.done,
        "messages_total": errand.total,
        "bytes": (errand.result or {}).get("bytes"),
        "error": errand.error,
        "file_url": f"/api/exports/{errand.id}/file" if there else None,
        "created_at": errand.created_at.isoformat(),
        "ended_at": errand.ended_at.isoformat() if errand.ended_at else None,
    }
