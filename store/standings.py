"""How what came out of archives stands, for many archives at once. Pure reads."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, Select, func, select

from store.overall import SHOWN_STATES, shown_state
from store.tables import job, upload
from store.tables_archive import archive
from store.uploads import UploadState


def standings_inside(
    connection: Connection, archive_ids: Collection[int]
) -> dict[int, dict[str, int]]:
    """For each archive, how many jobs that came out of it, however deep, stand where."""
    roots = select(archive.c.root_id).where(archive.c.upload_id.in_(archive_ids))
    outer = _outer_archives(connection, roots)
    found: dict[int, dict[str, int]] = {archive_id: {} for archive_id in archive_ids}
    for archive_id, standing, number in _direct(connection, roots):
        around: int | None = archive_id
        while around is not None:
            if around in found:
                found[around][standing] = found[around].get(standing, 0) + number
            around = outer.get(around)
    return {key: in_order(numbers) for key, numbers in found.items()}


def in_order(numbers: dict[str, int]) -> dict[str, int]:
    """As lists tell them."""
    return {name: numbers[name] for name in SHOWN_STATES if name in numbers}


def _outer_archives(connection: Connection, roots: Select[tuple[int]]) -> dict[int, int]:
    """For each archive under some roots, the one it came out of."""
    rows = connection.execute(
        select(archive.c.upload_id, upload.c.archive_id)
        .join(upload, upload.c.id == archive.c.upload_id)
        .where(archive.c.root_id.in_(roots), upload.c.archive_id.is_not(None))
    )
    return {row.upload_id: row.archive_id for row in rows}


def _direct(connection: Connection, roots: Select[tuple[int]]) -> list[tuple[int, str, int]]:
    """(archive, standing, how many) of what came right out of each archive."""
    standing = shown_state(connection).label("standing")
    rows = connection.execute(
        select(upload.c.archive_id, standing, func.count())
        .join(archive, archive.c.upload_id == upload.c.archive_id)
        .join(job, job.c.upload_id == upload.c.id)
        .where(archive.c.root_id.in_(roots), upload.c.state == UploadState.STORED)
        .group_by(upload.c.archive_id, standing)
    )
    return [(archive_id, shown, int(number)) for archive_id, shown, number in rows]
