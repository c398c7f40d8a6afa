"""Pages of a console in trouble, in both languages and colours, narrow and wide.

Failing, quarantined, running and given-up work, workers in every state, Redis away: nothing on
these pages excludes anybody or is wider than its window, and each says what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.furnishing import Troubled, console_without_redis, troubled_console
from tests.browser.walking import (
    DAY_AND_NIGHT,
    LOOKS,
    NIGHT_AND_DAY,
    is_wider_than_its_window,
    violations,
)
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


def wrong_with(page: Page, place: Troubled, names: Iterable[str] | None = None) -> dict[str, Any]:
    """What is wrong with which page."""
    wrong: dict[str, list[str]] = {}
    for name in names or place.paths:
        page.goto(place.console.url + place.paths[name])
        found = violations(page)
        if is_wider_than_its_window(page):
            found.append("wider than its window")
        if found:
            wrong[name] = found
    return wrong


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


@DAY_AND_NIGHT
def test_no_page_of_a_console_in_trouble_excludes_anybody(troubled: Troubled, walker: Page) -> None:
    troubled.console.sign_in(walker)

    assert wrong_with(walker, troubled) == {}


@NIGHT_AND_DAY
def test_nor_do_those_with_most_on_them_in_the_other_looks(
    troubled: Troubled, walker: Page
) -> None:
    troubled.console.sign_in(walker)

    assert wrong_with(walker, troubled, ("overview", "running", "workers", "cause")) == {}


@pytest.mark.parametrize("look", LOOKS)
def test_no_page_excludes_anybody_while_redis_is_away(alone: Troubled, walker: Page) -> None:
    alone.console.sign_in(walker)

    assert wrong_with(walker, alone) == {}


def test_without_redis_it_is_said_and_the_upload_is_kept(alone: Troubled, page: Page) -> None:
    alone.console.sign_in(page)
    expect(page.locator("#overview .notices")).to_contain_text("has been unreachable since")

    page.goto(alone.console.url + alone.paths["workers"])
    expect(page.locator("#workers")).to_contain_text("Workers are not known just now")
    page.goto(alone.console.url + alone.paths["job"])
    expect(page.locator("#progress h2")).to_contain_text("Queued")
