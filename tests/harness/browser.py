"""Debian's own Chromium, driven by Playwright; no browser is downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A sandboxed frame is drawn by a process of its own, which a picture of the whole page does not
# wait for: without this the frame of a formatted mail is blank in about every third picture.
FRAMES_DRAWN_WITH_THEIR_PAGE = "--disable-features=IsolateSandboxedIframes"


@contextmanager
def started_chromium(*more: str) -> Iterator[Browser]:
    """A headless browser, with `more` flags. Raises RuntimeError when Chromium is missing."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise RuntimeError(
            "the tests need Chromium; install it (Debian: chromium), or run `make test`, which does"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*QUIET, *more])
        yield browser
        browser.close()


class Complaints:
    """What a page complained of: uncaught errors, and anything its security policy blocked."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def listen(self, page: Page) -> None:
        """Collect from `page`."""
        page.on("pageerror", self._note_error)
        page.on("console", self._note_console)

    def _note_error(self, error: Error) -> None:
        self.texts.append(f"uncaught: {error}")

    def _note_console(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "htmx:" in message.text:
            self.texts.append(f"{message.type}: {message.text}")


def open_page(
    browser: Browser,
    *,
    complaints: Complaints,
    width: int = 1280,
    height: int = 900,
    language: str = "en-GB",
    colour_scheme: Literal["light", "dark"] = "light",
    scripts: bool = True,
) -> Page:
    """A page in a context of its own: no cookies, the given size, language and colours."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=language,
        timezone_id="UTC",
        color_scheme=colour_scheme,
        java_script_enabled=scripts,
        reduced_motion="reduce",
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    complaints.listen(page)
    return page
