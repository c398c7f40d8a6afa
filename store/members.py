"""Read models of an archive's members: a list with what each became, and their sum.

Pure reads, for pages, programs and reports alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from store.archives import Fate
from store.states import JobState
from store.tables import chunk, job, upload
from store.tables_archive import archive, member
from store.uploads import UploadState


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberView:
    """A member and, where it became one, the upload and its job. Sizes in bytes.

    For `same`, that is the earlier upload. `gone`: it has been deleted since.
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
    messages: int
    gone: bool

    @property
    def shown_size(self) -> int | None:
        """What came out, or else what a header says would."""
        return self.claimed_size if self.size is None else self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersSum:
    """An archive's members added up. `open_jobs` are jobs of theirs that are not over."""

    members: int
    by_fate: dict[Fate, int]
    by_reason: dict[str, int]  # of the skipped
    by_state: dict[JobState, int]  # of the jobs that came out of it
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
    gone = row.upload_state in (UploadState.DELETING, UploadState.DELETED)
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
        messages=int(row.messages),
        gone=gone,
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
    states = connection.execute(
        select(job.c.state, func.count()).where(job.c.upload_id.in_(inside)).group_by(job.c.state)
    )
    paused = (
        select(func.count())
        .select_from(job.join(upload, upload.c.id == job.c.upload_id))
        .where(upload.c.archive_id.in_(_archives_within(archive_id)), job.c.paused_at.is_not(None))
    )
    number = func.sum(chunk.c.messages + chunk.c.duplicates + chunk.c.quarantined)
    messages = select(func.coalesce(number, 0)).where(chunk.c.upload_id.in_(inside))
    size = select(func.coalesce(func.sum(upload.c.size), 0)).where(upload.c.id.in_(inside))
    by_fate: dict[Fate, int] = {}
    for row in fates:
        by_fate[Fate(row.fate)] = by_fate.get(Fate(row.fate), 0) + row.number
    return MembersSum(
        members=sum(by_fate.values()),
        by_fate=by_fate,
        by_reason={row.reason: row.number for row in fates if row.fate == Fate.SKIPPED},
        by_state={JobState(state): int(found) for state, found in states},
        paused_jobs=int(connection.execute(paused).scalar_one()),
        messages=int(connection.execute(messages).scalar_one()),
        bytes=int(connection.execute(size).scalar_one()),
    )


def _archives_within(archive_id: int) -> Select[tuple[int]]:
    """An archive and those inside it, however deep."""
    found = select(archive.c.upload_id).where(archive.c.upload_id == archive_id)
    all_of_them = found.cte("archives_within", recursive=True)
    inner = (
        select(archive.c.upload_id)
        .join(upload, upload.c.id == archive.c.upload_id)
        .where(upload.c.archive_id == all_of_them.c.upload_id)
    )
    return select(all_of_them.union(inner).c.upload_id)
