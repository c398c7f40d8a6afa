"""Journeys through the console in a real browser, as an operator makes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.walking import come_with_the_sample, upload_sample, wait_for_state
from tests.harness.browser import Complaints, open_page
from tests.harness.console import Console
from tests.mboxes import letters


@pytest.fixture
def witness(chromium: Browser) -> Iterator[Page]:
    """A page of a journey on which the console goes away: what it complains of is not counted."""
    page = open_page(chromium, complaints=Complaints())
    yield page
    page.context.close()


def test_a_failing_chunk_is_retried_with_one_button(
    console: Callable[..., Console], witness: Page
) -> None:
    page = witness
    # Without workers the job waits until its file is out of the way.
    here = console(REDIS_URL="redis://127.0.0.1:1/0", QUEUE="redis", ATTEMPTS="1")
    here.sign_in(page)
    job = upload_sample(here, page)
    spooled = next(here.data_dir.glob("spool/*.mbox"))
    hidden = spooled.rename(spooled.with_suffix(".away"))
    here.process.stop()
    here.environ.update(REDIS_URL="", QUEUE="local")
    here.restart()

    page.goto(job)
    wait_for_state(page, "Failed")
    page.goto(f"{here.url}/failures")
    expect(page.locator("#failures h2")).to_contain_text("SpoolError")
    hidden.rename(spooled)
    page.locator("#failures article button").first.click()
    expect(page.locator(".notice.good")).to_contain_text("waiting for a worker again")
    expect(page.locator(".trial")).to_contain_text("Succeeded", timeout=20_000)

    page.goto(job)
    wait_for_state(page, "Finished")


def test_a_wrong_file_is_refused_in_the_upload_itself(
    console: Callable[..., Console], page: Page
) -> None:
    here = console()
    here.sign_in(page)
    page.goto(f"{here.url}/upload")

    page.set_input_files(
        "#file", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 ..."}
    )
    page.locator("#upload button").click()

    expect(page.locator("#trouble")).to_contain_text("This is a PDF document.")
    expect(page.locator("#upload")).to_be_visible()


def test_what_was_opened_and_focused_survives_the_next_update(
    console: Callable[..., Console], page: Page
) -> None:
    here = console(REDIS_URL="redis://127.0.0.1:1/0", QUEUE="redis")
    here.sign_in(page)
    job = upload_sample(here, page)
    page.goto(job)
    button = page.locator("#cancel")
    button.focus()

    with page.expect_response(re.compile(r"/fragments/progress/")):
        pass
    with page.expect_response(re.compile(r"/fragments/progress/")):
        pass

    expect(button).to_be_focused()


def test_a_live_part_that_hears_nothing_says_that_it_is_stale(
    console: Callable[..., Console], witness: Page
) -> None:
    page = witness
    here = console(REDIS_URL="redis://127.0.0.1:1/0", QUEUE="redis")
    here.sign_in(page)
    upload_sample(here, page)
    expect(page.locator("#progress .late")).to_be_hidden()

    here.process.stop()

    expect(page.locator("#progress .late")).to_be_visible(timeout=15_000)


def test_results_come_while_one_types_and_are_reached_by_keys(
    console: Callable[..., Console], page: Page
) -> None:
    here = console()
    come_with_the_sample(here, page)
    page.goto(f"{here.url}/search")

    page.locator("#query").press_sequentially("결제")
    expect(page.locator(".hit mark").first).to_have_text("결제")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("o")

    expect(page.locator(".letter h1")).to_be_visible()


def test_a_file_that_is_here_already_is_opened_or_imported_anyway(
    console: Callable[..., Console], page: Page, tmp_path: Path
) -> None:
    here = console()
    here.sign_in(page)
    mbox = tmp_path / "again.mbox"
    mbox.write_bytes(letters(3))
    for _ in range(2):
        page.goto(f"{here.url}/upload")
        page.set_input_files("#file", mbox)
        page.locator("#upload button").click()
        expect(page.locator("#twin, #progress").locator("visible=true")).to_have_count(1)
    expect(page.locator("#twin-text")).to_contain_text("the same bytes as \u2068again.mbox\u2069")
    first = page.locator("#twin-open").get_attribute("href")

    page.locator("#twin-again").click()
    page.wait_for_url("**/jobs/*")
    expect(page.locator("#progress h2")).to_contain_text("Finished", timeout=30_000)

    assert not page.url.endswith(str(first))
    assert page.locator("#progress").get_by_text("Duplicates").count() >= 1


def test_a_long_upload_can_be_stopped_and_leaves_nothing(
    console: Callable[..., Console], page: Page, tmp_path: Path
) -> None:
    here = console()
    here.sign_in(page)
    page.goto(f"{here.url}/upload")
    mbox = tmp_path / "long.mbox"
    mbox.write_bytes(letters(1, body_lines=(60 << 20) // 18))
    page.set_input_files("#file", mbox)
    page.context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 2 << 20},
    )

    page.locator("#upload button").click()
    expect(page.locator("#sending-text")).to_contain_text("MB")
    page.locator("#stop").click()

    expect(page.locator("#upload")).to_be_visible()
    page.goto(f"{here.url}/jobs")
    expect(page.locator("#jobs")).to_contain_text("No job here")
