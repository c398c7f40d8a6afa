"""An archive dropped onto the page, followed until its mail is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.archives import mail, zip_of
from tests.browser.walking import END_OF_A_JOB_MS, wait_for_state
from tests.harness.console import Console


def test_row_16_a_dropped_zip_is_followed_to_mail_that_is_found(
    console: Callable[..., Console], page: Page, tmp_path: Path
) -> None:
    archive = tmp_path / "takeout-001.zip"
    archive.write_bytes(
        zip_of(
            {
                "Takeout/Mail/Inbox.mbox": mail(1),
                "Takeout/Mail/받은편지함.mbox": mail(2),
                "Takeout/index.html": b"<!doctype html><p>hello",
            }
        )
    )
    here = console()
    here.sign_in(page)
    page.goto(f"{here.url}/upload")

    page.set_input_files("#file", archive)
    page.locator("#upload button").click()

    page.wait_for_url("**/jobs/*")
    wait_for_state(page, "Finished")
    rows = page.locator("#members tbody tr")
    expect(rows).to_have_count(3, timeout=END_OF_A_JOB_MS)
    expect(rows.filter(has_text="Finished")).to_have_count(2)
    expect(rows.nth(2)).to_contain_text("no mail at its beginning")
    rows.nth(1).locator("a").click()
    expect(page.locator("h1")).to_contain_text("받은편지함.mbox")
    page.locator("main p.small a", has_text="takeout-001.zip").click()
    page.locator("#members a", has_text="Search in this archive").click()
    expect(page.locator("#results")).to_contain_text("Letter 2001")
