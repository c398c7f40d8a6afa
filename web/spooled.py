"""Whether the very file of a job still lies in the spool, and if not, why not.

Looked at only for pages and answers about one job: lists of a thousand would wait for a disk.
"""

from __future__ import annotations

from store.job_view import JobView
from store.spool import SpoolError
from store.uploads import require_upload
from web.errors import NotFound
from web.house import House


def why_unreadable(house: House, job: JobView) -> str | None:
    """In one line, why the bytes of a job's file cannot be read; None when they can.

    Not for within a moment (`web.moment`). Raises NotFound when the file was deleted meanwhile.
    """
    with house.database.read() as connection:
        try:
            upload = require_upload(connection, job.upload_id)
        except LookupError:
            raise NotFound("There is no such job.") from None
    try:
        with house.spool.source(upload.spool_name, size=job.size):
            return None
    except SpoolError as error:
        return str(error)
