"""Whether an upload may begin: room is promised to it before its first byte comes.

What several uploads have declared and not sent yet is spoken for, so that they do not find out
together, hours later, that the disk takes only one of them.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from store.locks import Turn, take_turns
from store.spool import Spool
from store.tables import upload
from store.uploads import Upload, UploadState, open_upload


def admit(
    connection: Connection,
    spool: Spool,
    *,
    filename: str,
    declared_size: int | None,
    by: str,
    now: datetime,
) -> Upload:
    """Open an upload that has room. Raises DiskFull with the figures; then nothing is noted.

    One that declares no size is promised nothing: what it brings is looked at as it comes.
    """
    take_turns(connection, Turn.ADMISSION)
    spool.room(promised=promised_bytes(connection, spool)).require(declared_size or 0)
    return open_upload(connection, filename=filename, declared_size=declared_size, by=by, now=now)


def promised_bytes(connection: Connection, spool: Spool) -> int:
    """What uploads under way have declared and not brought yet."""
    rows = connection.execute(
        select(upload.c.spool_name, upload.c.declared_size).where(
            upload.c.state == UploadState.RECEIVING, upload.c.declared_size.is_not(None)
        )
    )
    return sum(max(row.declared_size - spool.received(row.spool_name), 0) for row in rows)
