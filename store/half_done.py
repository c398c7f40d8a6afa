"""Uploads in between: still coming in, broken off, or half deleted. Pure reads."""

from __future__ import annotations

from sqlalchemy import Connection, select

from store import tables
from store.uploads import Upload, UploadState, as_upload


def half_deleted(connection: Connection) -> list[int]:
    """Uploads that are going, by id."""
    rows = connection.execute(
        select(tables.upload.c.id)
        .where(tables.upload.c.state == UploadState.DELETING)
        .order_by(tables.upload.c.id)
    )
    return list(rows.scalars())


def receiving_uploads(connection: Connection) -> list[Upload]:
    """Uploads whose bytes are still coming, or stopped coming."""
    rows = connection.execute(
        select(tables.upload).where(tables.upload.c.state == UploadState.RECEIVING)
    )
    return [as_upload(row) for row in rows]


def receiving_from(connection: Connection, archive_id: int) -> list[Upload]:
    """Uploads that are, or were, being written out of an archive.

    Also those that were broken off: a kill right after may have left the file.
    """
    rows = connection.execute(
        select(tables.upload).where(
            tables.upload.c.archive_id == archive_id,
            tables.upload.c.state.in_((UploadState.RECEIVING, UploadState.BROKEN)),
        )
    )
    return [as_upload(row) for row in rows]
