"""Archives: how far one has been unpacked, and what became of each of its members.

The books only; unpacking is `jobs.unpacker`. What a member became is an upload with a job like
any other, and keeps its own books.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from mail.member import NotTaken
from store import tables
from store.tables_archive import archive, member


class Fate(StrEnum):
    """What became of a member."""

    IMPORTED = "imported"
    SAME = "same"  # its bytes came before
    DAMAGED = "damaged"  # what could be had of it was imported, if anything
    SKIPPED = "skipped"


# Of these the bytes may have been here before: then they point to the upload that keeps them.
POINTING = (Fate.SAME, Fate.DAMAGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An upload that holds others. Sizes in bytes."""

    upload_id: int
    root_id: int
    depth: int
    again: bool
    read_bytes: int
    inflated_bytes: int
    damage: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberNote:
    """One member and what became of it; see `store.tables_archive` for the columns."""

    ordinal: int
    name: str
    fate: Fate
    claimed_size: int | None
    size: int | None = None
    packed_bytes: int | None = None
    reason: str | None = None
    upload_id: int | None = None
    sha256: str | None = None


def add_archive(connection: Connection, upload_id: int, *, inside: int | None, again: bool) -> None:
    """An upload is an archive; `inside` is the one it came out of."""
    outer = None if inside is None else find_archive(connection, inside)
    connection.execute(
        insert(archive).values(
            upload_id=upload_id,
            root_id=outer.root_id if outer else upload_id,
            depth=outer.depth + 1 if outer else 1,
            again=outer.again if outer else again,
        )
    )


def find_archive(connection: Connection, upload_id: int) -> Archive | None:
    """The books of an archive; None when the upload is none."""
    row = connection.execute(select(archive).where(archive.c.upload_id == upload_id)).one_or_none()
    return None if row is None else Archive(**row._mapping)


def inflated_elsewhere(connection: Connection, one: Archive) -> int:
    """Bytes that came out of the other archives under the same root."""
    others = archive.c.root_id == one.root_id, archive.c.upload_id != one.upload_id
    total = select(func.coalesce(func.sum(archive.c.inflated_bytes), 0)).where(*others)
    return int(connection.execute(total).scalar_one())


def note_reading(
    connection: Connection, upload_id: int, *, read_bytes: int, inflated_bytes: int
) -> None:
    """How far an archive has been read."""
    connection.execute(
        update(archive)
        .where(archive.c.upload_id == upload_id)
        .values(read_bytes=read_bytes, inflated_bytes=inflated_bytes)
    )


def note_damage(connection: Connection, upload_id: int, damage: str | None) -> None:
    """What is wrong with an archive as a whole."""
    connection.execute(
        update(archive).where(archive.c.upload_id == upload_id).values(damage=damage)
    )


def note_members(connection: Connection, archive_id: int, notes: Sequence[MemberNote]) -> None:
    """Write down what became of members; what was noted of one before is replaced."""
    rows = [
        {"archive_id": archive_id, **{name: getattr(note, name) for name in MemberNote.__slots__}}
        for note in notes
    ]
    if rows:
        places = [note.ordinal for note in notes]
        connection.execute(
            delete(member).where(member.c.archive_id == archive_id, member.c.ordinal.in_(places))
        )
        connection.execute(insert(member), rows)


def lies_elsewhere(held: FromClause = tables.upload) -> ColumnElement[bool]:
    """True for a member, joined with its upload, whose bytes lie with what is not of its archive.

    Two members with the same bytes lie with one upload that came out of the archive itself: who
    deletes that has asked for both.
    """
    other = or_(held.c.archive_id.is_(None), held.c.archive_id != member.c.archive_id)
    return and_(member.c.fate.in_((Fate.SAME, Fate.DAMAGED)), other)


def point_to(
    connection: Connection, upload_id: int, *, gone: Sequence[int], own: int | None
) -> None:
    """Members that lost their mail with some uploads are here again: in an upload of the bytes.

    Those that were deleted by themselves stay deleted, or they would count as lost when that
    upload goes too, and a retry would bring them back. Members of the archive `own`, which it
    comes out of just now, are told by whoever unpacks that.
    """
    lost = select(tables.upload.c.id).where(tables.upload.c.id == member.c.upload_id)
    connection.execute(
        update(member)
        .where(member.c.upload_id.in_(gone))
        .where(lost.where(lies_elsewhere()).correlate(member).exists())
        .where(true() if own is None else member.c.archive_id != own)
        .values(upload_id=upload_id)
    )


def sizes_of_members(
    connection: Connection, archive_id: int, *, with_skipped: bool
) -> dict[int, int]:
    """Bytes that came out of each member that has been dealt with, by its place."""
    rows = connection.execute(
        select(member.c.ordinal, func.coalesce(member.c.size, 0)).where(
            member.c.archive_id == archive_id,
            true() if with_skipped else member.c.fate != Fate.SKIPPED,
        )
    )
    return {ordinal: int(size) for ordinal, size in rows}


def count_fates(connection: Connection, archive_id: int) -> dict[Fate, int]:
    """How many members came to what end."""
    rows = connection.execute(
        select(member.c.fate, func.count())
        .where(member.c.archive_id == archive_id)
        .group_by(member.c.fate)
    )
    return {Fate(fate): int(number) for fate, number in rows}


def uploads_inside(connection: Connection, *upload_ids: int) -> list[int]:
    """Uploads that came out of archives, and out of archives in those; the innermost first."""
    found: list[int] = []
    layer = list(upload_ids)
    while layer:
        rows = connection.execute(
            select(tables.upload.c.id)
            .where(tables.upload.c.archive_id.in_(sorted(layer)))
            .order_by(tables.upload.c.id)
        )
        layer = list(rows.scalars())
        found = layer + found
    return found


def uploads_held(connection: Connection, *upload_ids: int) -> set[int]:
    """The uploads themselves, what came out of them, and what has the bytes of a member of theirs.

    A member whose bytes came before is not kept twice; its mail lies with the earlier upload.
    """
    held: set[int] = set()
    layer = set(upload_ids)
    while layer:
        held |= layer
        came_out = select(tables.upload.c.id).where(tables.upload.c.archive_id.in_(sorted(layer)))
        same = select(member.c.upload_id).where(
            member.c.archive_id.in_(sorted(layer)), member.c.fate.in_(POINTING)
        )
        rows = connection.execute(came_out.union(same)).scalars()
        layer = {key for key in rows if key is not None} - held
    return held


def what_is_wrong(connection: Connection, upload_id: int) -> str | None:
    """Why an archive that has been gone through is not whole, in one line; None when it is."""
    books = find_archive(connection, upload_id)
    damaged = count_fates(connection, upload_id).get(Fate.DAMAGED, 0)
    said = []
    if books is not None and books.damage is not None:
        said.append(_DAMAGE.get(books.damage, f"the archive is damaged ({books.damage})"))
    if damaged:
        said.append("1 member is damaged" if damaged == 1 else f"{damaged} members are damaged")
    if unseen := count_unseen(connection, upload_id):
        could = "1 member could" if unseen == 1 else f"{unseen} members could"
        said.append(f"{could} not be opened and may hold mail")
    return "; ".join(said) or None


def count_unseen(connection: Connection, archive_id: int, *, only: NotTaken | None = None) -> int:
    """How many members nobody could look into, for one reason or any; they may hold mail."""
    reasons = [str(one) for one in NotTaken if one.may_hold_mail and only in (None, one)]
    unseen = select(func.count()).where(
        member.c.archive_id == archive_id,
        member.c.fate == Fate.SKIPPED,
        member.c.reason.in_(reasons),
    )
    return int(connection.execute(unseen).scalar_one())


_DAMAGE = {
    "cut": "the archive is cut off",
    "broken": "the compressed data is damaged",
    "checksum": "the checksum of the archive does not match",
    "length": "the length that the archive states does not match",
    "header": "the archive is damaged: a header makes no sense",
    "lost_directory": "the directory at the end of the archive is missing or damaged",
}


def forget_archive(connection: Connection, upload_id: int) -> None:
    """Remove the books of an archive; harmless for what is none."""
    connection.execute(delete(member).where(member.c.archive_id == upload_id))
    connection.execute(delete(archive).where(archive.c.upload_id == upload_id))
