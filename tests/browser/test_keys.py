"""Keys on every page, and a search that keeps its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.harness.console import Console, start_console
from tests.mboxes import letters, mbox_of, raw_message
from tests.web.asking import upload
from tests.web.make_sample import SAMPLE
from web.fragments.facets import AT_ONCE


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console with the sample in it."""
    console = start_console(tmp_path_factory.mktemp("library"), settings={})
    with console.client() as client:
        upload(client, SAMPLE.read_bytes(), filename="sample.mbox")
        upload(client, letters(AT_ONCE + 1), filename="many.mbox")
    yield console
    console.process.stop()


@pytest.fixture
def page(library: Console, new_page: Callable[..., Page]) -> Page:
    """Somebody signed in."""
    page = new_page()
    library.sign_in(page)
    return page


def focused(page: Page) -> str:
    """The address of the link that has the focus; "" for none."""
    return str(page.evaluate("document.activeElement.getAttribute('href') ?? ''"))


def test_the_keys_are_listed_on_every_page(library: Console, page: Page) -> None:
    for path in ("", "jobs", "workers", "failures", "audit", "search", "settings", "upload"):
        page.goto(f"{library.url}/{path}")
        page.locator("h1").click()

        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        page.keyboard.press("Escape")

        expect(page.locator("#keys")).to_be_hidden()


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [("/jobs", "/jobs/*"), ("/audit?kind=job", "/jobs/*"), ("/search?q=boat", "/messages/*")],
)
def test_rows_are_gone_through_and_opened_by_keys(
    library: Console, page: Page, path: str, leads_to: str
) -> None:
    page.goto(library.url + path)
    page.locator("h1").click()

    page.keyboard.press("j")
    page.keyboard.press("o")

    page.wait_for_url(f"**{leads_to}")


def test_what_is_typed_is_in_the_address_at_once(library: Console, page: Page) -> None:
    page.goto(f"{library.url}/search")

    page.locator("#query").press_sequentially("library")

    expect(page.locator(".hit").first).to_be_visible()
    expect(page).to_have_url(re.compile(r"/search\?q=library%2A$"))
    page.locator("#query").press_sequentially(" boat")
    expect(page).to_have_url(re.compile(r"/search\?q=library\+boat%2A$"))


def test_results_on_their_way_are_announced(library: Console, page: Page) -> None:
    held: list[Route] = []
    page.route("**/fragments/results*", lambda route: held.append(route))
    page.goto(f"{library.url}/search")

    page.locator("#query").press_sequentially("library")

    expect(page.locator(".busy")).to_be_visible()
    expect(page.locator(".idle")).to_be_hidden()
    held[0].continue_()
    expect(page.locator(".busy")).to_be_hidden()
    expect(page.locator(".hit").first).to_be_visible()


def test_the_facets_of_many_hits_arrive_by_themselves(library: Console, page: Page) -> None:
    page.goto(f"{library.url}/search?q=letter")

    expect(page.locator(".hit").first).to_be_visible()
    expect(page.locator("#facets")).to_contain_text("many.mbox")


@pytest.mark.parametrize("way", ["back", "link"])
def test_one_comes_back_to_the_hit_one_opened(library: Console, page: Page, way: str) -> None:
    page.goto(f"{library.url}/search?q=library")
    page.locator("h1").click()
    for _ in range(9):
        page.keyboard.press("j")
    chosen = focused(page)
    page.keyboard.press("o")
    page.wait_for_url("**/messages/*")

    if way == "back":
        page.go_back()
    else:
        page.get_by_role("link", name="Back to the results").click()

    page.wait_for_url("**/search?q=library*")
    expect(page.locator(".hit .subject:focus")).to_be_in_viewport()
    assert focused(page) == chosen


def test_the_keys_excluded_from_a_page_are_those_of_somebody_typing(
    library: Console, page: Page
) -> None:
    page.goto(f"{library.url}/search")

    page.locator("#query").press_sequentially("j?/")

    expect(page.locator("#query")).to_have_value("j?/")
    expect(page.locator("#keys")).to_be_hidden()


def test_a_page_of_a_phrase_looks_further_back_by_itself(
    console: Callable[..., Console], new_page: Callable[..., Page]
) -> None:
    here = console()
    with here.client() as client:
        # Each takes its time to look at, and only the oldest has the words side by side.
        bodies = ["cold water"] + ["water " * 4_000 + "cold"] * 1_200
        many = (raw_message(n, body=f"{body} {n}") for n, body in enumerate(bodies))
        upload(client, mbox_of(many), filename="water.mbox")
    page = new_page()
    here.sign_in(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.route("**/fragments/further?*", lambda route: route.fulfill(status=503))
    # A page left while it asks would report an error of its own.
    with page.expect_response("**/fragments/further?*"):
        page.goto(f'{here.url}/search?q="cold water"')
    # Somebody can still go on by hand.
    expect(page.get_by_role("link", name="Look further back")).to_be_visible()
    page.unroute("**/fragments/further?*")

    page.goto(f'{here.url}/search?q="cold water"')

    expect(page.locator(".hit")).to_have_count(1)
    expect(page.locator(".hit .subject")).to_have_text("Letter 0")
    expect(page.locator("#count")).to_have_text("1 message")
    expect(page.locator("#foot")).not_to_contain_text("Look")
    assert [url for url in asked if "/fragments/further?" in url]
    page.keyboard.press("j")
    expect(page.locator(".hit .subject")).to_be_focused()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_address_of_a_sender_is_seen_below_the_name(
    library: Console, page: Page, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{library.url}/search?q=library")

    sender = page.locator(".facets li", has_text="Ada Brook").first
    name, address = sender.locator("bdi").first.bounding_box(), sender.locator(".below")
    seen, row = address.bounding_box(), sender.bounding_box()

    assert name
    assert seen
    assert row
    assert seen["y"] >= name["y"] + name["height"] - 6
    assert seen["y"] + seen["height"] <= row["y"] + row["height"] + 1
    assert address.evaluate("of => of.scrollWidth <= of.clientWidth")


def test_a_slash_in_an_empty_search_field_is_no_search(library: Console, page: Page) -> None:
    page.goto(f"{library.url}/search")
    field = page.locator("#query")
    expect(field).to_be_focused()

    page.keyboard.press("/")
    page.keyboard.type("bo/at")

    expect(field).to_have_value("bo/at")
