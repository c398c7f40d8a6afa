"""Journeys through lists, and one without any script: in every look."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.walking import EACH_PAIR, LOOKS
from tests.harness.console import Console, start_console
from tests.mboxes import letters
from tests.web.asking import upload

Said = Callable[[str], str]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console with three jobs of different sizes."""
    console = start_console(tmp_path_factory.mktemp("archive"), settings={})
    with console.client() as client:
        for name, count in (("spring.mbox", 20), ("autumn.mbox", 3), ("spring-2.mbox", 5)):
            upload(client, letters(count, body_lines=len(name)), filename=name)
    yield console
    console.process.stop()


@pytest.fixture
def reader(archive: Console, walker: Page) -> Page:
    """Somebody signed in there."""
    archive.sign_in(walker)
    return walker


@EACH_PAIR
def test_jobs_are_narrowed_sorted_and_kept_as_a_view(
    archive: Console, reader: Page, said: Said
) -> None:
    reader.goto(f"{archive.url}/jobs")
    expect(reader.locator("#jobs tbody tr")).to_have_count(3)

    reader.locator("#text").fill("spring")
    reader.locator("#sort").select_option("-size")
    reader.get_by_role("button", name=said("Apply")).click()
    expect(reader.locator("#jobs .lead a")).to_have_text(["spring.mbox", "spring-2.mbox"])
    reader.locator("#keep-view summary").click()
    reader.locator("#view-name").fill("Springs")
    reader.get_by_role("button", name=said("Save"), exact=True).click()
    reader.goto(f"{archive.url}/jobs")
    reader.get_by_role("link", name="Springs").click()

    expect(reader.locator("#jobs .lead a")).to_have_text(["spring.mbox", "spring-2.mbox"])
    expect(reader).to_have_url(re.compile(r"q=spring"))
    # It is the account's, and the next look comes by with the same one.
    reader.get_by_role("button", name=said("Remove")).click()
    expect(reader.get_by_role("link", name="Springs")).to_have_count(0)


@EACH_PAIR
def test_the_audit_log_is_narrowed_and_leads_to_what_it_tells_of(
    archive: Console, reader: Page, said: Said
) -> None:
    reader.goto(f"{archive.url}/audit")

    reader.locator("#action").select_option(label=said("uploaded a file"))
    reader.locator("#sort").select_option(index=1)
    reader.get_by_role("button", name=said("Apply")).click()
    expect(reader.locator("tbody tr")).to_have_count(3)
    expect(reader.locator("tbody tr").first).to_contain_text("spring.mbox")
    reader.locator("tbody tr").first.locator("a[href^='/jobs/']").click()

    expect(reader.locator("h1")).to_have_text("spring.mbox")


@EACH_PAIR
def test_everything_works_without_a_script(
    console: Callable[..., Console], new_page: Callable[..., Page], look: str, said: Said
) -> None:
    here, page = console(), new_page(scripts=False, **LOOKS[look])
    here.sign_in(page)

    page.locator("#sample").click()
    expect(page.locator("h1")).to_have_text("sample.mbox")
    # The page reloads itself while the job runs.
    expect(page.locator("#progress h2")).to_contain_text(said("Finished"), timeout=30_000)
    page.goto(f"{here.url}/search?q=boat")
    page.locator("#group").check()
    page.get_by_role("button", name=said("Search"), exact=True).click()
    expect(page.locator(".hit.under")).to_have_count(1)
    page.locator(".hit.under .subject").click()
    expect(page.locator("h1")).to_have_text("A boat for the heavy books")
    page.goto(f"{here.url}/upload")
    page.set_input_files(
        "#file", {"name": "not.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 ..."}
    )
    page.locator("#upload button").click()
    expect(page.locator("[role=alert]:visible")).to_contain_text("PDF")
    page.get_by_role("button", name=said("Sign out")).click()
    expect(page.locator("h1")).to_have_text(said("Sign in"))
