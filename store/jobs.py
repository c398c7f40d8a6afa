"""Read models of jobs: what they are and where they stand.

Pure reads: nothing here changes a row, so any page may call it at any time. How far and how fast
they are is `store.job_progress`, chunks and attempts one by one are `store.chunks`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, tuple_

from store import tables
from store.causes import is_lasting
from store.counted_on import GONE, numbers_lost
from store.files_reread import FileReading, files_read_again
from store.held import NOTHING, Held, held_by
from store.inside import archives_within
from store.job_progress import Progress, progress_of
from store.outer import Outer, damages_of, outers_of
from store.overall import (
    AT_WORK,
    PAUSED,
    own_standing,
    status_of_jobs,
    status_with_files,
    with_files,
)
from store.states import OPEN_JOB_STATES, EngineName, JobState
from store.uploads import UploadKind
from store.vain import jobs_in_vain

attempt, job, upload = tables.attempt, tables.job, tables.upload


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """One job as people see it.

    `state` is that of its own chunks, of an archive therefore of the unpacking; where it stands
    with its files is `status`, or `standing` in the words of lists. `paused_at`: nothing of it is
    begun; of an archive that is over, nothing of what came out of it. While its messages are being
    taken away to be read again (`reading`), the state of its own is cancelled, which is no end.
    """

    id: str
    upload_id: int
    filename: str
    size: int
    sha256: str
    state: JobState
    engine: EngineName | None  # of the latest attempt; None before the first
    progress: Progress
    error: str | None
    created_at: datetime
    created_by: str
    started_at: datetime | None
    finished_at: datetime | None
    paused_at: datetime | None
    detection: dict[str, Any] | None
    rule: dict[str, Any] | None
    kind: UploadKind
    archive: Outer | None
    damage: str | None  # of the file in that archive: only a part of it could be had
    held: Held | None  # what an archive holds; None for what is none
    lost: int  # members of an archive whose mail went with a file that came before it
    retry_is_vain: bool  # it failed, and a retry with this version comes to the same end
    reading: FileReading | None  # the errand that reads its file again, or waits to

    @property
    def is_archive(self) -> bool:
        """True when it unpacks a file, False when it reads mail."""
        return self.kind is UploadKind.ARCHIVE

    @property
    def may_see_more(self) -> bool:
        """True when no mail was found in it, but by other versions only than this one."""
        return self.state is JobState.FAILED and is_lasting(self.error) and not self.retry_is_vain

    @property
    def is_reread(self) -> bool:
        """True while its messages are being taken away, to be read again."""
        return self.reading is not None and self.reading.has_begun

    @property
    def is_being_planned(self) -> bool:
        """True while it is looked for where its messages begin, and none of them is read yet."""
        return (
            self.state is JobState.PLANNING and not self.is_archive and not self.progress.bytes_done
        )

    @property
    def goes_on(self) -> bool:
        """True while its own part is not over, or is to be begun again."""
        return not self.state.is_over or self.reading is not None

    @property
    def standing(self) -> str:
        """The word for where it stands, "paused" while nothing of it is begun."""
        own = own_standing(
            self.state,
            is_archive=self.is_archive,
            is_paused=self.paused_at is not None,
            is_reread=self.is_reread,
        )
        return with_files(own, self.held.inside) if self.held else own

    @property
    def status(self) -> JobState:
        """Where it stands with its files."""
        if self.is_reread:
            return JobState.RUNNING
        return status_with_files(self.state, self.held.inside) if self.held else self.state

    @property
    def is_settled(self) -> bool:
        """True when it is over, with all its files. What is paused is not."""
        return self.status.is_over

    @property
    def waits_for_a_person(self) -> bool:
        """True while it is not over and nothing of it goes on before somebody lets it."""
        return self.standing == PAUSED

    @property
    def waits_for_worker(self) -> bool:
        """True while it was begun and could go on, but no worker has any of it in hand."""
        return self.standing in AT_WORK and not self.progress.chunks_running

    @property
    def waits_for_others(self) -> int:
        """Paused files that came before an archive, when it waits for nothing else; 0 otherwise."""
        if self.held is None or not self.state.is_over or self.held.open_here:
            return 0
        return self.held.paused_before if self.held.paused_before == self.held.open else 0

    @property
    def ended_at(self) -> datetime | None:
        """When all of it was over; None while something is not."""
        if self.is_reread:
            return None
        if self.held is None or self.finished_at is None:
            return self.finished_at
        if not self.is_settled:
            return None
        return max(self.finished_at, self.held.last_end or self.finished_at)


def find_job(connection: Connection, job_id: str, *, now: datetime) -> JobView | None:
    """The job of that id."""
    found = views_of(connection, shown_jobs().where(job.c.id == job_id), now=now)
    return found[0] if found else None


def kind_of_job(connection: Connection, job_id: str) -> UploadKind | None:
    """What its upload is; None when there is no such job."""
    query = select(upload.c.kind).join(job, job.c.upload_id == upload.c.id)
    kind = connection.execute(query.where(job.c.id == job_id)).scalar_one_or_none()
    return None if kind is None else UploadKind(kind)


def end_of(connection: Connection, job_id: str) -> datetime | None:
    """When a job was over, with all that came out of it; None while it is not."""
    row = connection.execute(
        select(job.c.upload_id, job.c.finished_at).where(job.c.id == job_id)
    ).one_or_none()
    if row is None or row.finished_at is None:
        return None
    held = held_by(connection, [row.upload_id]).get(row.upload_id, NOTHING)
    if held.open_here:
        return None
    ended: datetime = max(row.finished_at, held.last_end or row.finished_at)
    return ended


def list_jobs(
    connection: Connection,
    *,
    now: datetime,
    states: Sequence[JobState] = (),
    own_states: Sequence[JobState] = (),
    is_folded: bool = False,
    before: tuple[datetime, str] | None = None,
    archive_id: int | None = None,
    limit: int = 50,
) -> list[JobView]:
    """Newest first; `before` is (created_at, id) of the last one already seen.

    With `archive_id` only what came out of that upload, however deep; `is_folded` leaves out what
    came out of any. `states` are those of jobs with their files, `own_states` without.
    """
    query = shown_jobs().order_by(job.c.created_at.desc(), job.c.id.desc()).limit(limit)
    if states:
        query = query.where(status_of_jobs(connection).in_(states))
    if own_states:
        query = query.where(job.c.state.in_(own_states))
    if is_folded:
        query = query.where(upload.c.archive_id.is_(None))
    if archive_id is not None:
        query = query.where(upload.c.archive_id.in_(archives_within(archive_id)))
    if before is not None:
        query = query.where(tuple_(job.c.created_at, job.c.id) < before)
    return views_of(connection, query, now=now)


def open_jobs(connection: Connection, *, now: datetime, limit: int = 20) -> list[JobView]:
    """What is happening: uploads that are not over, with all that is in them; oldest first."""
    query = shown_jobs().where(
        upload.c.archive_id.is_(None), status_of_jobs(connection).in_(OPEN_JOB_STATES)
    )
    return views_of(connection, query.order_by(job.c.created_at, job.c.id).limit(limit), now=now)


def job_counts(connection: Connection) -> dict[JobState, int]:
    """How many jobs there are in each state that occurs; those of deleted files do not count."""
    counted = select(job.c.state, func.count()).select_from(job)
    there = counted.join(upload, upload.c.id == job.c.upload_id).where(_is_there())
    rows = connection.execute(there.group_by(job.c.state))
    return {JobState(state): int(number) for state, number in rows}


def shown_jobs() -> Select[Any]:
    """Every job whose mbox is not deleted, with what is known of the mbox; for `views_of`."""
    return (
        select(
            job,
            upload.c.filename,
            upload.c.size,
            upload.c.sha256,
            upload.c.kind,
            upload.c.archive_id,
        )
        .join(upload, upload.c.id == job.c.upload_id)
        .where(_is_there())
    )


def _is_there() -> ColumnElement[bool]:
    return upload.c.state.not_in(GONE)


def views_of(connection: Connection, query: Select[Any], *, now: datetime) -> list[JobView]:
    """What a query made of `shown_jobs` finds, in its order."""
    rows = connection.execute(query).all()
    ids = [row.id for row in rows]
    archives = [row.upload_id for row in rows if row.kind == UploadKind.ARCHIVE]
    held = dict.fromkeys(archives, NOTHING) | held_by(connection, archives)
    progress = progress_of(connection, rows, held=held, now=now)
    engines, lost = _engines(connection, ids), numbers_lost(connection, archives)
    inner = {row.upload_id: row.archive_id for row in rows if row.archive_id is not None}
    outers = outers_of(connection, set(inner.values()))
    damages = damages_of(connection, inner) if inner else {}
    readings = files_read_again(connection)
    in_vain = jobs_in_vain(connection, [row.id for row in rows if is_lasting(row.error)])
    return [
        _job_view(
            row,
            progress=progress[row.id],
            outer=outers.get(row.archive_id),
            damage=damages.get(row.upload_id),
            held=held.get(row.upload_id),
            lost=lost.get(row.upload_id, 0),
            engine=engines.get(row.id),
            is_vain=row.id in in_vain,
            reading=readings.get(row.id),
        )
        for row in rows
    ]


def _engines(connection: Connection, job_ids: list[str]) -> dict[str, EngineName]:
    latest = (
        select(attempt.c.engine)
        .where(attempt.c.job_id == job.c.id)
        .order_by(attempt.c.started_at.desc(), attempt.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = connection.execute(select(job.c.id, latest).where(job.c.id.in_(job_ids)))
    return {job_id: EngineName(engine) for job_id, engine in rows if engine is not None}


def _job_view(
    row: Row[Any],
    *,
    progress: Progress,
    engine: EngineName | None,
    outer: Outer | None,
    damage: str | None,
    held: Held | None,
    lost: int,
    is_vain: bool,
    reading: FileReading | None,
) -> JobView:
    # An archive that was gone through while paused, and of which no file waits any more.
    lets_go = held is not None and JobState(row.state).is_over and not held.paused_here
    return JobView(
        id=row.id,
        upload_id=row.upload_id,
        filename=row.filename,
        size=row.size,
        sha256=row.sha256,
        state=JobState(row.state),
        engine=engine,
        progress=progress,
        error=row.error,
        created_at=row.created_at,
        created_by=row.created_by,
        started_at=row.started_at,
        finished_at=row.finished_at,
        paused_at=None if lets_go else row.paused_at,
        detection=json.loads(row.detection) if row.detection else None,
        rule=json.loads(row.rule) if row.rule else None,
        kind=UploadKind(row.kind),
        archive=outer,
        damage=damage,
        held=held,
        lost=lost,
        retry_is_vain=is_vain and JobState(row.state) is JobState.FAILED,
        reading=reading,
    )
