"""Take the pictures of the documentation anew: `python -m tests.browser.screenshots`.

Starts a console with real workers, the sample and some more mail, opens every page, the principal
ones in both languages and colours, narrow and wide; then a console in trouble, and one whose Redis
is away. Writes `docs/images/`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import httpx2
from playwright.sync_api import Browser, Page

from tests.archives import mail, zip_of
from tests.browser.furnishing import (
    BUG,
    console_without_redis,
    fail_chunks_of,
    hand_in,
    troubled_console,
)
from tests.harness.browser import Complaints, open_page, started_chromium
from tests.harness.console import Console, start_console
from tests.harness.redis import start_redis
from tests.harness.workers import start_our_worker, start_rq_worker
from tests.mboxes import letters, raw_message
from tests.web.asking import status_at_the_end, upload
from tests.web.make_sample import SAMPLE

IMAGES = Path(__file__).parents[2] / "docs" / "images"
# (suffix, width, colours, language)
LOOKS: tuple[tuple[str, int, Literal["light", "dark"], str], ...] = (
    ("", 1280, "light", "en-GB"),
    ("-dark", 1280, "dark", "en-GB"),
    ("-ko", 1280, "light", "ko-KR"),
    ("-narrow", 390, "light", "en-GB"),
    ("-narrow-dark-ko", 390, "dark", "ko-KR"),
)
# These are shown in every look, the others in the first only.
PRINCIPAL = ("overview", "job", "search", "message", "failures", "workers")
SETTINGS = {"CHUNK_BYTES": "65536", "ATTEMPTS": "1", "MAX_MESSAGE_BYTES": "1000000"}


def main() -> None:
    """Take them all."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, started_chromium() as browser:
        work, trouble, away = _folders(Path(folder), "work", "trouble", "away")
        with _at_work(work) as console:
            _take_all(console, browser, dict(_furnish(console)))
        with _redis(trouble) as url, troubled_console(trouble, url) as troubled:
            _take_all(troubled.console, browser, dict(_of_trouble(troubled.paths)))
        with console_without_redis(away) as alone:
            paths = {"redis-away": "/", "redis-away-workers": "/workers"}
            _take_all(alone.console, browser, paths)


def _folders(inside: Path, *names: str) -> list[Path]:
    folders = [inside / name for name in names]
    for folder in folders:
        folder.mkdir()
    return folders


def _of_trouble(paths: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "trouble", paths["overview"]
    yield "workers-trouble", paths["workers"]
    yield "worker-late", paths["late"]
    yield "job-failed", paths["failed-chunk"]
    yield "job-half-read", paths["running"]


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    server = start_redis(folder)
    try:
        yield server.url
    finally:
        server.stop()


@contextmanager
def _at_work(folder: Path) -> Iterator[Console]:
    """A console with two workers of ours and a plain one."""
    with _redis(folder) as url:
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


def _furnish(console: Console) -> Iterator[tuple[str, str]]:
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
        archive = upload(client, _takeout(), filename="takeout-2024-11-03.zip")
        inside = archive["upload_id"]
        boat = _first(client, 'subject:"boat for the heavy"')
        quarantined = _set_aside(client, aside)
        stamp = _first(client, 'subject:"new stamp"')
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


def _takeout() -> bytes:
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


def _first(client: httpx2.Client, query: str) -> str:
    found = client.get("/api/search", params={"q": query}).json()["messages"]
    return str(found[0]["id"])


def _set_aside(client: httpx2.Client, job_id: str) -> str:
    """The name of the message that was quarantined."""
    ledger = client.get(f"/api/jobs/{job_id}/ledger").json()["entries"]
    offset = next(entry["offset"] for entry in ledger if entry["kind"] == "quarantined")
    neighbour = _first(client, "in:heavy.mbox")
    return f"{neighbour.partition('-')[0]}-{offset}"


def _take_all(console: Console, browser: Browser, paths: Mapping[str, str]) -> None:
    for suffix, width, colours, language in LOOKS:
        names = [name for name in paths if not suffix or name in PRINCIPAL]
        if not names:
            continue
        page = open_page(
            browser,
            complaints=Complaints(),
            width=width,
            height=900,
            language=language,
            colour_scheme=colours,
        )
        _take(console, page, {name: paths[name] for name in names}, suffix=suffix)
        page.context.close()


def _take(console: Console, page: Page, paths: Mapping[str, str], *, suffix: str) -> None:
    if "overview" in paths:
        page.goto(f"{console.url}/sign-in")
        page.screenshot(path=IMAGES / f"sign-in{suffix}.png")
    console.sign_in(page)
    for name, path in paths.items():
        page.goto(console.url + path)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=IMAGES / f"{name}{suffix}.png")
        print(f"{name}{suffix}", file=sys.stderr)


if __name__ == "__main__":
    main()
