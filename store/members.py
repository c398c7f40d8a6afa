"""The members of an archive added up: what became of how many. One by one: `store.member_lists`.

Pure reads, for pages, programs and reports alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import (
    Connection,
    Select,
    case,
    func,
    select,
)

from mail.member import NotTaken
from store.archives import Fate, lies_elsewhere
from store.counted_on import GONE
from store.held import NOTHING, Held, all_messages, held_by
from store.inside import archives_within
from store.overall import both_of_jobs
from store.standings import in_order
from store.states import JobState
from store.tables import job, upload
from store.tables_archive import member
from store.uploads import UploadState


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
