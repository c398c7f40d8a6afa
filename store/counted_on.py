"""Members that have no bytes of their own kept: their mail lies with an upload that came before.

Whoever deletes that upload takes the mail away from every archive that counts on it, so both the
forecast of a deletion and the archive's own page ask here. Pure reads.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, func, select

from store.archives import POINTING, lies_elsewhere, uploads_inside
from store.outer import outers_of
from store.tables import upload
from store.tables_archive import member
from store.uploads import UploadState

GONE = (UploadState.DELETING, UploadState.DELETED)
# More are not written into one statement.
MOST_NAMED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsOn:
    """An archive, and how many of its members have their mail in the uploads in question."""

    upload_id: int
    job_id: str
    filename: str
    members: int

    def to_json(self) -> dict[str, Any]:
        """As a report keeps it."""
        return {
            "upload_id": self.upload_id,
            "job_id": self.job_id,
            "filename": self.filename,
            "members": self.members,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """What `to_json` gave."""
        return cls(**kept)


def counting_on(connection: Connection, going: Collection[int]) -> tuple[CountsOn, ...]:
    """Archives that lose mail when those uploads go, and do not go themselves; by file name."""
    pairs = (
        select(member.c.archive_id, member.c.upload_id, func.count().label("members"))
        .join(upload, upload.c.id == member.c.upload_id)
        # What went with an earlier deletion is lost already.
        .where(lies_elsewhere(), upload.c.state.not_in(GONE))
        .group_by(member.c.archive_id, member.c.upload_id)
    )
    if len(going) <= MOST_NAMED:
        pairs = pairs.where(member.c.upload_id.in_(sorted(going)))
    gone = set(going)
    found: dict[int, int] = {}
    for row in connection.execute(pairs):
        if row.upload_id in gone and row.archive_id not in gone:
            found[row.archive_id] = found.get(row.archive_id, 0) + row.members
    return _named(connection, found)


def _named(connection: Connection, members: dict[int, int]) -> tuple[CountsOn, ...]:
    ids, found = sorted(members), []
    for at in range(0, len(ids), MOST_NAMED):
        for outer in outers_of(connection, set(ids[at : at + MOST_NAMED])).values():
            found.append(
                CountsOn(
                    upload_id=outer.upload_id,
                    job_id=outer.job_id,
                    filename=outer.filename,
                    members=members[outer.upload_id],
                )
            )
    return tuple(sorted(found, key=lambda one: (one.filename, one.upload_id)))


def counting_on_upload(connection: Connection, upload_id: int) -> tuple[CountsOn, ...]:
    """The same for the deletion of one upload, with what came out of it."""
    return counting_on(connection, {upload_id, *uploads_inside(connection, upload_id)})


def lost_members(connection: Connection, archive_id: int) -> set[int]:
    """Places of an archive's members whose mail went with the upload that held it."""
    rows = connection.execute(
        select(member.c.ordinal)
        .join(upload, upload.c.id == member.c.upload_id)
        .where(member.c.archive_id == archive_id, upload.c.state.in_(GONE), lies_elsewhere())
    )
    return set(rows.scalars())


def numbers_lost(connection: Connection, archive_ids: Collection[int]) -> dict[int, int]:
    """How many such members each of some archives has; those with none left out."""
    if not archive_ids:
        return {}
    rows = connection.execute(
        select(member.c.archive_id, func.count())
        .join(upload, upload.c.id == member.c.upload_id)
        .where(member.c.archive_id.in_(archive_ids), member.c.fate.in_(POINTING))
        .where(upload.c.state.in_(GONE), lies_elsewhere())
        .group_by(member.c.archive_id)
    )
    return {archive_id: int(number) for archive_id, number in rows}


def has_lost(archive_id: ColumnElement[int]) -> ColumnElement[bool]:
    """True for an archive with such members."""
    held = upload.alias("held")
    lost = (
        select(member.c.ordinal)
        .join(held, held.c.id == member.c.upload_id)
        .where(member.c.archive_id == archive_id, held.c.state.in_(GONE), lies_elsewhere(held))
    )
    return lost.exists()
