"""`GET /search/export`: what a search finds, as a file that streams out while it is made."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from store.clock import utc_now
from store.export import CONTENT_TYPES, Format, export
from store.results import QueryError
from store.spool import SpoolError
from web.asked import chosen
from web.errors import BadRequest
from web.house import house_of


def export_download(request: Request) -> Response:
    """The file. Raises BadRequest for a format or a query that cannot be used."""
    house, kind = house_of(request), chosen(request, "format", Format)
    if kind is None:
        raise BadRequest("There is no such format.")
    query, now = request.query_params.get("q", ""), utc_now()
    blocks = export(house.database, house.spool, query, format=kind, now=now)
    try:
        first = next(blocks, b"")
    except QueryError as error:
        raise BadRequest(error.sentence) from None
    except SpoolError:
        raise HTTPException(410, "The mbox of a message is not in the spool any more.") from None

    def stream() -> Iterator[bytes]:
        yield first
        yield from blocks

    name = f"export-{now:%Y%m%d-%H%M%S}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(stream(), media_type=CONTENT_TYPES[kind], headers=headers)
