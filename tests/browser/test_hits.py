"""Hits as they are seen and come back to: long names, later pages, conversations."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.harness.console import Console, start_console
from tests.mboxes import letters, mbox_of, raw_message
from tests.web.asking import upload
from web.fragments.further import PAGE

LONG_NAME = "mina@bank.example " + "of the bank that you have trusted for years " * 6
POSING = f'From: "{LONG_NAME.strip()}" <x@evil.example>'


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console with three pages of letters and one from somebody with a long name."""
    console = start_console(tmp_path_factory.mktemp("library"), settings={})
    posing = raw_message(1, subject="Posing").replace(
        b"From: Ann <ann1@example.org>", POSING.encode()
    )
    with console.client() as client:
        upload(client, mbox_of([posing]), filename="posing.mbox")
        upload(client, letters(2 * PAGE + 5), filename="many.mbox")
    yield console
    console.process.stop()


@pytest.fixture
def page(library: Console, new_page: Callable[..., Page]) -> Page:
    """Somebody signed in."""
    page = new_page()
    library.sign_in(page)
    return page


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("group", ["", "&group=thread"])
def test_a_long_name_pushes_neither_address_nor_warning_out_of_sight(
    library: Console, page: Page, width: int, group: str
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{library.url}/search?q=subject:posing{group}")

    for place in (page.locator(".hit .from"), page.locator(".facets li", has_text="x@evil")):
        around = place.bounding_box()
        assert around
        for told in ("x@evil.example", "not this address"):
            seen = place.get_by_text(told, exact=True).bounding_box()
            assert seen, told
            assert seen["y"] + seen["height"] <= around["y"] + around["height"] + 1, told
            assert seen["x"] + seen["width"] <= around["x"] + around["width"] + 1, told
        assert (place.get_attribute("title") or "").endswith("years <x@evil.example>")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("way", ["back", "link"])
@pytest.mark.parametrize("group", ["", "&group=thread"])
def test_one_comes_back_to_the_hit_one_opened_on_a_later_page(
    library: Console, page: Page, way: str, group: str
) -> None:
    page.goto(f"{library.url}/search?q=letter{group}")
    page.get_by_role("link", name="Next page").click()
    page.wait_for_url("**after=*")
    page.locator("h1").click()
    for key in "jjjjjjjjjjjjjjjjjjk":
        page.keyboard.press(key)
    chosen = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("o")
    page.wait_for_url("**/messages/*")

    if way == "back":
        page.go_back()
    else:
        page.get_by_role("link", name="Back to the results").click()

    page.wait_for_url("**/search?q=letter*after=*")
    expect(page.locator(".hit .subject:focus")).to_be_in_viewport()
    expect(page.locator(".hit .subject:focus")).to_have_text(chosen)
