"""A job from its plan to its end: the rule for the file, the chunks, and the verdict.

The verdict is reached from chunks and ledger alone, by whoever looks last.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from mail.chunk import Chunk
from store import tables
from store.archives import what_is_wrong
from store.claims import Claim, advance
from store.ledger import balance
from store.states import OPEN_CHUNK_STATES, OPEN_JOB_STATES, ChunkKind, ChunkState, JobState
from store.uploads import UploadKind

chunk, job, upload = tables.chunk, tables.job, tables.upload


def fix_rule(
    connection: Connection, claimed: Claim, *, rule: dict[str, Any], detection: dict[str, Any]
) -> None:
    """Write down how this file is cut, behind the plan's fence, so that every attempt cuts alike.

    Raises Fenced when the plan is in other hands.
    """
    advance(connection, claimed, since=claimed.position, to=claimed.position)
    connection.execute(
        update(job)
        .where(job.c.id == claimed.job_id)
        .values(rule=json.dumps(rule), detection=json.dumps(detection))
    )


def counted_messages(connection: Connection, job_id: str) -> int:
    """How many messages the scan has counted so far."""
    total = connection.execute(
        select(func.coalesce(func.sum(chunk.c.expected_messages), 0)).where(
            chunk.c.job_id == job_id
        )
    )
    return int(total.scalar_one())


def add_chunks(
    connection: Connection, claimed: Claim, *, planned: Sequence[Chunk], since: int
) -> int:
    """Add the chunks of one stretch of the plan, behind the plan's fence; answers the new position.

    Raises Fenced when the plan is in other hands.
    """
    to = planned[-1].stop
    advance(connection, claimed, since=since, to=to)
    first = connection.execute(
        select(func.max(chunk.c.seq)).where(chunk.c.job_id == claimed.job_id)
    ).scalar_one()
    connection.execute(
        insert(chunk),
        [
            {
                "job_id": claimed.job_id,
                "upload_id": claimed.upload_id,
                "kind": ChunkKind.PARSE,
                "seq": first + number,
                "turn": first + number,
                "start": part.start,
                "stop": part.stop,
                "position": part.start,
                "expected_messages": part.messages,
                "state": ChunkState.WAITING,
            }
            for number, part in enumerate(planned, start=1)
        ],
    )
    return to


def settle(connection: Connection, job_id: str, *, now: datetime) -> JobState:
    """Move a job to where its chunks say it is; harmless at any time and in any number.

    Takes the job's row first, so that of two last chunks one surely sees the other's end.
    """
    row = connection.execute(
        select(job.c.state, job.c.upload_id, upload.c.size, upload.c.kind)
        .join(upload, upload.c.id == job.c.upload_id)
        .where(job.c.id == job_id)
        .with_for_update(of=job)
    ).one()
    state = JobState(row.state)
    if state.is_over:
        return state
    verdict, error = _verdict(connection, job_id, upload_id=row.upload_id, size=row.size)
    if verdict in (JobState.FINISHED, JobState.INCOMPLETE) and row.kind == UploadKind.ARCHIVE:
        verdict, error = _of_archive(connection, row.upload_id, verdict, error)
    if verdict is None or verdict is state:
        return state
    over: dict[str, Any] = {"finished_at": now if verdict.is_over else None}
    # What came out of a paused archive is paused as well, and waits after its end; see `reopen`.
    if verdict.is_over and row.kind != UploadKind.ARCHIVE:
        over["paused_at"] = None
    connection.execute(
        update(job).where(job.c.id == job_id).values(state=verdict, error=error, **over)
    )
    return verdict


def _verdict(
    connection: Connection, job_id: str, *, upload_id: int, size: int
) -> tuple[JobState | None, str | None]:
    counts = {
        (ChunkKind(row.kind), ChunkState(row.state)): int(row.number)
        for row in connection.execute(
            select(chunk.c.kind, chunk.c.state, func.count().label("number"))
            .where(chunk.c.job_id == job_id)
            .group_by(chunk.c.kind, chunk.c.state)
        )
    }
    still_open = sum(number for (_, state), number in counts.items() if state in OPEN_CHUNK_STATES)
    planned = (ChunkKind.PLAN, ChunkState.DONE) in counts
    if still_open:
        return (JobState.RUNNING if planned else None), None
    failed = sum(number for (_, state), number in counts.items() if state is ChunkState.FAILED)
    if failed:
        return JobState.FAILED, _first_error(connection, job_id, failed=failed)
    return _audit(connection, job_id, upload_id=upload_id, size=size)


def _first_error(connection: Connection, job_id: str, *, failed: int) -> str:
    first = connection.execute(
        select(chunk.c.kind, chunk.c.seq, chunk.c.error)
        .where(chunk.c.job_id == job_id, chunk.c.state == ChunkState.FAILED)
        .order_by(chunk.c.seq)
        .limit(1)
    ).one()
    if first.kind == ChunkKind.PLAN:
        return str(first.error)
    others = f" ({failed} chunks failed in all)" if failed > 1 else ""
    return f"chunk {first.seq}: {first.error}{others}"


def _audit(
    connection: Connection, job_id: str, *, upload_id: int, size: int
) -> tuple[JobState, str | None]:
    expected = counted_messages(connection, job_id)
    books = balance(connection, upload_id, size=size)
    if not books.balances:
        gap = f"; the first gap is at byte {books.gaps[0][0]}" if books.gaps else ""
        return JobState.INCOMPLETE, f"{books.accounted} of {size} bytes are accounted for{gap}"
    if books.messages != expected:
        return (
            JobState.INCOMPLETE,
            f"the scan counted {expected} messages, the ledger holds {books.messages}",
        )
    return JobState.FINISHED, None


def _of_archive(
    connection: Connection, upload_id: int, verdict: JobState, error: str | None
) -> tuple[JobState, str | None]:
    """Checksums and lengths must hold too, of the archive and of each member."""
    wrong = what_is_wrong(connection, upload_id)
    if wrong is None:
        return verdict, error
    return JobState.INCOMPLETE, f"{wrong}; {error}" if error else wrong


def unsettled_jobs(connection: Connection) -> list[str]:
    """Open jobs that no chunk will move any more, because none waits or runs."""
    busy = select(chunk.c.id).where(
        chunk.c.job_id == job.c.id, chunk.c.state.in_(OPEN_CHUNK_STATES)
    )
    rows = connection.execute(
        select(job.c.id).where(job.c.state.in_(OPEN_JOB_STATES), ~busy.exists())
    )
    return list(rows.scalars())
