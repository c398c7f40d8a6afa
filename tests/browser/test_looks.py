"""What is seen, measured: nothing scrolls without need, nothing is cut that could be whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.harness.console import Console, start_console

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
