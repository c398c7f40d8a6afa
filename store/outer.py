"""How jobs and archives belong together: which archive a file came out of, how far one is.

Pure reads, for many jobs at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from store.archives import Fate, uploads_inside
from store.tables import job, upload
from store.tables_archive import archive, member
from store.uploads import UploadState


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    """The archive that an upload came out of."""

    upload_id: int
    job_id: str
    filename: str


def unpacked_bytes(connection: Connection, upload_ids: list[int]) -> dict[int, int]:
    """How many bytes of each archive have been gone through."""
    rows = connection.execute(
        select(archive.c.upload_id, archive.c.read_bytes).where(archive.c.upload_id.in_(upload_ids))
    )
    return {row.upload_id: row.read_bytes for row in rows}


def outers_of(connection: Connection, upload_ids: set[int]) -> dict[int, Outer]:
    """The archives with those ids that are still there."""
    rows = connection.execute(
        select(upload.c.id, upload.c.filename, job.c.id.label("job_id"))
        .join(job, job.c.upload_id == upload.c.id)
        .where(upload.c.id.in_(upload_ids), upload.c.state == UploadState.STORED)
    )
    return {
        row.id: Outer(upload_id=row.id, job_id=row.job_id, filename=row.filename) for row in rows
    }


def damages_of(connection: Connection, upload_ids: Mapping[int, int]) -> dict[int, str]:
    """Of uploads, each with the archive it came out of: how those are damaged there that are.

    The word is one of `mail.member.Damage`; what could be had of the file became the upload.
    """
    rows = connection.execute(
        select(member.c.archive_id, member.c.upload_id, member.c.reason).where(
            member.c.archive_id.in_(set(upload_ids.values())),
            member.c.upload_id.in_(upload_ids),
            member.c.fate == Fate.DAMAGED,
        )
    )
    return {
        row.upload_id: row.reason
        for row in rows
        if upload_ids[row.upload_id] == row.archive_id and row.reason
    }


def outer_of(connection: Connection, upload_id: int | None) -> Outer | None:
    """The archive of that id, if it is still there."""
    return None if upload_id is None else outers_of(connection, {upload_id}).get(upload_id)


def jobs_around(connection: Connection, upload_id: int) -> set[str]:
    """The job of an upload, and those of the archives it lies in."""
    found, at = set[str](), [upload_id]
    while at:
        rows = connection.execute(
            select(job.c.id, upload.c.archive_id)
            .join(upload, upload.c.id == job.c.upload_id)
            .where(upload.c.id.in_(at))
        ).all()
        found |= {row.id for row in rows}
        at = [row.archive_id for row in rows if row.archive_id is not None]
    return found


def weight_of_upload(connection: Connection, upload_id: int) -> tuple[int, int]:
    """How many files go when an upload is deleted, with what came out of it, and their bytes."""
    inside = uploads_inside(connection, upload_id)
    files = size = 0
    for at in range(0, len(inside) + 1, 500):
        row = connection.execute(
            select(
                func.count().label("files"),
                func.coalesce(func.sum(upload.c.size), 0).label("size"),
            ).where(
                upload.c.id.in_([upload_id, *inside][at : at + 500]),
                upload.c.state.in_((UploadState.STORED, UploadState.DELETING)),
            )
        ).one()
        files, size = files + row.files, size + int(row.size)
    return files, size
