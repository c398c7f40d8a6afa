"""The members of an archive as a list, a page at a time: what each is, and what it became.

Pure reads, for pages, programs and reports alike. Their sum: `store.members`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, literal, select, tuple_
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from mail.text import nfc_clean
from store.archives import Fate, lies_elsewhere
from store.clock import utc_now
from store.comparing import ascii_lower, by_bytes, lowered
from store.counted_on import GONE
from store.held import Held, all_messages, held_by
from store.in_hand import chunks_in_hand, in_hand_inside
from store.overall import AT_WORK, both_of_jobs
from store.states import JobState
from store.tables import chunk, job, upload
from store.tables_archive import member
from store.uploads import UploadKind


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberView:
    """A member and, where it became one, the upload and its job. Sizes in bytes.

    For `same`, that is the earlier upload. `gone`: it has been deleted since; with `lies_elsewhere`
    its mail lay with an upload that came before.
    """

    ordinal: int
    name: str
    fate: Fate
    reason: str | None
    claimed_size: int | None
    size: int | None
    packed_bytes: int | None
    sha256: str | None
    upload_id: int | None
    job_id: str | None
    job_state: JobState | None
    standing: str | None  # of its job, as lists tell it
    in_hand: bool  # a worker has something of it, or of what is in it
    messages: int
    gone: bool
    lies_elsewhere: bool

    @property
    def waits_for_worker(self) -> bool:
        """True while its job was begun and could go on, but no worker has any of it in hand."""
        return self.standing in AT_WORK and not self.in_hand

    @property
    def shown_size(self) -> int | None:
        """What came out, or else what a header says would."""
        return self.claimed_size if self.size is None else self.size


class MemberOrder(StrEnum):
    """In which order members are listed."""

    PLACE = "place"  # in the archive
    NAME = "name"
    SIZE = "-size"  # what came out, or what a header says; the largest first, unknown ones last


def members_of(
    connection: Connection,
    archive_id: int,
    *,
    fate: Fate | None = None,
    name: str = "",
    order: MemberOrder = MemberOrder.PLACE,
    after: int = -1,
    limit: int,
) -> list[MemberView]:
    """Members of an archive, a page at a time; of one fate or of all, with a piece of their name.

    `after` is the ordinal of the last one seen, wherever that stands in the order; -1 for none.
    """
    number = func.sum(chunk.c.messages + chunk.c.duplicates + chunk.c.quarantined)
    messages = select(number).where(chunk.c.job_id == job.c.id).scalar_subquery()
    status, standing = both_of_jobs(connection)
    rows = connection.execute(
        select(
            member,
            upload.c.state.label("upload_state"),
            upload.c.kind.label("upload_kind"),
            job.c.id.label("job_id"),
            status.label("job_state"),
            standing.label("standing"),
            lies_elsewhere().label("lies_elsewhere"),
            func.coalesce(messages, 0).label("messages"),
        )
        .outerjoin(upload, upload.c.id == member.c.upload_id)
        .outerjoin(job, job.c.upload_id == upload.c.id)
        .where(member.c.archive_id == archive_id, *_narrowed(connection, fate, name))
        .where(*_follows(connection, archive_id, order, after))
        .order_by(*_key(connection, member.c, order))
        .limit(limit)
    ).all()
    archives = {row.upload_id for row in rows if row.upload_kind == UploadKind.ARCHIVE}
    held, in_hand = held_by(connection, archives), chunks_in_hand(connection, now=utc_now())
    inside = in_hand_inside(connection, archives, in_hand)
    return [
        _view(
            row, held.get(row.upload_id), in_hand=row.job_id in in_hand or row.upload_id in inside
        )
        for row in rows
    ]


def _key(
    connection: Connection, columns: ReadOnlyColumnCollection[str, Any], order: MemberOrder
) -> tuple[Any, ...]:
    """What members are ordered by, of the table or of an alias of it."""
    if order is MemberOrder.NAME:
        return by_bytes(connection, columns.name), columns.ordinal
    if order is MemberOrder.SIZE:
        return -func.coalesce(columns.size, columns.claimed_size, -1), columns.ordinal
    return (columns.ordinal,)


def _narrowed(
    connection: Connection, fate: Fate | None, name: str
) -> Iterator[ColumnElement[bool]]:
    if fate is not None:
        yield member.c.fate == fate
    if name:
        piece = ascii_lower(nfc_clean(name))
        yield lowered(connection, member.c.name).contains(piece, autoescape=True)


def _follows(
    connection: Connection, archive_id: int, order: MemberOrder, after: int
) -> Iterator[ColumnElement[bool]]:
    if after < 0:
        return
    if order is MemberOrder.PLACE:
        yield member.c.ordinal > after
        return
    last = member.alias("last").c
    is_last = (last.archive_id == archive_id) & (last.ordinal == after)
    first = select(_key(connection, last, order)[0]).where(is_last).scalar_subquery()
    yield tuple_(*_key(connection, member.c, order)) > tuple_(first, literal(after))


def _view(row: Row[Any], held: Held | None, *, in_hand: bool) -> MemberView:
    gone = row.upload_state in GONE
    return MemberView(
        ordinal=row.ordinal,
        name=row.name,
        fate=Fate(row.fate),
        reason=row.reason,
        claimed_size=row.claimed_size,
        size=row.size,
        packed_bytes=row.packed_bytes,
        sha256=row.sha256,
        upload_id=row.upload_id,
        job_id=None if gone else row.job_id,
        job_state=None if gone or row.job_state is None else JobState(row.job_state),
        standing=None if gone or row.job_state is None else row.standing,
        in_hand=in_hand,
        messages=all_messages(held) if held else int(row.messages),
        gone=gone,
        lies_elsewhere=bool(row.lies_elsewhere),
    )
