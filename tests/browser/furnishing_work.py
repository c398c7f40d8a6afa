"""A console at work, for its pages to be looked at: real workers, the sample and some more mail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.archives import mail, zip_of
from tests.browser.furnishing import BUG, fail_chunks_of, hand_in
from tests.harness.console import Console, start_console
from tests.harness.redis import start_redis
from tests.harness.workers import start_our_worker, start_rq_worker
from tests.mboxes import letters, raw_message
from tests.web.asking import status_at_the_end, upload
from tests.web.make_sample import SAMPLE

SETTINGS = {"CHUNK_BYTES": "65536", "ATTEMPTS": "1", "MAX_MESSAGE_BYTES": "1000000"}


@contextmanager
def redis_in(folder: Path) -> Iterator[str]:
    """The address of a Redis that lives as long as this lasts."""
    server = start_redis(folder)
    try:
        yield server.url
    finally:
        server.stop()


@contextmanager
def at_work(folder: Path) -> Iterator[Console]:
    """A console with two workers of ours and a plain one."""
    with redis_in(folder) as url:
        console = start_console(folder, settings={**SETTINGS, "REDIS_URL": url, "QUEUE": "redis"})
        started = [console.process]
        try:
            for name in ("worker-1", "worker-2"):
                started.append(start_our_worker(folder, environ=console.environ, name=name))
            started.append(start_rq_worker(folder, environ=console.environ, name="rq-worker"))
            yield console
        finally:
            for process in reversed(started):
                process.stop()


def furnish(console: Console) -> Iterator[tuple[str, str]]:
    """Put mail in, let one job fail; answers the pages by the name of their picture."""
    heavy = raw_message(70_007, subject="A heavy one", body="heavy quarkseven\n" * 70_000)
    with console.client() as client:
        large = upload(client, letters(9000, body_lines=12), filename="library-list.mbox")
        upload(client, SAMPLE.read_bytes(), filename="sample.mbox")
        aside = upload(client, raw_message(70_001) + heavy, filename="heavy.mbox")["job_id"]
        failed = upload(client, letters(400, body_lines=90), filename="attic.mbox")["job_id"]
        again = upload(client, letters(90, body_lines=3), filename="letters.mbox")["job_id"]
        errand = client.post(f"/api/jobs/{again}/read-again").json()["errand_id"]
        status_at_the_end(client, f"/api/upload/job/{again}")
        client.post("/api/exports", json={"query": "library", "format": "mbox"})
        archive = upload(client, takeout(), filename="takeout-2024-11-03.zip")
        inside = archive["upload_id"]
        boat = first(client, 'subject:"boat for the heavy"')
        quarantined = set_aside_in(client, aside)
        stamp = first(client, 'subject:"new stamp"')
        fail_chunks_of(console, failed)
        running = hand_in(client, letters(40_000, body_lines=40), filename="harbour-list.mbox")
    yield "overview", "/"
    yield "workers", "/workers"
    yield "job-running", f"/jobs/{running}"
    yield "job", f"/jobs/{large['job_id']}"
    yield "report", f"/jobs/{large['job_id']}/report"
    yield "read-again", f"/jobs/{large['job_id']}/read-again?from_seq=30"
    yield "job-quarantined", f"/jobs/{aside}#set_aside"
    yield "message-quarantined", f"/messages/{quarantined}"
    yield "message-again", f"/messages/{boat}/read-again"
    yield "jobs", "/jobs"
    yield "archive", f"/jobs/{archive['job_id']}"
    yield "archive-jobs", f"/jobs?archive={inside}"
    yield "search", "/search?q=library"
    yield "search-grouped", "/search?q=boat&group=thread"
    yield "search-all", "/search/all?act=label&q=boat&label=Follow up"
    yield "search-recipients", "/search?q=to:bob subject:Letter"
    yield "message", f"/messages/{boat}"
    yield "message-html", f"/messages/{stamp}"
    yield "attachments", "/attachments"
    yield "failures", "/failures"
    yield "cause", f"/failures/{BUG.key}"
    yield "retry", f"/failures/retry?cause={BUG.key}"
    yield "errands", "/errands"
    yield "errand", f"/errands/{errand}"
    yield "upload", "/upload"
    yield "audit", "/audit"
    yield "settings", "/settings"


def takeout() -> bytes:
    """An archive as people take their mail out of a service: mail, and much else."""
    return zip_of(
        {
            "Takeout/Mail/Inbox.mbox": mail(80, count=120),
            "Takeout/Mail/받은편지함.mbox": mail(81, count=40),
            "Takeout/Mail/Inbox copy.mbox": mail(80, count=120),
            "Takeout/Old/letters.zip": zip_of({"Sent.mbox": mail(82, count=30)}),
            "Takeout/index.html": b"<!doctype html><p>Your mail",
        }
    )


def first(client: httpx2.Client, query: str) -> str:
    """The name of the first message that a search finds."""
    found = client.get("/api/search", params={"q": query}).json()["messages"]
    return str(found[0]["id"])


def set_aside_in(client: httpx2.Client, job_id: str) -> str:
    """The name of the message that was quarantined."""
    ledger = client.get(f"/api/jobs/{job_id}/ledger").json()["entries"]
    offset = next(entry["offset"] for entry in ledger if entry["kind"] == "quarantined")
    neighbour = first(client, "in:heavy.mbox")
    return f"{neighbour.partition('-')[0]}-{offset}"
