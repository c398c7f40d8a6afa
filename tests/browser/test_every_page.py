"""Every page, in both languages and colours, narrow and wide: nothing wrong, nothing too wide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx2
import pytest
from playwright.sync_api import Page

from store.causes import Cause
from store.clock import utc_now
from store.config import load
from tests.browser.walking import (
    EACH_LANGUAGE,
    is_wider_than_its_window,
    violations,
    wrong_pages,
)
from tests.harness.console import Console, start_console
from tests.harness.databases import opened
from tests.mboxes import letters, mbox_of, raw_message
from tests.store.failing import add_job, fail_chunks
from tests.web.asking import upload
from tests.web.make_sample import SAMPLE

LONG = "verylongwordwithoutanyplacetobreak" * 30


@dataclass(frozen=True, slots=True)
class Furnished:
    """A console with mail in it, and the addresses of its pages."""

    console: Console
    paths: tuple[str, ...]


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """The sample, and an mbox that tries to break the layout."""
    console = start_console(tmp_path_factory.mktemp("furnished"), settings={})
    with console.client() as client:
        job = upload(client, SAMPLE.read_bytes(), filename="sample.mbox")["job_id"]
        hostile = mbox_of([raw_message(1, subject=LONG, body=f"{LONG} quark\n")])
        wide = upload(client, hostile, filename=f"{LONG}.mbox")["job_id"]
        other = upload(client, letters(2), filename="other.mbox")["job_id"]
        errand = client.post(f"/api/jobs/{other}/read-again").json()["errand_id"]
        paths = (*_paths(client, job, wide), f"/errands/{errand}", "/?period=week")
    with opened(load(console.environ).database_url) as database, database.write() as connection:
        cause = Cause(error_type="MarkupError", message=f"<b>{LONG}", frame="mail/body.py read")
        fail_chunks(connection, add_job(connection, f"{LONG}.mbox"), cause, count=30, at=utc_now())
    paths = (*paths, f"/failures/{cause.key}", f"/failures/retry?cause={cause.key}")
    yield Furnished(console, paths)
    console.process.stop()


def _paths(client: httpx2.Client, job: str, wide: str) -> Iterator[str]:
    yield from (
        "/",
        "/upload",
        "/attachments",
        "/jobs",
        "/workers",
        "/failures",
        "/errands",
        "/audit",
        "/settings",
    )
    yield from (f"/jobs/{job}", f"/jobs/{job}?chunk=1", f"/jobs/{wide}", "/nowhere")
    yield from (f"/jobs/{job}/report", f"/jobs/{wide}/report")
    yield from ("/search", "/search?q=library", "/search?q=quark", "/search?q=%22never")
    yield f"/jobs/{wide}?chunk=1&standing=done&outcome=lost&first=urgent"
    for act in ("read-again", "pause", "cancel", "delete"):
        yield f"/jobs/{wide}/{act}"
    yield "/messages/1-0/read-again"
    yield from ("/jobs?state=finished&q=a&sort=-size&since=2020-01-01", "/audit?kind=job&actor=x")
    yield from ("/failures?text=x", "/failures/retry", "/jobs/bulk?act=delete")
    for query in ("stamp", "subject:wiring", "subject:Shelf", "quark"):
        hits = client.get("/api/search", params={"q": query}).json()["messages"]
        yield f"/messages/{hits[0]['id']}"
        yield f"/messages/{hits[0]['id']}?view=parts&from=q%3D{query}"
    yield from ("/messages/1-0?view=hex", "/messages/1-0?view=headers", "/messages/1-0?view=raw")


@EACH_LANGUAGE
def test_no_page_excludes_anybody_or_breaks_out_of_its_window(
    furnished: Furnished, new_page: Callable[..., Page], language: str
) -> None:
    page = new_page(language=language)
    furnished.console.sign_in(page)

    assert wrong_pages(page, furnished.console, {path: path for path in furnished.paths}) == {}


@pytest.mark.parametrize("width", [390, 1280, 3840])
def test_the_sign_in_page_excludes_nobody(
    furnished: Furnished, new_page: Callable[..., Page], width: int
) -> None:
    page = new_page(width=width)

    page.goto(f"{furnished.console.url}/sign-in")

    assert violations(page) == []
    assert not is_wider_than_its_window(page)
