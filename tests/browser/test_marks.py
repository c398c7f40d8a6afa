"""Hundreds of marks on one letter are drawn within its own block, wherever mail is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.furnishing_work import first
from tests.browser.odd_mail import odd_mail
from tests.harness.console import start_console
from tests.harness.waiting import wait_until
from tests.web import asking
from tests.web.make_sample import SAMPLE

# Of each text with such letters: the block around it that clips what is drawn beyond it.
UNCLIPPED = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    if (!text.data.includes("\\u0301\\u0301") && !text.data.includes("\\u0323\\u0323")) continue;
    let block = text.parentElement;
    while (block.tagName !== "MAIN" && getComputedStyle(block).overflowY === "visible")
      block = block.parentElement;
    if (block.getBoundingClientRect().height > 160) found.push(block.tagName);
  }
  return found;
}"""
NAMED = """() => /\\u0301\\u0301|\\u0323\\u0323/.test(document.querySelector("main").textContent)"""


def test_marks_are_drawn_within_their_own_block(
    tmp_path: Path, new_page: Callable[..., Page]
) -> None:
    console = start_console(tmp_path, settings={"QUEUE": "local"})
    try:
        with console.client() as client:
            job_id = asking.upload(client, odd_mail(), filename="odd.mbox")["job_id"]
            wait_until(
                lambda: client.get(f"/api/jobs/{job_id}").json()["status"] == "finished",
                what="it is read",
                timeout_seconds=60,
            )
            letter = f"/messages/{first(client, 'subject:zalgoquark')}"
        page = new_page(language="en-GB")
        console.sign_in(page)
        for path in (letter, f"{letter}?view=parts", "/search?q=zalgoquark", "/attachments"):
            for width in (1280, 390):
                page.set_viewport_size({"width": width, "height": 900})
                page.goto(console.url + path)

                assert page.evaluate(NAMED), path
                assert page.evaluate(UNCLIPPED) == [], (path, width)
    finally:
        console.process.stop()


def test_m_goes_through_the_words_that_were_found(
    tmp_path: Path, new_page: Callable[..., Page]
) -> None:
    console = start_console(tmp_path, settings={"QUEUE": "local"})
    try:
        with console.client() as client:
            job_id = asking.upload(client, SAMPLE.read_bytes(), filename="sample.mbox")["job_id"]
            wait_until(
                lambda: client.get(f"/api/jobs/{job_id}").json()["status"] == "finished",
                what="it is read",
                timeout_seconds=60,
            )
            letter = f"/messages/{first(client, 'boat')}"
        page = new_page(language="en-GB")
        console.sign_in(page)
        page.goto(f"{console.url}{letter}?view=text&from=q%3Dboat%2BOR%2Bthe")
        marks = page.locator("main mark")
        many = marks.count()
        assert many > 1

        for at in (*range(many), 0):
            page.keyboard.press("m")
            assert page.locator("mark[data-here]").count() == 1
            assert marks.nth(at).get_attribute("data-here") == ""
        page.keyboard.press("Shift+M")
        assert marks.nth(many - 1).get_attribute("data-here") == ""
    finally:
        console.process.stop()
