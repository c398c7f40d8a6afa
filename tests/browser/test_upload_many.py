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
    expect(lines.nth(0)).to_contain_text("taken in")
    expect(lines.nth(1)).to_contain_text("PDF")
    expect(page.locator("#outcomes a")).to_have_count(2)
