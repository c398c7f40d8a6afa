"""Every page in eight looks, whole: two widths, two languages, light and dark; to be looked at.

Nothing is compared: who changes how pages look opens the pictures of before and after. A page is
loaded once for a width and a language, and its colours are changed in place, for a load costs most.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as PlaywrightError

from tests.browser.furnishing import console_without_redis, troubled_console
from tests.browser.furnishing_more import VIEWER, furnish_more
from tests.browser.furnishing_work import at_work, furnish, redis_in
from tests.browser.scenes import (
    AT_WORK,
    EMPTY,
    FORBIDDEN,
    PREPARED,
    STRANGER,
    break_an_errand,
    link_of,
    settle_in,
    used_up_link,
)
from tests.browser.walking import COLOURS, LANGUAGES, WIDTHS
from tests.harness.browser import (
    FRAMES_DRAWN_WITH_THEIR_PAGE,
    Complaints,
    open_page,
    started_chromium,
)
from tests.harness.console import ADMIN, Console, start_console

# Of the job that is half read: done, under way, silent, given up.
CHUNKS = (1, 4, 5, 7)
# Live parts and frames come a moment after the page.
MOMENT_MS = 150


class Camera:
    """Four pages of a browser, one for each width and language, that go everywhere together."""

    def __init__(self, browser: Browser, folder: Path, only: Iterable[str]) -> None:
        self.folder, self.only = folder, set(only)
        self.pages: dict[tuple[int, str], Page] = {
            (width, language): open_page(
                browser, complaints=Complaints(), width=width, height=900, language=language
            )
            for width, language in product(WIDTHS, LANGUAGES)
        }

    def sign_in(self, console: Console, name: str) -> None:
        """As that person, everywhere."""
        for page in self.pages.values():
            page.context.clear_cookies()
            console.sign_in(page, name=name)

    def take(self, console: Console, paths: Mapping[str, str]) -> None:
        """All of those pages, or those of them that are wanted."""
        for name, path in paths.items():
            if self.only and name not in self.only:
                continue
            try:
                self._take(name, console.url + path)
            except PlaywrightError as error:  # the others are still worth having
                print(f"{name}: not taken: {error.message}", file=sys.stderr, flush=True)
            else:
                print(name, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Leave the browser."""
        for page in self.pages.values():
            page.context.close()

    def _take(self, name: str, address: str) -> None:
        for (width, language), page in self.pages.items():
            self._open(page, address, name)
            self._shoot(page, f"{width}-{{}}-{language[:2]}", name)

    def _open(self, page: Page, address: str, name: str) -> None:
        page.goto(address)
        if name in PREPARED:
            PREPARED[name](page)
        page.wait_for_timeout(MOMENT_MS)

    def _shoot(self, page: Page, look: str, name: str) -> None:
        for colours in COLOURS:
            folder = self.folder / look.format(colours)
            folder.mkdir(parents=True, exist_ok=True)
            page.emulate_media(color_scheme=colours)
            page.screenshot(path=folder / f"{name}.png", full_page=True)


def take_every_look(folder: Path, *, only: Iterable[str] = ()) -> None:
    """Write `folder`/look/page.png for every look and every page, or for the pages named only."""
    with ExitStack() as stack:
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        browser = stack.enter_context(started_chromium(FRAMES_DRAWN_WITH_THEIR_PAGE))
        camera = Camera(browser, folder, only)
        for take in (_take_empty, _take_work, _take_trouble, _take_away):
            inside = temporary / take.__name__
            inside.mkdir()
            take(camera, inside)
        camera.close()


def _take_empty(camera: Camera, folder: Path) -> None:
    console = start_console(folder, settings={"QUEUE": "local"})
    try:
        links = {"sign-in-link": link_of(console), "sign-in-used-up": used_up_link(console)}
        camera.take(console, STRANGER | links)
        camera.sign_in(console, ADMIN)
        camera.take(console, EMPTY)
    finally:
        console.process.stop()


def _take_work(camera: Camera, folder: Path) -> None:
    with at_work(folder) as console:
        more = dict(furnish_more(console))
        work = dict(furnish(console))
        camera.sign_in(console, ADMIN)
        settle_in(camera.pages[WIDTHS[0], LANGUAGES[0]], console)
        camera.take(console, work | more | AT_WORK)
        camera.sign_in(console, VIEWER)
        camera.take(console, FORBIDDEN)
        # Last, as pages with errands on them are broken from here on.
        camera.sign_in(console, ADMIN)
        camera.take(console, {"error-500": break_an_errand(console)})


def _take_trouble(camera: Camera, folder: Path) -> None:
    with redis_in(folder) as url, troubled_console(folder, url) as troubled:
        camera.sign_in(troubled.console, ADMIN)
        paths = {f"trouble-{name}": path for name, path in troubled.paths.items()}
        chunks = {
            f"trouble-chunk-{seq}": f"{paths['trouble-running']}?chunk={seq}" for seq in CHUNKS
        }
        camera.take(troubled.console, paths | chunks)


def _take_away(camera: Camera, folder: Path) -> None:
    with console_without_redis(folder) as alone:
        camera.sign_in(alone.console, ADMIN)
        camera.take(alone.console, {f"away-{name}": path for name, path in alone.paths.items()})
