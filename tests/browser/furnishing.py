"""Consoles in trouble, for pages to be looked at: each state once, made without waiting for it.

Workers are records in a Redis (`tests.web.hall`), and attempts are claimed in their names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2
from sqlalchemy import select, update

from jobs.reports import PREFIX
from jobs.workshop import open_workshop
from store.causes import Cause
from store.claims import WorkerIdentity, claim_next
from store.clock import utc_now
from store.config import load
from store.failures import Failure, note_failures
from store.recovery import Trouble, record_trouble
from store.states import ChunkKind, ChunkState, EngineName, JobState, Outcome
from store.tables import attempt, chunk
from store.tables import job as job_table
from tests.harness.console import Console, start_console
from tests.harness.databases import opened
from tests.jobs.floor import Floor
from tests.mboxes import letters, mbox_of, raw_message
from tests.web.asking import upload
from tests.web.hall import AWAY, Hall, flat

HOURS = {"LEASE_SECONDS": "3600", "BEAT_SECONDS": "20", "RECONCILE_SECONDS": "600"}
SMALL = {"CHUNK_BYTES": "16384", "MAX_MESSAGE_BYTES": "65536", "ATTEMPTS": "1"}
BUG = Cause(error_type="MadeUpError", message="a bug of the day", frame="mail/body.py read_body")


@dataclass(frozen=True, slots=True)
class Troubled:
    """A console with trouble in it, and the addresses of the pages that show it."""

    console: Console
    paths: dict[str, str]


@contextmanager
def troubled_console(folder: Path, redis_url: str) -> Iterator[Troubled]:
    """Failed, quarantined, running and late work; workers in every state but one."""
    console, hall = start_console(folder, settings={**SMALL, "QUEUE": "local"}), Hall(redis_url)
    try:
        heavy = raw_message(7, subject="A heavy one", body="heavy quarkseven\n" * 6000)
        with console.client() as client:
            aside = upload(client, raw_message(1) + heavy, filename="heavy.mbox")["job_id"]
            failed = upload(client, letters(400, body_lines=9), filename="attic.mbox")["job_id"]
        fail_chunks_of(console, failed)
        serve_by_redis(console, redis_url)
        running = begin(console, hall)
        yield Troubled(console, _paths(aside=aside, failed=failed, running=running))
    finally:
        hall.close()
        console.process.stop()


@contextmanager
def console_without_redis(folder: Path) -> Iterator[Troubled]:
    """Redis is away, an upload waits for it."""
    console = start_console(folder, settings={"QUEUE": "redis", "REDIS_URL": AWAY})
    try:
        with console.client() as client:
            job = hand_in(client, letters(3), filename="waiting.mbox")
        paths = {"overview": "/", "workers": "/workers", "job": f"/jobs/{job}", "jobs": "/jobs"}
        yield Troubled(console, paths)
    finally:
        console.process.stop()


def _paths(*, aside: str, failed: str, running: str) -> dict[str, str]:
    return {
        "overview": "/",
        "running": f"/jobs/{running}",
        "running-report": f"/jobs/{running}/report",
        "failed": f"/jobs/{failed}",
        "failed-chunk": f"/jobs/{failed}?chunk=2",
        "failed-again": f"/jobs/{failed}/read-again",
        "aside": f"/jobs/{aside}",
        "workers": "/workers",
        "late": "/workers?state=late",
        "drain": "/workers/drain?name=node-1-4711",
        "stop": "/workers/stop?name=node-1-4711",
        "jobs": "/jobs",
        "failures": "/failures",
        "cause": f"/failures/{BUG.key}",
        "retry": f"/failures/retry?cause={BUG.key}",
        "bulk": "/jobs/bulk?act=retry",
    }


def fail_chunks_of(console: Console, job_id: str) -> None:
    """As if a bug of the day had struck all chunks of a job at their ends."""
    with opened(load(console.environ).database_url) as database, database.write() as connection:
        mine = (chunk.c.kind == ChunkKind.PARSE) & (chunk.c.job_id == job_id)
        ids = connection.execute(select(chunk.c.id).where(mine)).scalars()
        failures = [Failure(chunk_id=one, cause=BUG, at=utc_now()) for one in ids]
        words = f"{BUG.error_type}: {BUG.message}"
        connection.execute(update(chunk).where(mine).values(state=ChunkState.FAILED, error=words))
        failed = update(job_table).where(job_table.c.id == job_id)
        connection.execute(failed.values(state=JobState.FAILED, error=words))
        note_failures(connection, failures)


def serve_by_redis(console: Console, redis_url: str) -> None:
    """Start the console again beside a Redis, with so much patience that nothing is given up."""
    console.process.stop()
    console.environ.update(HOURS, QUEUE="redis", REDIS_URL=redis_url)
    console.restart()


def hand_in(client: httpx2.Client, mbox: bytes, *, filename: str) -> str:
    """Upload without waiting for the end; the id of the job."""
    answer = client.post("/api/upload/stream", params={"filename": filename}, content=mbox)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


def begin(console: Console, hall: Hall) -> str:
    """A job that is half read: by a busy worker, a silent one, one that died; its id."""
    with console.client() as client:
        job_id = hand_in(client, _other_letters(), filename="harbour-list.mbox")
    floor = Floor(open_workshop(load(console.environ)), job_id)
    floor.plan()
    for _ in range(4):
        floor.step()
    for name in ("node-1-4711", "node-1-4712", "node-2-905", "node-2-911"):
        claim_as(floor, name)
    fall_silent(floor, "node-1-4712")
    fall_silent(floor, "node-2-905")
    give_up(floor, "node-2-911")
    floor.workshop.database.close()
    enlist_everybody(hall)
    return job_id


def _other_letters() -> bytes:
    """As many as keep workers busy, none of them a copy of what is here."""
    body = "letter\n" + "and so on it went\n" * 9
    return mbox_of(raw_message(number, body=f"{number} {body}") for number in range(5000, 5900))


def claim_as(floor: Floor, worker: str) -> None:
    """Have a worker of that name take the next chunk."""
    host, _, pid = worker.rpartition("-")
    identity = WorkerIdentity(
        engine=EngineName.RQ, name=worker, host=host, pid=int(pid) + 1, version="0.1.0"
    )
    with floor.workshop.database.write() as connection:
        assert claim_next(connection, worker=identity, now=utc_now(), lease_seconds=3600)


def fall_silent(floor: Floor, worker: str) -> None:
    """Its attempt was heard of last three minutes ago."""
    heard = utc_now() - timedelta(minutes=3)
    with floor.workshop.database.write() as connection:
        connection.execute(update(attempt).where(attempt.c.worker == worker).values(seen_at=heard))


def give_up(floor: Floor, worker: str) -> None:
    """Its work-horse was killed, as far as is known for want of memory."""
    words = (
        "work-horse 912: signal 9 (SIGKILL); it held 1.9 GB of a limit of 2.0 GB: "
        "probably out of memory"
    )
    trouble = Trouble(outcome=Outcome.LOST, error_type="WorkerDied", error=words)
    with floor.workshop.database.write() as connection:
        mine = select(attempt.c.id).where(attempt.c.worker == worker)
        attempt_id = connection.execute(mine).scalar_one()
        policy = floor.workshop.policy
        record_trouble(connection, attempt_id, trouble=trouble, policy=policy, now=utc_now())


def enlist_everybody(hall: Hall) -> None:
    """Busy, late, presumed dead, stuck, draining, idle, and an entry nobody stands behind."""
    hall.enlist("node-1-4711", pid="4711", state="busy")
    report = {"at": utc_now().isoformat(), "limit": "2000000000"}
    for whose, memory in (("worker", "45000000"), ("horse", "150000000")):
        report |= {f"{whose}_pid": "4711", f"{whose}_memory": memory, f"{whose}_peak": memory}
        report |= {f"{whose}_cpu": "5", f"{whose}_age": "10"}
    hall.redis.hset(f"{PREFIX}node-1-4711", items=flat(report))
    hall.enlist("node-1-4712", pid="4712", state="busy", beat_ago=90)
    hall.enlist("node-2-905", hostname="node-2", pid="905", beat_ago=100, alive=False)
    hall.enlist("node-2-911", hostname="node-2", pid="911", state="busy")
    asked = utc_now().isoformat()
    hall.enlist("node-1-4713", pid="4713", state="busy", shutdown_requested_date=asked)
    hall.enlist("node-1-4714", pid="4714")
    hall.enlist(
        "node-3-17", hostname="node-3", pid="17", beat_ago=150, kept_seconds=300, alive=False
    )
    hall.wait(5)
