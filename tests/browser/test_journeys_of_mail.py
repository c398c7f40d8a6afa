"""Journeys of somebody who looks for mail: each in every look."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.walking import EACH_PAIR, colours_drawn, come_with_the_sample
from tests.harness.console import Console, start_console
from tests.harness.waiting import wait_until
from tests.web.asking import upload
from tests.web.make_sample import SAMPLE

Said = Callable[[str], str]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console with the sample in it; nothing is changed there."""
    console = start_console(tmp_path_factory.mktemp("library"), settings={})
    with console.client() as client:
        upload(client, SAMPLE.read_bytes(), filename="sample.mbox")
    yield console
    console.process.stop()


@pytest.fixture
def reader(library: Console, walker: Page) -> Page:
    """Somebody signed in there."""
    library.sign_in(walker)
    return walker


@EACH_PAIR
def test_from_an_upload_to_the_message_that_was_looked_for(
    console: Callable[..., Console], walker: Page, said: Said
) -> None:
    here = console()

    come_with_the_sample(here, walker, finished=said("Finished"))
    every_byte = said("Every byte is accounted for, exactly once.")
    expect(walker.locator("#ledger")).to_contain_text(every_byte)
    walker.locator("#quick").fill("boat parking")
    walker.locator("#quick").press("Enter")
    walker.locator(".hit .subject").first.click()

    expect(walker.locator("h1")).to_have_text("A boat for the heavy books")
    expect(walker.locator(".body-text")).to_contain_text("My boat takes four tons")


@EACH_PAIR
def test_a_search_is_narrowed_by_facets_and_widened_by_chips(
    library: Console, reader: Page, said: Said
) -> None:
    reader.goto(f"{library.url}/search")

    reader.locator("#query").press_sequentially("library")
    expect(reader.locator("#count")).to_contain_text("38")
    reader.locator("#facets a", has_text="Ada Brook").click()
    expect(reader.locator("#count")).to_contain_text("5")
    expect(reader.locator("#results .chip")).to_have_count(2)
    reader.locator("#results .chip").first.click()

    expect(reader.locator("#results .chip")).to_have_count(1)
    expect(reader.locator("#results .chip")).to_contain_text(said("remove this condition"))
    expect(reader).to_have_url(re.compile(r"/search\?q=from"))


@EACH_PAIR
def test_hits_are_gone_through_and_opened_by_keys_alone(
    library: Console, reader: Page, said: Said
) -> None:
    reader.goto(library.url)
    reader.keyboard.press("/")
    reader.keyboard.type("boat")
    reader.keyboard.press("Enter")
    reader.wait_for_url("**/search?q=boat")
    reader.locator("#group").check()
    reader.wait_for_url("**group=thread")
    expect(reader.locator(".hit.under .subject")).to_have_text("A boat for the heavy books")

    reader.keyboard.press("?")
    expect(reader.locator("#keys")).to_be_visible()
    reader.keyboard.press("Escape")
    for key in ("j", "j", "j", "k", "o"):
        reader.keyboard.press(key)

    expect(reader.locator("h1")).to_have_text("Re: A boat for the heavy books")
    reader.get_by_role("link", name=said("Back to the results")).click()
    expect(reader.locator(".hit .subject:focus")).to_have_text("Re: A boat for the heavy books")


@EACH_PAIR
def test_remote_pictures_are_fetched_only_when_asked_for(
    library: Console, reader: Page, said: Said
) -> None:
    fetched: list[str] = []

    def note(route: Route) -> None:
        fetched.append(route.request.url)
        route.abort()

    reader.route("https://**", note)
    reader.goto(f"{library.url}/search?q=subject:%22only formatted%22")
    reader.locator(".hit .subject").click()
    expect(reader.locator("main")).to_contain_text("pictures.example")
    expect(reader.frame_locator("iframe").locator("img")).to_have_count(1)
    assert fetched == []

    with reader.expect_request("https://pictures.example/**"):
        reader.get_by_role("link", name=said("Load remote pictures")).click()

    expect(reader.locator("main")).to_contain_text(said("Hide remote pictures"))


@EACH_PAIR
def test_a_hostile_letter_does_nothing(library: Console, reader: Page) -> None:
    asked: list[str] = []
    reader.on("request", lambda request: asked.append(request.url))
    reader.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))

    reader.goto(f"{library.url}/search?q=won")
    reader.locator(".hit .subject").first.click()
    frame = reader.frame_locator("iframe")

    expect(frame.locator("p").first).to_have_text("You have won a shelf.")
    expect(reader).to_have_title("You have won a shelf · email-parser")
    assert [url for url in asked if not url.startswith(library.url)] == []


@EACH_PAIR
def test_the_formatted_body_is_drawn_in_every_look(library: Console, reader: Page) -> None:
    reader.goto(f"{library.url}/search?q=subject:%22new stamp%22")
    reader.locator(".hit .subject").click()
    frame, body = reader.locator("iframe"), reader.frame_locator("iframe").locator("body")

    expect(body).to_contain_text("Blue for adults, green for children.")
    content, room = body.bounding_box(), frame.bounding_box()
    assert content
    assert room
    assert 100 < content["height"] < room["height"]
    assert content["width"] > room["width"] / 2
    # That it is there is not enough: its letters and its blue picture are to be seen.
    wait_until(lambda: colours_drawn(body) > 2, what="the frame is drawn")


@EACH_PAIR
def test_an_attachment_is_found_by_its_type_and_leads_to_its_message(
    library: Console, reader: Page, said: Said
) -> None:
    reader.goto(f"{library.url}/attachments")

    reader.locator("#type").select_option(label=said("PDF"))
    reader.wait_for_url("**type=pdf**")
    expect(reader.locator("tbody tr")).to_have_count(1)
    with reader.expect_download() as download:
        reader.locator("a", has_text="invoice-1.pdf").click()
    reader.get_by_role("link", name=said("the message")).click()

    assert download.value.suggested_filename == "invoice-1.pdf"
    expect(reader.locator("#parts")).to_have_text(said("Attachments"))


@EACH_PAIR
def test_what_a_search_finds_is_written_into_a_file_and_fetched(
    library: Console, reader: Page, said: Said
) -> None:
    reader.goto(f"{library.url}/search?q=boat")

    reader.locator("#export summary").click()
    reader.locator("#export-format").select_option("jsonl")
    reader.locator("#export button").click()
    expect(reader.locator("h1")).to_have_text(said("Exporting messages"))
    expect(reader.locator("#errand h2")).to_contain_text(said("Done"), timeout=30_000)
    with reader.expect_download() as download:
        reader.locator("#errand a[download]").click()

    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3
