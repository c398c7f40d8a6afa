"""What is seen, measured: nothing scrolls without need, nothing is cut that could be whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.harness.console import Console, start_console
from tests.mboxes import letters
from tests.web.asking import upload

LANGUAGES = pytest.mark.parametrize("language", ["en-GB", "ko-KR"])
WIDTHS = pytest.mark.parametrize("width", [390, 1280])
# How much wider than its field what stands in it before anybody types is drawn. The field keeps
# room for the cross that empties it; style.font is empty where digits are tabular.
HINT_TOO_WIDE = """field => {
  const style = getComputedStyle(field), pen = new OffscreenCanvas(1, 1).getContext("2d");
  pen.font = `${style.fontSize} ${style.fontFamily}`;
  const taken = [style.paddingLeft, style.paddingRight, style.fontSize].map(parseFloat);
  const room = field.clientWidth - taken.reduce((sum, one) => sum + one);
  return pen.measureText(field.placeholder).width - room;
}"""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console with nothing in it."""
    console = start_console(tmp_path_factory.mktemp("empty"), settings={})
    yield console
    console.process.stop()


@LANGUAGES
@WIDTHS
def test_a_page_that_fits_its_window_does_not_scroll(
    empty: Console, new_page: Callable[..., Page], language: str, width: int
) -> None:
    page = new_page(language=language, width=width)
    empty.sign_in(page)

    for path in ("/search", "/errands", "/nowhere"):
        page.goto(empty.url + path)
        assert page.evaluate("document.documentElement.scrollHeight - innerHeight") == 0, path


def test_lines_reach_from_edge_to_edge_where_there_is_little_room(
    empty: Console, new_page: Callable[..., Page]
) -> None:
    page = new_page(width=390)
    empty.sign_in(page)

    page.goto(f"{empty.url}/search")

    assert page.evaluate("document.querySelector('.side').getBoundingClientRect().right") == 390


@LANGUAGES
@WIDTHS
def test_what_can_be_asked_is_read_whole_in_the_search_field(
    empty: Console, new_page: Callable[..., Page], language: str, width: int
) -> None:
    page = new_page(language=language, width=width)
    empty.sign_in(page)

    page.goto(f"{empty.url}/search")

    assert page.locator("#query").evaluate(HINT_TOO_WIDE) < 0


@pytest.mark.parametrize("width", [2560, 3840])
def test_on_a_wide_screen_there_is_no_hole_beside_a_panel(
    tmp_path: Path, new_page: Callable[..., Page], width: int
) -> None:
    console = start_console(tmp_path, settings={"QUEUE": "local"})
    try:
        page = new_page(width=width)
        console.sign_in(page)
        page.goto(console.url)
        page.locator('form[action="/sample"] button').click()
        expect(page.locator("#progress h2")).to_contain_text("Finished", timeout=30_000)

        page.goto(console.url)
        latest, history = page.locator("#overview > .panel").last, page.locator("#history")
        left, right = latest.bounding_box(), history.bounding_box()
        main = page.locator("main > .head").bounding_box()
        page.goto(f"{console.url}/search?q=library")
        page.locator("a.subject").first.click()
        letter, around = (
            page.locator(f".letter > .{name}").bounding_box() for name in ("reading", "around")
        )
    finally:
        console.process.stop()

    assert left
    assert right
    assert main
    assert letter
    assert around
    assert (left["y"], left["height"]) == (right["y"], right["height"])
    assert left["x"] == main["x"]
    assert right["x"] + right["width"] == pytest.approx(main["x"] + main["width"], abs=1)
    assert around["y"] == letter["y"]
    assert around["x"] > letter["x"] + letter["width"]


# Colour and ground of a thing, or of a part of it.
COLOURS_OF = """([name, part]) => {
  const style = getComputedStyle(document.querySelector(name), part);
  return [style.color, style.backgroundColor, style.borderTopColor];
}"""


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_button_that_chooses_a_file_looks_like_the_others(
    empty: Console, new_page: Callable[..., Page], colours: Literal["light", "dark"]
) -> None:
    page = new_page(width=1280)
    page.emulate_media(color_scheme=colours)
    empty.sign_in(page)

    page.goto(f"{empty.url}/settings")
    button = page.evaluate(COLOURS_OF, ["form[action='/language'] button", None])
    page.goto(f"{empty.url}/upload")

    assert page.evaluate(COLOURS_OF, ["#file", "::file-selector-button"]) == button


# The number of facts in the last row, of a list of so many.
IN_LAST_ROW = """(facts, count) => {
  while (facts.children.length > 1) facts.lastElementChild.remove();
  while (facts.children.length < count) facts.append(facts.firstElementChild.cloneNode(true));
  const tops = [...facts.children].map(one => one.getBoundingClientRect().top);
  return tops.filter(one => one === Math.max(...tops)).length;
}"""


@pytest.mark.parametrize("width", [800, 1100, 1280, 1600, 1920])
def test_no_fact_stands_alone_in_a_row(
    empty: Console, new_page: Callable[..., Page], width: int
) -> None:
    page = new_page(width=width)
    empty.sign_in(page)
    page.goto(f"{empty.url}/workers")
    facts = page.locator("#workers .facts")

    last = {count: facts.evaluate(IN_LAST_ROW, count) for count in range(2, 11)}

    assert [count for count, rest in last.items() if rest == 1] == []


# Charts whose drawing begins lower or higher than those of its neighbours, and how many are alone
# in a row.
CHARTS = """charts => {
  const rows = Map.groupBy([...charts.children], one => one.getBoundingClientRect().top);
  const tops = row => row.map(one => one.querySelector("svg").getBoundingClientRect().top);
  return {
    crooked: [...rows.values()].filter(row => new Set(tops(row)).size > 1).length,
    alone: [...rows.values()].filter(row => row.length === 1).length,
  };
}"""


@pytest.mark.parametrize("width", [1280, 1600, 1920, 2200, 2560, 3840])
def test_charts_beside_each_other_begin_together_and_share_the_width(
    console: Callable[..., Console], new_page: Callable[..., Page], width: int
) -> None:
    here = console(QUEUE="local")
    with here.client() as client:
        upload(client, letters(3))
    page = new_page(width=width)
    here.sign_in(page)
    page.goto(here.url)
    charts = page.locator("#history .charts")
    longest = "since 01:31 on average 7 minutes 1 second, in all at most 17 minutes 1 second, " * 2
    charts.locator("figcaption .soft").nth(3).evaluate(
        "(one, text) => one.textContent = text", longest
    )

    assert charts.evaluate(CHARTS) == {"crooked": 0, "alone": 0}
