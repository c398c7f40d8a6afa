"""The job page in a real browser: what is said beforehand, and what is said aloud."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.walking import come_with_the_sample
from tests.harness.console import Console


def test_deleting_asks_without_a_script(
    console: Callable[..., Console], new_page: Callable[..., Page]
) -> None:
    here, page = console(), new_page(scripts=False)
    here.sign_in(page)
    page.locator("#sample").click()
    expect(page.locator("#progress h2")).to_contain_text("Finished", timeout=30_000)

    page.get_by_role("link", name="Delete the file…").click()
    expect(page.locator("main")).to_contain_text("This cannot be undone.")
    page.locator("#sure").check()
    page.locator("#do-it").click()

    expect(page.locator("h1")).to_have_text("Deleting a file and its messages")


def test_the_end_of_a_job_is_said_aloud(console: Callable[..., Console], page: Page) -> None:
    here = console()

    come_with_the_sample(here, page)

    expect(page.locator("#spoken")).to_contain_text("Finished", timeout=15_000)


def test_what_is_over_stays_as_it_is_when_somebody_clicks_in_it(
    console: Callable[..., Console], page: Page
) -> None:
    here = console()
    come_with_the_sample(here, page)
    page.reload()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    for part in ("progress", "ledger", "evidence", "attempts", "about"):
        page.locator(f"#{part} h2").first.click()
    page.locator("#sample-seen summary").click()

    expect(page.locator("#sample-seen")).to_have_attribute("open", "")
    expect(page.locator("#evidence .panel")).to_have_count(0)
    assert [url for url in asked if "/fragments/" in url] == []
