"""`GET /api/attachments`: the attached files of all mail, each content once."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from store.attachments import LARGEST_LIMIT, FileOrder, FileView, list_files
from store.query_values import FILE_TYPES
from store.results import CursorError
from web.api.parameters import whole_parameter
from web.errors import BadRequest
from web.house import house_of


def attachment_list(request: Request) -> Response:
    """`?name=` a piece of the name, `?type=pdf` or `image/png`, `?order=&limit=&after=`."""
    kind = request.query_params.get("type", "").lower()
    types = FILE_TYPES.get(kind, (kind,) if kind else ())
    limit = whole_parameter(request, "limit", default=50, low=1, high=LARGEST_LIMIT)
    try:
        with house_of(request).database.read() as connection:
            found = list_files(
                connection,
                name=request.query_params.get("name", ""),
                content_types=types,
                order=_order(request),
                after=request.query_params.get("after") or None,
                limit=limit,
            )
    except CursorError:
        raise BadRequest("after is not a place in this list.") from None
    return JSONResponse({"attachments": list(map(_file_json, found.files)), "next": found.next})


def _order(request: Request) -> FileOrder:
    try:
        return FileOrder(request.query_params.get("order", FileOrder.NEWEST))
    except ValueError:
        raise BadRequest(f"order is one of {', '.join(FileOrder)}.") from None


def _file_json(file: FileView) -> dict[str, Any]:
    return {
        "filename": file.filename,
        "content_type": file.content_type,
        "size": file.size,
        "sha256": file.sha256,
        "messages": file.messages,
        "message": file.message,
        "part": file.path,
        "file_url": f"/messages/{file.message}/parts/{file.path}",
    }
