"""Which files archives hold: those that came out of them, and those that came before, bytes alike.

However deep: what an archive inside holds belongs to those around it too. Only the question; what
the files add up to is in `store.held`.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import CTE, func, literal, select

from store.archives import POINTING
from store.tables import upload
from store.tables_archive import archive, member
from store.uploads import UploadState


def files_held(archive_ids: Collection[int] | None) -> CTE:
    """(around, upload_id, came_out): every file of every archive asked for, once; None for all."""
    within = _within(archive_ids)
    came_out = (
        select(within.c.around, upload.c.id.label("upload_id"), within.c.came_out)
        .select_from(within)
        .join(upload, upload.c.archive_id == within.c.archive_id)
        .where(upload.c.state == UploadState.STORED)
    )
    same = (
        select(within.c.around, member.c.upload_id, literal(0).label("came_out"))
        .select_from(within)
        .join(member, member.c.archive_id == within.c.archive_id)
        .join(upload, upload.c.id == member.c.upload_id)
        .where(member.c.fate.in_(POINTING), upload.c.state == UploadState.STORED)
    )
    both = came_out.union_all(same).subquery()
    return (
        select(both.c.around, both.c.upload_id, func.max(both.c.came_out).label("came_out"))
        # One that holds itself is not a file of its own.
        .where(both.c.around != both.c.upload_id)
        .group_by(both.c.around, both.c.upload_id)
        .cte("held")
    )


def _within(archive_ids: Collection[int] | None) -> CTE:
    """(around, archive_id, came_out): the archives themselves, and those in them.

    A union that keeps each once, as an archive may be made to hold itself.
    """
    first = select(
        archive.c.upload_id.label("around"), archive.c.upload_id.label("archive_id")
    ).add_columns(literal(1).label("came_out"))
    if archive_ids is not None:
        first = first.where(archive.c.upload_id.in_(sorted(archive_ids)))
    within = first.cte("within", recursive=True)
    # Both ways in at once: a recursion may be named once only in its own definition.
    inner = (
        select(archive.c.upload_id, upload.c.archive_id.label("outer_id"), literal(1).label("way"))
        .join(upload, upload.c.id == archive.c.upload_id)
        .where(upload.c.archive_id.is_not(None), upload.c.state == UploadState.STORED)
        .union_all(
            select(archive.c.upload_id, member.c.archive_id, literal(0))
            .join(member, member.c.upload_id == archive.c.upload_id)
            .where(member.c.fate.in_(POINTING))
        )
        .cte("inner_archives")
    )
    return within.union(
        select(within.c.around, inner.c.upload_id, within.c.came_out * inner.c.way).join(
            within, within.c.archive_id == inner.c.outer_id
        )
    )
