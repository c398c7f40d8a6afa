"""The job page in a real browser: what is said beforehand, and what is said aloud."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.walking import (
    is_wider_than_its_window,
    upload_sample,
    violations,
    wait_for_state,
)
from tests.harness.console import Console
from tests.mboxes import letters, raw_message


def test_what_reading_again_would_do_is_counted_when_it_is_asked(
    console: Callable[..., Console], page: Page
) -> None:
    here = console(CHUNK_BYTES="16384")
    here.sign_in(page)
    page.goto(f"{here.url}/upload")
    page.set_input_files(
        "#file",
        {"name": "a.mbox", "mimeType": "application/mbox", "buffer": letters(300, body_lines=10)},
    )
    page.locator("#upload button").click()
    page.wait_for_url(re.compile(r"/jobs/[0-9a-f]{32}$"))
    job = page.url
    # The page that was opened before the end is not reloaded.
    wait_for_state(page, "Finished")

    page.locator("#read-again").click()
    expect(page.locator("section", has_text="The whole file").last).to_contain_text("300 messages")
    page.locator("#from-seq").fill("3")
    page.locator("#from-seq").press("Enter")
    page.wait_for_url(re.compile(r"from_seq=3"))
    removed = page.locator("form:has(#again-onward) input[name=removed]").input_value()
    assert 0 < int(removed) < 300
    assert violations(page) == []
    assert not is_wider_than_its_window(page)
    page.locator("#again-onward").click()

    expect(page.locator("#errand h2")).to_contain_text("Done")
    page.goto(job)
    wait_for_state(page, "Finished")
    expect(page.locator("#ledger")).to_contain_text("Every byte is accounted for, exactly once.")


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
    here.sign_in(page)
    upload_sample(here, page)

    wait_for_state(page, "Finished")

    expect(page.locator("#spoken")).to_contain_text("Finished", timeout=15_000)


def test_a_quarantined_message_is_read_again_with_wider_limits(
    console: Callable[..., Console], new_page: Callable[..., Page]
) -> None:
    here, page = console(MAX_MESSAGE_BYTES="65536"), new_page(width=390)
    here.sign_in(page)
    heavy = raw_message(7, subject="A heavy one", body="heavy quarkseven\n" * 6000)
    page.goto(f"{here.url}/upload")
    page.set_input_files(
        "#file",
        {"name": "a.mbox", "mimeType": "application/mbox", "buffer": raw_message(1) + heavy},
    )
    page.locator("#upload button").click()
    wait_for_state(page, "Finished")
    job = page.url

    page.locator("#set_aside").get_by_role("link", name="Read again").click()
    assert violations(page) == []
    page.locator("#read-it").click()
    expect(page.locator("[role=alert]")).to_contain_text("nothing was changed")
    page.locator("#wide").check()
    page.locator("#read-it").click()

    expect(page.locator(".notice.good")).to_contain_text("stored as it was read")
    page.goto(f"{here.url}/search?q=quarkseven")
    expect(page.locator(".hit .subject")).to_contain_text("A heavy one")
    page.goto(job)
    expect(page.locator("#ledger")).not_to_contain_text("Quarantined")
    expect(page.locator("#ledger")).to_contain_text("Every byte is accounted for, exactly once.")
