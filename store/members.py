"""Read models of an archive's members: a list with what each became, and their sum.

Pure reads, for pages, programs and reports alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, func, select

from store.archives import Fate
from store.counted_on import GONE, lies_elsewhere
from store.inside import archives_within, paused_inside
from store.job_filter import shown_state
from store.states import JobState
from store.tables import chunk, job, upload
from store.tables_archive import member
from store.uploads import UploadState


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
    messages: int
    gone: bool
    lies_elsewhere: bool

    @property
    def shown_size(self) -> int | None:
        """What came out, or else what a header says would."""
        return self.claimed_size if self.size is None else self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersSum:
    """An archive's members added up. `open_jobs` are jobs of theirs that are not over.

    `deleted` are members whose mail was deleted by itself, `lost` those whose mail went with an
    upload that came before and held the same bytes.
    """

    members: int
    by_fate: dict[Fate, int]
    by_reason: dict[str, int]  # of the skipped
    by_state: dict[JobState, int]  # of the jobs that came out of it
    by_standing: dict[str, int]  # as lists tell it, and of what came out of archives in it too
    deleted: int
    lost: int
    paused_jobs: int
    messages: int
    bytes: int  # of the members that were taken in

    @property
    def open_jobs(self) -> int:
        """Jobs of members that are not over."""
        return sum(number for state, number in self.by_state.items() if not state.is_over)


def members_of(
    connection: Connection, archive_id: int, *, after: int = -1, limit: int
) -> list[MemberView]:
    """Members in the order of the file, those after a place; a page at a time."""
    number = func.sum(chunk.c.messages + chunk.c.duplicates + chunk.c.quarantined)
    messages = select(number).where(chunk.c.upload_id == member.c.upload_id).scalar_subquery()
    rows = connection.execute(
        select(
            member,
            upload.c.state.label("upload_state"),
            job.c.id.label("job_id"),
            job.c.state.label("job_state"),
            shown_state().label("standing"),
            lies_elsewhere().label("lies_elsewhere"),
            func.coalesce(messages, 0).label("messages"),
        )
        .outerjoin(upload, upload.c.id == member.c.upload_id)
        .outerjoin(job, job.c.upload_id == upload.c.id)
        .where(member.c.archive_id == archive_id, member.c.ordinal > after)
        .order_by(member.c.ordinal)
        .limit(limit)
    )
    return [_view(row) for row in rows]


def _view(row: Row[Any]) -> MemberView:
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
        messages=int(row.messages),
        gone=gone,
        lies_elsewhere=bool(row.lies_elsewhere),
    )


def sum_of_members(connection: Connection, archive_id: int) -> MembersSum:
    """The members of an archive added up."""
    of_archive = member.c.archive_id == archive_id
    fates = connection.execute(
        select(member.c.fate, member.c.reason, func.count().label("number"))
        .where(of_archive)
        .group_by(member.c.fate, member.c.reason)
    ).all()
    inside = select(upload.c.id).where(
        upload.c.archive_id == archive_id, upload.c.state == UploadState.STORED
    )
    number = func.sum(chunk.c.messages + chunk.c.duplicates + chunk.c.quarantined)
    messages = select(func.coalesce(number, 0)).where(chunk.c.upload_id.in_(inside))
    size = select(func.coalesce(func.sum(upload.c.size), 0)).where(upload.c.id.in_(inside))
    by_fate = _added((Fate(row.fate), row.number) for row in fates)
    states = _states(connection, inside)
    # Of lists that are narrowed to an archive: they go to the bottom of it.
    deep = select(upload.c.id).where(
        upload.c.archive_id.in_(archives_within(archive_id)), upload.c.state == UploadState.STORED
    )
    gone = _gone(connection, archive_id)
    return MembersSum(
        members=sum(by_fate.values()),
        by_fate=by_fate,
        by_reason={row.reason: row.number for row in fates if row.fate == Fate.SKIPPED},
        by_state=_added((state, number) for state, _, number in states),
        by_standing=_added((row[1], row[2]) for row in _states(connection, deep)),
        deleted=gone.get(False, 0),
        lost=gone.get(True, 0),
        paused_jobs=paused_inside(connection, archive_id),
        messages=int(connection.execute(messages).scalar_one()),
        bytes=int(connection.execute(size).scalar_one()),
    )


Key = TypeVar("Key")


def _added(numbers: Iterable[tuple[Key, int]]) -> dict[Key, int]:
    found: dict[Key, int] = {}
    for key, number in numbers:
        found[key] = found.get(key, 0) + number
    return found


def _states(connection: Connection, inside: Select[tuple[int]]) -> list[tuple[JobState, str, int]]:
    """(state, standing, how many) of the jobs of some uploads."""
    standing = shown_state().label("standing")
    rows = connection.execute(
        select(job.c.state, standing, func.count())
        .where(job.c.upload_id.in_(inside))
        .group_by(job.c.state, standing)
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
