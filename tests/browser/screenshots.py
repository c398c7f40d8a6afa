"""Take the pictures of the documentation anew: `python -m tests.browser.screenshots`.

Starts a console with the sample and some more mail in it, opens every page, the principal ones in
both languages and colours, narrow and wide, and writes `docs/images/`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import httpx2
from playwright.sync_api import Browser, Page

from tests.browser.walking import wait_for_state
from tests.harness.browser import Complaints, open_page, started_chromium
from tests.harness.console import Console, start_console
from tests.mboxes import letters
from tests.web.asking import upload
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
PRINCIPAL = ("overview", "job", "search", "message", "failures")
SETTINGS = {"CHUNK_BYTES": "65536", "ATTEMPTS": "1"}


def main() -> None:
    """Take them all."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, started_chromium() as browser:
        console = start_console(Path(folder), settings=SETTINGS)
        try:
            paths = dict(_furnish(console, browser))
            for suffix, width, colours, language in LOOKS:
                page = _open(browser, width=width, colours=colours, language=language)
                names = PRINCIPAL if suffix else tuple(paths)
                _take(console, page, {name: paths[name] for name in names}, suffix=suffix)
                page.context.close()
        finally:
            console.process.stop()


def _open(
    browser: Browser, *, width: int, colours: Literal["light", "dark"], language: str
) -> Page:
    return open_page(
        browser,
        complaints=Complaints(),
        width=width,
        height=900,
        language=language,
        colour_scheme=colours,
    )


def _furnish(console: Console, browser: Browser) -> Iterator[tuple[str, str]]:
    """Put mail in, let one job fail; answers the pages by the name of their picture."""
    with console.client() as client:
        large = upload(client, letters(9000, body_lines=12), filename="library-list.mbox")
        upload(client, SAMPLE.read_bytes(), filename="sample.mbox")
        boat = _first(client, 'subject:"boat for the heavy"')
        stamp = _first(client, 'subject:"new stamp"')
    _fail_one(console, browser)
    yield "overview", "/"
    yield "job", f"/jobs/{large['job_id']}"
    yield "jobs", "/jobs"
    yield "search", "/search?q=library"
    yield "message", f"/messages/{boat}"
    yield "message-html", f"/messages/{stamp}"
    yield "workers", "/workers"
    yield "failures", "/failures"
    yield "upload", "/upload"
    yield "audit", "/audit"
    yield "settings", "/settings"


def _first(client: httpx2.Client, query: str) -> str:
    found = client.get("/api/search", params={"q": query}).json()["messages"]
    return str(found[0]["id"])


def _fail_one(console: Console, browser: Browser) -> None:
    """A job whose mbox is taken away before its chunks are read."""
    console.process.stop()
    console.environ.update(QUEUE="redis", REDIS_URL="redis://127.0.0.1:1/0")
    console.restart()
    with console.client() as client:
        known = set(console.data_dir.glob("spool/*.mbox"))
        answer = client.post(
            "/api/upload/stream?filename=attic.mbox", content=letters(200, body_lines=3)
        ).json()
    for spooled in set(console.data_dir.glob("spool/*.mbox")) - known:
        spooled.unlink()
    console.process.stop()
    console.environ.update(QUEUE="local", REDIS_URL="")
    console.restart()
    page = _open(browser, width=1280, colours="light", language="en-GB")
    console.sign_in(page)
    page.goto(f"{console.url}/jobs/{answer['job_id']}")
    wait_for_state(page, "Failed")
    page.context.close()


def _take(console: Console, page: Page, paths: dict[str, str], *, suffix: str) -> None:
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
