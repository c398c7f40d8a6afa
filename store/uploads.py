"""Uploads: what came in, from the first byte to "whole, and there is a job for it".

The bytes are the spool's; the work on them is `store.claims`'.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from mail.member_name import safe_path
from mail.sniff import Verdict
from store import tables
from store.archives import add_archive, forget_archive, point_to
from store.locks import take_turns
from store.past_work import delete_attempts
from store.states import ChunkKind, ChunkState, JobState
from store.turns import turn_of_plan
from store.upload_name import safe_name


class UploadState(StrEnum):
    """Where an upload stands."""

    RECEIVING = "receiving"
    STORED = "stored"
    BROKEN = "broken"  # broke off or was refused; its bytes are gone
    DELETING = "deleting"
    DELETED = "deleted"


class UploadKind(StrEnum):
    """What an upload is."""

    MAIL = "mail"
    ARCHIVE = "archive"  # holds other files; what is mail among them become uploads themselves

    @classmethod
    def of(cls, verdict: Verdict) -> UploadKind:
        """What a file is by its first bytes."""
        return cls.ARCHIVE if verdict.is_archive else cls.MAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One mbox that came in or is coming in."""

    id: int
    key: str
    filename: str
    spool_name: str
    size: int | None  # bytes; None until it is whole
    sha256: str | None
    state: UploadState
    created_at: datetime
    created_by: str
    kind: UploadKind  # MAIL until it is whole
    archive_id: int | None  # the upload it came out of


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """An earlier upload of the very same bytes, and its job."""

    upload_id: int
    job_id: str
    job_state: JobState
    filename: str
    stored_at: datetime


def open_upload(
    connection: Connection,
    *,
    filename: str,
    declared_size: int | None,
    by: str,
    now: datetime,
    archive_id: int | None = None,
) -> Upload:
    """Note that bytes are about to come; whatever name they were sent under is made safe.

    What comes out of an archive goes by its path in there.
    """
    key = secrets.token_urlsafe(24)
    values = {
        "key": key,
        "filename": safe_name(filename) if archive_id is None else safe_path(filename),
        "spool_name": f"{uuid.uuid4().hex}.mbox",
        "declared_size": declared_size,
        "state": UploadState.RECEIVING,
        "created_at": now,
        "created_by": by,
        "archive_id": archive_id,
    }
    inserted = connection.execute(
        insert(tables.upload).values(values).returning(tables.upload.c.id)
    )
    return require_upload(connection, inserted.scalar_one())


def require_upload(connection: Connection, upload_id: int) -> Upload:
    """The upload of that id. Raises LookupError when there is none."""
    row = connection.execute(
        select(tables.upload).where(tables.upload.c.id == upload_id)
    ).one_or_none()
    if row is None:
        raise LookupError(f"no upload {upload_id}")
    return as_upload(row)


def as_upload(row: Row[Any]) -> Upload:
    """A row of the table as one of these."""
    return Upload(
        id=row.id,
        key=row.key,
        filename=row.filename,
        spool_name=row.spool_name,
        size=row.size,
        sha256=row.sha256,
        state=UploadState(row.state),
        created_at=row.created_at,
        created_by=row.created_by,
        kind=UploadKind(row.kind),
        archive_id=row.archive_id,
    )


def find_twin(connection: Connection, *, sha256: str, size: int) -> Twin | None:
    """An earlier, whole upload of the same bytes whose job was not given up."""
    given_up = (JobState.CANCELLED, JobState.FAILED)
    row = connection.execute(
        select(
            tables.upload.c.id,
            tables.upload.c.filename,
            tables.upload.c.stored_at,
            tables.job.c.id.label("job_id"),
            tables.job.c.state,
        )
        .join(tables.job, tables.job.c.upload_id == tables.upload.c.id)
        .where(tables.upload.c.sha256 == sha256, tables.upload.c.size == size)
        .where(tables.upload.c.state == UploadState.STORED, tables.job.c.state.not_in(given_up))
        .order_by(tables.upload.c.id)
        .limit(1)
    ).first()
    if row is None:
        return None
    return Twin(
        upload_id=row.id,
        job_id=row.job_id,
        job_state=JobState(row.state),
        filename=row.filename,
        stored_at=row.stored_at,
    )


def break_off(connection: Connection, upload_id: int) -> bool:
    """The bytes will not come; only the memory of the attempt stays.

    False when they did come: then they belong to a job, and must not be removed.
    """
    broken = connection.execute(
        update(tables.upload)
        .where(tables.upload.c.id == upload_id)
        .where(tables.upload.c.state.in_((UploadState.RECEIVING, UploadState.BROKEN)))
        .values(state=UploadState.BROKEN)
    )
    return broken.rowcount == 1


def complete_unless_twin(
    connection: Connection,
    upload: Upload,
    *,
    size: int,
    sha256: str,
    now: datetime,
    kind: UploadKind = UploadKind.MAIL,
    paused_at: datetime | None = None,
) -> str | Twin:
    """The upload is whole: the job it gets, or the earlier upload of the same bytes.

    Found and decided in one turn: of several uploads of the same bytes that end together, one
    is kept. With a twin, this upload is broken off; its bytes are the caller's to remove.
    """
    take_turns(connection, int(sha256[:15], 16))
    twin = find_twin(connection, sha256=sha256, size=size)
    if twin is None:
        return complete_upload(
            connection,
            upload,
            size=size,
            sha256=sha256,
            now=now,
            kind=kind,
            paused_at=paused_at,
        )
    break_off(connection, upload.id)
    return twin


def complete_upload(
    connection: Connection,
    upload: Upload,
    *,
    size: int,
    sha256: str,
    now: datetime,
    kind: UploadKind = UploadKind.MAIL,
    again: bool = False,
    paused_at: datetime | None = None,
) -> str:
    """The upload is whole: in one transaction it gets a job with a plan to make.

    Answers the job's id. The plan chunk's empty `rung_at` is the outbox entry for the doorbell.
    `again` concerns an archive: its members are taken in although their bytes came before. With
    `paused_at` the job waits until somebody lets it go on.
    """
    moved = connection.execute(
        update(tables.upload)
        .where(tables.upload.c.id == upload.id, tables.upload.c.state == UploadState.RECEIVING)
        .values(state=UploadState.STORED, size=size, sha256=sha256, stored_at=now, kind=kind)
    )
    if moved.rowcount != 1:
        raise LookupError(f"upload {upload.id} is not open any more")
    gone = _deleted_twins(connection, sha256=sha256, size=size)
    if gone:
        point_to(connection, upload.id, gone=gone, own=upload.archive_id)
    if is_archive := kind is UploadKind.ARCHIVE:
        add_archive(connection, upload.id, inside=upload.archive_id, again=again)
    is_inside = upload.archive_id is not None
    job_id = uuid.uuid4().hex
    connection.execute(
        insert(tables.job).values(
            id=job_id,
            upload_id=upload.id,
            state=JobState.QUEUED,
            created_at=now,
            created_by=upload.created_by,
            paused_at=paused_at,
        )
    )
    connection.execute(
        insert(tables.chunk).values(
            job_id=job_id,
            upload_id=upload.id,
            kind=ChunkKind.PLAN,
            seq=0,
            turn=turn_of_plan(is_archive=is_archive, size=size, is_inside=is_inside),
            start=0,
            stop=size,
            position=0,
            state=ChunkState.WAITING,
        )
    )
    return job_id


def _deleted_twins(connection: Connection, *, sha256: str, size: int) -> list[int]:
    """Earlier uploads of the same bytes that are not here any more."""
    rows = connection.execute(
        select(tables.upload.c.id).where(
            tables.upload.c.sha256 == sha256,
            tables.upload.c.size == size,
            tables.upload.c.state.in_((UploadState.DELETING, UploadState.DELETED)),
        )
    )
    return list(rows.scalars())


def mark_deleting(connection: Connection, upload_id: int) -> list[str]:
    """An upload is going: it is shown no more. Answers the ids of its jobs."""
    connection.execute(
        update(tables.upload)
        .where(tables.upload.c.id == upload_id)
        .values(state=UploadState.DELETING)
    )
    jobs = select(tables.job.c.id).where(tables.job.c.upload_id == upload_id)
    return list(connection.execute(jobs).scalars())


def forget_upload(connection: Connection, upload_id: int) -> None:
    """Remove the books of an upload whose messages are gone; its name and dates stay."""
    of_upload = select(tables.chunk.c.id).where(tables.chunk.c.upload_id == upload_id)
    delete_attempts(connection, tables.attempt.c.chunk_id.in_(of_upload))
    for table in (tables.chunk, tables.ledger, tables.quarantine):
        connection.execute(delete(table).where(table.c.upload_id == upload_id))
    forget_archive(connection, upload_id)
    connection.execute(
        update(tables.upload)
        .where(tables.upload.c.id == upload_id)
        .values(state=UploadState.DELETED)
    )
