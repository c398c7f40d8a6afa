"""A history too long to wait for: a thousand jobs, one of them with very many chunks.

Rows are written straight into the tables, as plans and claims would have left them; messages
come from the real pipeline, see `tests.bench.pages`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, insert

from store.claims import WorkerIdentity
from store.database import Database
from store.planning import settle
from store.states import EngineName
from store.tables import attempt, chunk, job, ledger, upload

CHUNK_BYTES = 16 << 20
MESSAGES_EACH = 200
ROWS_AT_ONCE = 5_000
# Of the chunks of the running job: every so many waits, needed a second attempt.
WAITING_EVERY, RETRIED_EVERY = 10, 33

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One job to be made up."""

    number: int
    job_id: str
    upload_id: int
    chunks: int
    is_open: bool
    failed_every: int
    created_at: datetime

    @property
    def size(self) -> int:
        """Of its mbox, in bytes."""
        return self.chunks * CHUNK_BYTES


def add_jobs(
    database: Database, *, jobs: int, chunks: int, failed_every: int, now: datetime
) -> str:
    """Make `jobs` jobs up, the last with `chunks` chunks and still running; answers its id.

    Of what does not wait there, each `failed_every`th chunk failed.
    """
    every = [
        _past(number, jobs=jobs, chunks=chunks, failed_every=failed_every, now=now)
        for number in range(1, jobs + 1)
    ]
    worker = WorkerIdentity(
        engine=EngineName.RQ, name="bench-1", host="bench", pid=4711, version="1"
    )
    for one in every:
        with database.write() as connection:
            _add(connection, upload, [_upload(one)])
            _add(connection, job, [_job(one)])
            _add(connection, chunk, _chunks(one))
            _add(connection, attempt, _attempts(one, worker))
            _add(connection, ledger, _ledger(one))
        if not one.is_open:
            with database.write() as connection:
                settle(connection, one.job_id, now=one.created_at + timedelta(minutes=10))
    return every[-1].job_id


def _past(number: int, *, jobs: int, chunks: int, failed_every: int, now: datetime) -> Past:
    last = number == jobs
    return Past(
        number=number,
        job_id=uuid.uuid4().hex,
        upload_id=100_000 + number,
        chunks=chunks if last else 10,
        is_open=last,
        failed_every=failed_every,
        created_at=now - timedelta(hours=1 + jobs - number),
    )


def _add(connection: Connection, table: Table, rows: Iterator[Fields] | list[Fields]) -> None:
    waiting = iter(rows)
    while some := list(islice(waiting, ROWS_AT_ONCE)):
        connection.execute(insert(table), some)


def _upload(one: Past) -> Fields:
    return {
        "id": one.upload_id,
        "key": uuid.uuid4().hex,
        "filename": f"archive-{one.number}.mbox",
        "spool_name": f"{uuid.uuid4().hex}.mbox",
        "size": one.size,
        "sha256": sha256(str(one.number).encode()).hexdigest(),
        "state": "stored",
        "created_at": one.created_at,
        "stored_at": one.created_at,
        "created_by": "account:bench",
    }


def _job(one: Past) -> Fields:
    return {
        "id": one.job_id,
        "upload_id": one.upload_id,
        "state": "running",
        "created_at": one.created_at,
        "created_by": "account:bench",
        "started_at": one.created_at,
    }


def _state(one: Past, seq: int) -> str:
    if not one.is_open:
        return "done"
    if seq % WAITING_EVERY == 0:
        return "waiting"
    return "failed" if seq % one.failed_every == 0 else "done"


def _tries(seq: int) -> int:
    return 2 if seq % RETRIED_EVERY == 0 else 1


def _chunks(one: Past) -> Iterator[Fields]:
    for seq in range(one.chunks + 1):
        state = _state(one, seq) if seq else "done"
        start = max(seq - 1, 0) * CHUNK_BYTES
        stop = start + CHUNK_BYTES if seq else one.size
        done = state == "done"
        yield {
            "id": _chunk_id(one, seq),
            "job_id": one.job_id,
            "upload_id": one.upload_id,
            "kind": "parse" if seq else "plan",
            "seq": seq,
            "start": start,
            "stop": stop,
            "position": stop if done else start,
            "expected_messages": MESSAGES_EACH if seq else None,
            "state": state,
            "attempts": 0 if state == "waiting" else _tries(seq),
            "messages": MESSAGES_EACH if done and seq else 0,
            "started_at": None if state == "waiting" else one.created_at,
            "ended_at": None if state == "waiting" else one.created_at,
            "error": f"ParseError: no room at {start}" if state == "failed" else None,
        }


def _chunk_id(one: Past, seq: int) -> int:
    return one.number * 1_000_000 + seq


def _attempts(one: Past, worker: WorkerIdentity) -> Iterator[Fields]:
    for seq in range(one.chunks + 1):
        state = _state(one, seq) if seq else "done"
        if state == "waiting":
            continue
        for number in range(1, _tries(seq) + 1):
            good = state == "done" and number == _tries(seq)
            yield _attempt(one, seq, number=number, good=good, worker=worker)


def _attempt(one: Past, seq: int, *, number: int, good: bool, worker: WorkerIdentity) -> Fields:
    began = one.created_at + timedelta(seconds=seq / max(one.chunks, 1) * 3000)
    return {
        "id": uuid.uuid4().hex,
        "chunk_id": _chunk_id(one, seq),
        "job_id": one.job_id,
        "number": number,
        "engine": worker.engine,
        "worker": worker.name,
        "host": worker.host,
        "pid": worker.pid,
        "version": worker.version,
        "careful": False,
        "start_position": 0,
        "bytes": CHUNK_BYTES if good else 0,
        "messages": MESSAGES_EACH if good else 0,
        "started_at": began,
        "seen_at": began + timedelta(seconds=5),
        "lease_until": began + timedelta(seconds=35),
        "ended_at": began + timedelta(seconds=5),
        "outcome": "done" if good else "failed",
        "error_type": None if good else f"ParseError{seq % 5}",
        "error": None if good else f"no room at {seq}",
        "traceback": None if good else _TRACEBACK,
    }


_TRACEBACK = (
    "Traceback (most recent call last):\n"
    '  File "/srv/mail/body.py", line 70, in read_body\n    raise ParseError\nParseError: no room\n'
)


def _ledger(one: Past) -> Iterator[Fields]:
    for seq in range(1, one.chunks + 1):
        if _state(one, seq) == "done":
            yield {
                "upload_id": one.upload_id,
                "start": (seq - 1) * CHUNK_BYTES,
                "length": CHUNK_BYTES,
                "kind": "message",
                "messages": MESSAGES_EACH,
            }
