"""The job page in a real browser: what is said beforehand, and what is said aloud."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.walking import come_with_the_sample
from tests.harness.console import Console
from tests.mboxes import letters
from tests.web.asking import upload


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


@pytest.fixture
def mapped(console: Callable[..., Console], page: Page) -> Page:
    """The page of a job with so many chunks that its map has several rows."""
    here = console(CHUNK_BYTES="2048")
    with here.client() as client:
        job = upload(client, letters(330, body_lines=10), filename="many.mbox")
    here.sign_in(page)
    page.goto(f"{here.url}/jobs/{job['job_id']}")
    return page


def place_of_cell(page: Page) -> tuple[int, int]:
    """Row and column of the cell that has the focus, as it lies on the page; both from 0."""
    row, column = page.evaluate(
        """() => {
            const cells = [...document.querySelectorAll(".chunk-map .cell")];
            const tops = cells.map((cell) => Math.round(cell.getBoundingClientRect().top));
            const at = cells.indexOf(document.activeElement);
            const rows = [...new Set(tops)];
            return [rows.indexOf(tops[at]), at - tops.indexOf(tops[at])];
        }"""
    )
    return int(row), int(column)


def test_a_chunk_map_is_one_stop_of_the_tab_key_and_arrows_go_where_they_point(
    mapped: Page,
) -> None:
    page, keys = mapped, mapped.keyboard
    cells = page.locator(".chunk-map .cell")
    assert cells.count() > 50
    expect(page.locator('.chunk-map .cell[tabindex="0"]')).to_have_count(1)

    cells.first.focus()
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft", "End", "Home", "ArrowUp"):
        keys.press(key)
        seen.append(place_of_cell(page))
    keys.press("Control+End")
    last = page.evaluate("document.activeElement.id")
    keys.press("ArrowDown")

    assert seen[:4] == [(0, 1), (0, 2), (1, 2), (1, 1)]
    assert seen[4][0] == 1
    assert seen[4][1] > 10
    assert seen[5:] == [(1, 0), (0, 0)]
    assert last == cells.last.get_attribute("id")
    assert page.evaluate("document.activeElement.id") == last
    keys.press("Tab")
    assert not page.evaluate("document.activeElement.matches('.cell')")
    keys.press("Shift+Tab")
    assert page.evaluate("document.activeElement.id") == last
    keys.press("Control+Home")
    keys.press("Enter")
    expect(page.locator("#chunk")).to_be_visible()
    expect(page.locator('.chunk-map .cell[tabindex="0"]')).to_have_attribute("id", "cell-1")


def test_without_scripts_every_cell_of_a_chunk_map_is_a_link_to_be_reached(
    console: Callable[..., Console], new_page: Callable[..., Page]
) -> None:
    here, page = console(CHUNK_BYTES="2048"), new_page(scripts=False)
    with here.client() as client:
        job = upload(client, letters(40, body_lines=10), filename="many.mbox")
    here.sign_in(page)

    page.goto(f"{here.url}/jobs/{job['job_id']}")

    assert page.locator(".chunk-map .cell[href]").count() > 5
    expect(page.locator(".chunk-map .cell[tabindex]")).to_have_count(0)
