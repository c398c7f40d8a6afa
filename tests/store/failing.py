"""Make chunks fail as workers would have left them, without any work being done."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert, select

from store.causes import Cause
from store.failures import Failure, note_failures
from store.states import ChunkKind, ChunkState
from store.tables import chunk, upload
from store.uploads import complete_upload, open_upload

NOON = datetime(2024, 3, 9, 12, 0, tzinfo=UTC)
SPOOL = Cause(
    error_type="SpoolError", message="the mbox is not there", frame="store/spool.py source"
)
PARSE = Cause(error_type="ParseError", message="no room at N", frame="mail/body.py read_body")


def add_job(
    connection: Connection, filename: str = "a.mbox", *, size: int = 1000
) -> tuple[str, int]:
    """A job with a plan still to make; its id and that of its upload."""
    upload = open_upload(connection, filename=filename, declared_size=None, by="test", now=NOON)
    job_id = complete_upload(connection, upload, size=size, sha256="0" * 64, now=NOON)
    return job_id, upload.id


def give_file(connection: Connection, upload_id: int, folder: Path) -> None:
    """Let the file of such a job lie in a spool, so that a retry is not in vain."""
    found = connection.execute(
        select(upload.c.spool_name, upload.c.size).where(upload.c.id == upload_id)
    ).one()
    (folder / found.spool_name).write_bytes(bytes(found.size))


def fail_chunks(
    connection: Connection,
    job: tuple[str, int],
    cause: Cause,
    *,
    count: int,
    first_seq: int = 1,
    at: datetime = NOON,
) -> list[int]:
    """Chunks of 100 bytes, half read, that failed a second after another from `at` on."""
    ids = []
    for number in range(count):
        inserted = connection.execute(
            insert(chunk)
            .values(
                job_id=job[0],
                upload_id=job[1],
                kind=ChunkKind.PARSE,
                seq=first_seq + number,
                start=0,
                stop=100,
                position=50,
                state=ChunkState.FAILED,
                error=f"{cause.error_type}: {cause.message}",
                attempt_id=uuid.uuid4().hex,
                ended_at=at + timedelta(seconds=number),
            )
            .returning(chunk.c.id)
        )
        ids.append(inserted.scalar_one())
    note_failures(
        connection,
        [
            Failure(chunk_id=chunk_id, cause=cause, at=at + timedelta(seconds=number))
            for number, chunk_id in enumerate(ids)
        ],
    )
    return ids
