"""A job with its plan made and many small chunks that wait."""

from __future__ import annotations

from sqlalchemy import Connection, insert, update

from store.states import ChunkKind, ChunkState
from store.tables import chunk
from tests.store.failing import add_job as add_planned_job

CHUNK_BYTES = 10


def add_job(connection: Connection, *, chunks: int) -> str:
    """The id of a new job with so many chunks of ten bytes."""
    job_id, upload_id = add_planned_job(connection, size=chunks * CHUNK_BYTES)
    connection.execute(
        update(chunk)
        .where(chunk.c.job_id == job_id)
        .values(state=ChunkState.DONE, position=chunk.c.stop)
    )
    connection.execute(
        insert(chunk),
        [
            {
                "job_id": job_id,
                "upload_id": upload_id,
                "kind": ChunkKind.PARSE,
                "seq": seq,
                "start": (seq - 1) * CHUNK_BYTES,
                "stop": seq * CHUNK_BYTES,
                "position": (seq - 1) * CHUNK_BYTES,
                "expected_messages": 2,
                "state": ChunkState.WAITING,
            }
            for seq in range(1, chunks + 1)
        ],
    )
    return job_id
