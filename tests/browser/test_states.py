"""Pages of a console in trouble, in both languages and colours, narrow and wide.

Failing, quarantined, running and given-up work, workers in every state, Redis away: nothing on
these pages excludes anybody or is wider than its window, and each says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.furnishing import Troubled, console_without_redis, troubled_console
from tests.browser.walking import EACH_LANGUAGE, wrong_pages
from tests.harness.redis import RedisServer


@pytest.fixture(scope="module")
def troubled(
    tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer
) -> Iterator[Troubled]:
    """A console with everything wrong that can be."""
    redis_server.flush()
    with troubled_console(tmp_path_factory.mktemp("troubled"), redis_server.url) as found:
        yield found


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Troubled]:
    """A console whose Redis is away."""
    with console_without_redis(tmp_path_factory.mktemp("alone")) as found:
        yield found


def test_every_trouble_is_named_where_it_is_looked_for(troubled: Troubled, page: Page) -> None:
    # The first to ask for this console: what beats while it is made is late a minute later.
    here, paths = troubled.console, troubled.paths
    here.sign_in(page)
    for words in ("have failed and wait for a decision", "presumed dead", "late", "is stuck"):
        expect(page.locator("#overview .notices").first).to_contain_text(words)

    page.goto(here.url + paths["workers"])
    for state in ("Presumed dead", "Stuck", "Late", "Draining", "Busy", "Idle", "Ghost entry"):
        expect(page.locator("#workers tbody .state").get_by_text(state)).to_have_count(1)
    expect(page.locator("#deaths")).to_contain_text("probably out of memory")
    page.goto(here.url + paths["running"])
    expect(page.locator("#progress .legend")).to_contain_text("Waiting to retry")
    page.goto(here.url + paths["aside"])
    expect(page.locator("#ledger")).to_contain_text("Quarantined")


# Every worker in the state with the longest words.
LONGEST = """() => {
  const states = document.querySelectorAll("#workers tbody .state");
  for (const one of states) one.lastChild.textContent = "Orphaned work-horse";
  const all = document.querySelector("#workers .scroll"), head = all.querySelector("thead");
  const line = parseFloat(getComputedStyle(head.querySelector("th")).lineHeight);
  return { over: all.scrollWidth - all.clientWidth, lines: Math.floor(head.offsetHeight / line) };
}"""


def test_no_state_pushes_a_column_of_workers_out_of_its_panel(
    troubled: Troubled, new_page: Callable[..., Page]
) -> None:
    page = new_page(width=1280)
    troubled.console.sign_in(page)
    page.goto(troubled.console.url + troubled.paths["workers"])

    found = page.evaluate(LONGEST)

    assert found["over"] == 0
    assert found["lines"] <= 2


@EACH_LANGUAGE
def test_no_page_of_a_console_in_trouble_excludes_anybody(
    troubled: Troubled, new_page: Callable[..., Page], language: str
) -> None:
    page = new_page(language=language)
    troubled.console.sign_in(page)

    assert wrong_pages(page, troubled.console, troubled.paths) == {}


@EACH_LANGUAGE
def test_no_page_excludes_anybody_while_redis_is_away(
    alone: Troubled, new_page: Callable[..., Page], language: str
) -> None:
    page = new_page(language=language)
    alone.console.sign_in(page)

    assert wrong_pages(page, alone.console, alone.paths) == {}


def test_without_redis_it_is_said_and_the_upload_is_kept(alone: Troubled, page: Page) -> None:
    alone.console.sign_in(page)
    expect(page.locator("#overview .notices")).to_contain_text("has been unreachable since")

    page.goto(alone.console.url + alone.paths["workers"])
    expect(page.locator("#workers")).to_contain_text("Workers are not known just now")
    page.goto(alone.console.url + alone.paths["job"])
    expect(page.locator("#progress h2")).to_contain_text("Queued")
