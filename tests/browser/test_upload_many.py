"""Several files chosen at once: each is sent, and what became of each is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.harness.console import Console
from tests.mboxes import letters


def test_every_file_that_is_chosen_is_sent_and_told_of(
    console: Callable[..., Console], page: Page, tmp_path: Path
) -> None:
    for name, content in (
        ("one.mbox", letters(2)),
        ("two.pdf", b"%PDF-1.7 and so on"),
        ("three.mbox", letters(3)),
    ):
        (tmp_path / name).write_bytes(content)
    here = console()
    here.sign_in(page)
    page.goto(f"{here.url}/upload")

    page.set_input_files("#file", [tmp_path / n for n in ("one.mbox", "two.pdf", "three.mbox")])
    page.locator("#upload button").click()

    lines = page.locator("#outcomes li")
    expect(lines).to_have_count(3)
    expect(lines.nth(0).locator(".state.tone-good svg")).to_be_visible()
    expect(lines.nth(0)).to_contain_text("Taken in")
    expect(lines.nth(1).locator(".state.tone-bad svg")).to_be_visible()
    expect(lines.nth(1)).to_contain_text("Not taken")
    expect(lines.nth(1)).to_contain_text("PDF")
    expect(page.locator("#outcomes.notice")).to_have_count(0)
    expect(page.locator("#outcomes a")).to_have_count(2)


def test_no_name_of_a_file_turns_a_line_around(
    console: Callable[..., Console], page: Page, tmp_path: Path
) -> None:
    hostile = "<b>h\u202exobm.<img src=x onerror=alert(2)>.mbox"
    for name, content in ((hostile, letters(2)), ("hostile\u202e.pdf", b"%PDF-1.7 and so on")):
        (tmp_path / name).write_bytes(content)
    here = console()
    here.sign_in(page)
    page.goto(f"{here.url}/upload")

    page.set_input_files("#file", list(tmp_path.iterdir()))
    expect(page.locator("#chosen")).to_contain_text("h\ufffdxobm.")
    page.locator("#upload button").click()

    lines = page.locator("#outcomes li")
    expect(lines).to_have_count(2)
    told = page.locator("main").inner_text()
    assert "\u202e" not in told
    assert "<b>h\ufffdxobm.<img src=x onerror=alert(2)>.mbox" in told
    lines.locator("a").click()
    expect(page.locator("h1")).to_contain_text("<b>h\ufffdxobm.<img src=x onerror=alert(2)>.mbox")
