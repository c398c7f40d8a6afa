"""Every scene of the pictures, in all eight looks: axe-core finds nothing, nothing is too wide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
    used_up_link,
)
from tests.browser.walking import EACH_LANGUAGE, wrong_pages
from tests.harness.console import Console, start_console

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


@EACH_LANGUAGE
def test_no_scene_of_a_console_that_was_lived_in_excludes_anybody(
    lived_in: LivedIn, new_page: Callable[..., Page], language: str
) -> None:
    page = new_page(language=language)
    lived_in.console.sign_in(page)

    assert wrong_pages(page, lived_in.console, lived_in.scenes, prepared=PREPARED) == {}


@EACH_LANGUAGE
def test_nor_does_what_a_viewer_is_shown_or_refused(
    lived_in: LivedIn, new_page: Callable[..., Page], language: str
) -> None:
    page = new_page(language=language)
    lived_in.console.sign_in(page, name=VIEWER)
    finished = {name: lived_in.scenes[name] for name in ("archive-done", "message-as-html")}
    scenes = FORBIDDEN | {"guest-search": "/search?q=library", "guest-jobs": "/jobs"}

    assert wrong_pages(page, lived_in.console, scenes | finished) == {}


@EACH_LANGUAGE
def test_nor_an_empty_console_its_door_or_the_page_of_a_bug(
    tmp_path: Path, new_page: Callable[..., Page], language: str
) -> None:
    console = start_console(tmp_path, settings={"QUEUE": "local"})
    try:
        page = new_page(language=language)
        door = STRANGER | {"sign-in-link": link_of(console)}
        wrong = wrong_pages(page, console, door, prepared=PREPARED)
        wrong |= wrong_pages(page, console, {"sign-in-used-up": used_up_link(console)})
        console.sign_in(page)
        wrong |= wrong_pages(page, console, EMPTY)
        wrong |= wrong_pages(page, console, {"error-500": break_an_errand(console)})
    finally:
        console.process.stop()

    assert wrong == {}
