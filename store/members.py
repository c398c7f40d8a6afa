"""Read models of an archive's members: a list with what each became, and their sum.

Pure reads, for pages, programs and reports alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    case,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from mail.member import NotTaken
from mail.text import nfc_clean
from store.archives import Fate, lies_elsewhere
from store.clock import utc_now
from store.counted_on import GONE
from store.held import NOTHING, Held, all_messages, held_by
from store.in_hand import chunks_in_hand, in_hand_inside
from store.inside import archives_within
from store.job_filter import ascii_lower, lowered
from store.overall import AT_WORK, both_of_jobs
from store.standings import in_order
from store.states import JobState
from store.tables import chunk, job, upload
from store.tables_archive import member
from store.uploads import UploadKind, UploadState


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersSum:
    """An archive's members added up; `held` is what a search in it goes through.

    `deleted` are members whose mail was deleted by itself, `lost` those whose mail went with an
    upload that came before and held the same bytes.
    """

    members: int
    by_fate: dict[Fate, int]
    by_reason: dict[str, int]  # of the skipped
    by_state: dict[JobState, int]  # of the jobs that came out of it, however deep
    by_standing: dict[str, int]  # the same, as lists tell it
    goes_deeper: bool  # some of them came out of archives inside it
    deleted: int
    lost: int
    held: Held
    bytes: int  # that are kept of its members as files of their own, and not deleted since
    unpacked_bytes: int  # that came out of those that are mail or archives
    same_bytes: int  # of them, those of members whose bytes came before
    twice: int  # members that are the very file of another one in here, and count with that

    @property
    def folders(self) -> int:
        """How many of the members are folders, which archives list like files."""
        return self.by_reason.get(NotTaken.DIRECTORY, 0)

    @property
    def messages(self) -> int:
        """Messages in all its files, whatever became of each."""
        return all_messages(self.held)

    @property
    def open_jobs(self) -> int:
        """Jobs that came out of it, however deep, and are not over."""
        return self.held.open_here

    @property
    def paused_jobs(self) -> int:
        """How many of them are paused."""
        return self.held.paused_here


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
        .where(*_follows(archive_id, order, after))
        .order_by(*_key(member.c, order))
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


def _key(columns: ReadOnlyColumnCollection[str, Any], order: MemberOrder) -> tuple[Any, ...]:
    """What members are ordered by, of the table or of an alias of it."""
    if order is MemberOrder.NAME:
        return columns.name, columns.ordinal
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


def _follows(archive_id: int, order: MemberOrder, after: int) -> Iterator[ColumnElement[bool]]:
    if after < 0:
        return
    if order is MemberOrder.PLACE:
        yield member.c.ordinal > after
        return
    last = member.alias("last").c
    is_last = (last.archive_id == archive_id) & (last.ordinal == after)
    first = select(_key(last, order)[0]).where(is_last).scalar_subquery()
    yield tuple_(*_key(member.c, order)) > tuple_(first, literal(after))


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


def sum_of_members(
    connection: Connection, archive_id: int, *, held: Held | None = None
) -> MembersSum:
    """The members of an archive added up; what it holds is known to whoever has its job."""
    if held is None:
        held = held_by(connection, [archive_id]).get(archive_id, NOTHING)
    of_archive = member.c.archive_id == archive_id
    fates = connection.execute(
        select(member.c.fate, member.c.reason, func.count().label("number"))
        .where(of_archive)
        .group_by(member.c.fate, member.c.reason)
    ).all()
    inside = select(upload.c.id).where(
        upload.c.archive_id == archive_id, upload.c.state == UploadState.STORED
    )
    size = select(func.coalesce(func.sum(upload.c.size), 0)).where(upload.c.id.in_(inside))
    by_fate = _added((Fate(row.fate), row.number) for row in fates)
    # As in lists that are narrowed to an archive: they go to the bottom of it.
    deep = select(upload.c.id).where(
        upload.c.archive_id.in_(archives_within(archive_id)), upload.c.state == UploadState.STORED
    )
    deeper = deep.where(upload.c.archive_id != archive_id).exists()
    states, gone = _states(connection, deep), _gone(connection, archive_id)
    return MembersSum(
        members=sum(by_fate.values()),
        by_fate=by_fate,
        by_reason={row.reason: row.number for row in fates if row.fate == Fate.SKIPPED},
        by_state=_added((state, number) for state, _, number in states),
        by_standing=in_order(_added((standing, number) for _, standing, number in states)),
        goes_deeper=bool(connection.execute(select(deeper)).scalar_one()),
        deleted=gone.get(False, 0),
        lost=gone.get(True, 0),
        held=held,
        bytes=int(connection.execute(size).scalar_one()),
        **_came_out(connection, archive_id),
    )


def _came_out(connection: Connection, archive_id: int) -> dict[str, int]:
    """The sizes of what came out of an archive, and how many of its members are alike."""
    is_same = member.c.fate == Fate.SAME
    row = connection.execute(
        select(
            func.coalesce(func.sum(member.c.size), 0).label("unpacked_bytes"),
            func.coalesce(func.sum(case((is_same, member.c.size), else_=0)), 0).label("same_bytes"),
            (func.count(member.c.upload_id) - func.count(member.c.upload_id.distinct())).label(
                "twice"
            ),
        ).where(member.c.archive_id == archive_id, member.c.fate != Fate.SKIPPED)
    ).one()
    return {name: int(value) for name, value in row._mapping.items()}


Key = TypeVar("Key")


def _added(numbers: Iterable[tuple[Key, int]]) -> dict[Key, int]:
    found: dict[Key, int] = {}
    for key, number in numbers:
        found[key] = found.get(key, 0) + number
    return found


def _states(connection: Connection, inside: Select[tuple[int]]) -> list[tuple[JobState, str, int]]:
    """(state, standing, how many) of the jobs of some uploads."""
    state, standing = both_of_jobs(connection)
    both = state.label("status"), standing.label("standing")
    rows = connection.execute(
        select(*both, func.count()).where(job.c.upload_id.in_(inside)).group_by(*both)
    )
    return [(JobState(state), shown, int(number)) for state, shown, number in rows]


def _gone(connection: Connection, archive_id: int) -> dict[bool, int]:
    """How many members have lost their mail, by whether it lay with an earlier upload."""
    elsewhere = lies_elsewhere().label("elsewhere")
    rows = connection.execute(
        select(elsewhere, func.count())
        .select_from(member)
        .join(upload, upload.c.id == member.c.upload_id)
        .where(member.c.archive_id == archive_id, upload.c.state.in_(GONE))
        .group_by(elsewhere)
    )
    return {bool(is_elsewhere): int(number) for is_elsewhere, number in rows}
