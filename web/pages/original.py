"""`GET /jobs/{id}/file`: the file of a job as it came, byte by byte."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from store.uploads import require_upload
from web.fragments.progress import require_job
from web.house import house_of
from web.pages.part import disposition
from web.spooled import why_unreadable


def original_file(request: Request) -> Response:
    """The file, to be saved and never shown. Raises NotFound; 410 when its bytes are gone."""
    house, job = house_of(request), require_job(request)
    if why := why_unreadable(house, job):
        raise HTTPException(410, why)
    with house.database.read() as connection:
        spool_name = require_upload(connection, job.upload_id).spool_name
    return FileResponse(
        house.spool.path(spool_name),
        media_type="application/octet-stream",
        headers={
            # Of what came out of an archive the name is its path in there.
            "Content-Disposition": disposition(job.filename.rpartition("/")[2]),
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        },
    )
