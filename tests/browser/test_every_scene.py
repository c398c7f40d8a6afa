"""Every scene of the pictures: axe-core finds nothing, nothing is wider than its window.

A page is loaded once for a language; its width and colours are then changed in place. How wide it
is, is measured in all eight looks: English and Korean, light and dark, 390 and 1280 px. axe-core
takes half a second a page, so it looks in four of them, in which each language meets both colours
and both widths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.furnishing_more import VIEWER, furnish_more
from tests.browser.scenes import (
    AT_WORK,
    EMPTY,
    FORBIDDEN,
    PREPARED,
    STRANGER,
    break_an_errand,
    link_of,
)
from tests.browser.walking import LOOKS_IN_PLACE, is_wider_than_its_window, violations
from tests.harness.console import Console, start_console

AXE_IN = {
    "en-GB": {(1280, "light"), (390, "dark")},
    "ko-KR": {(1280, "dark"), (390, "light")},
}
LANGUAGES = pytest.mark.parametrize("language", AXE_IN)
SETTINGS = {"QUEUE": "local", "CHUNK_BYTES": "65536", "ATTEMPTS": "1"}
MORE = {
    "search-grouped": "/search?q=boat&group=thread",
    "search-all": "/search/all?act=label&q=boat&label=Follow up",
    "attachments": "/attachments",
}


@dataclass(frozen=True, slots=True)
class LivedIn:
    """A console with every state in it, and its scenes by name."""

    console: Console
    scenes: dict[str, str]


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivedIn]:
    """Archives of every end, stopped jobs, odd mail, errands of every kind, people."""
    console = start_console(tmp_path_factory.mktemp("lived-in"), settings=SETTINGS)
    try:
        yield LivedIn(console, dict(furnish_more(console)) | AT_WORK | MORE)
    finally:
        console.process.stop()


def wrong_with(
    page: Page, console: Console, scenes: Mapping[str, str], *, language: str
) -> dict[str, list[str]]:
    """What is wrong with which scene, and in which look."""
    wrong: dict[str, list[str]] = {}
    for name, path in scenes.items():
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(console.url + path)
        if name in PREPARED:
            PREPARED[name](page)
        if found := list(_wrong_now(page, language)):
            wrong[name] = found
    return wrong


def _wrong_now(page: Page, language: str) -> Iterator[str]:
    for width, colours in product(*LOOKS_IN_PLACE):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=colours)
        look = f"{width} {colours}"
        if (width, colours) in AXE_IN[language]:
            yield from (f"{look}: {one}" for one in violations(page))
        if is_wider_than_its_window(page):
            yield f"{look}: wider than its window"


@LANGUAGES
def test_no_scene_of_a_console_that_was_lived_in_excludes_anybody(
    lived_in: LivedIn, new_page: Callable[..., Page], language: str
) -> None:
    page = new_page(language=language)
    lived_in.console.sign_in(page)

    assert wrong_with(page, lived_in.console, lived_in.scenes, language=language) == {}


@LANGUAGES
def test_nor_does_what_a_viewer_is_shown_or_refused(
    lived_in: LivedIn, new_page: Callable[..., Page], language: str
) -> None:
    page = new_page(language=language)
    lived_in.console.sign_in(page, name=VIEWER)
    finished = {name: lived_in.scenes[name] for name in ("archive-done", "message-as-html")}
    scenes = FORBIDDEN | {"guest-search": "/search?q=library", "guest-jobs": "/jobs"}

    assert wrong_with(page, lived_in.console, scenes | finished, language=language) == {}


@LANGUAGES
def test_nor_an_empty_console_its_door_or_the_page_of_a_bug(
    tmp_path: Path, new_page: Callable[..., Page], language: str
) -> None:
    console = start_console(tmp_path, settings={"QUEUE": "local"})
    try:
        page = new_page(language=language)
        wrong = wrong_with(
            page, console, STRANGER | {"sign-in-link": link_of(console)}, language=language
        )
        console.sign_in(page)
        wrong |= wrong_with(page, console, EMPTY, language=language)
        wrong |= wrong_with(
            page, console, {"error-500": break_an_errand(console)}, language=language
        )
    finally:
        console.process.stop()

    assert wrong == {}
