"""A page that stays open all day: when it asks, and what it says when no answer comes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect
from sqlalchemy import update

from store.config import load
from store.states import Outcome
from store.tables import attempt
from tests.browser.furnishing import hand_in
from tests.browser.walking import COLOURS
from tests.harness.browser import Complaints, open_page
from tests.harness.console import Console
from tests.harness.databases import opened
from tests.mboxes import letters
from tests.web.asking import upload
from tests.web.hall import AWAY

EACH_COLOUR = pytest.mark.parametrize("colours", COLOURS)

HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def open_overview(console: Console, page: Page) -> list[str]:
    """The overview, with a clock of ours; the fragments that it asks for from now on."""
    console.sign_in(page)
    page.clock.install()
    page.goto(console.url)
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/fragments/" in request.url:
            asked.append(request.url.rpartition("/")[2])

    page.on("request", note)
    return asked


def test_a_hidden_tab_asks_nothing_and_asks_at_once_when_it_is_seen_again(
    console: Callable[..., Console], page: Page
) -> None:
    asked = open_overview(console(QUEUE="local"), page)
    page.evaluate(HIDE, True)

    page.clock.run_for(30_000)
    while_hidden = list(asked)
    with page.expect_request("**/fragments/overview", timeout=3000):
        page.evaluate(HIDE, False)

    assert while_hidden == []


def test_a_panel_that_gets_no_answer_says_so_in_words(
    console: Callable[..., Console], page: Page
) -> None:
    here = console(QUEUE="local")
    with here.client() as client:
        upload(client, letters(3))
    open_overview(here, page)
    page.route("**/fragments/**", lambda _: None)
    late, whole = page.locator("#history .as-of .late"), page.locator("#history .as-of")
    expect(late).to_be_hidden()

    page.clock.run_for(400_000)

    expect(page.locator("#history.is-stale")).to_be_visible()
    expect(late).to_be_visible()
    sentence = re.compile(r"^As of \d\d:\d\d:\d\d UTC; the console has not answered since$")
    expect(whole).to_have_text(sentence, use_inner_text=True)


# Which panels of live parts have an edge in another colour than the one for what is late.
PLAIN_EDGES = """() => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = "var(--warn)";
  const amber = getComputedStyle(probe).color;
  probe.remove();
  const parts = [...document.querySelectorAll("[data-live]")];
  const panels = parts.flatMap(part => [part, ...part.querySelectorAll(".panel")])
    .filter(one => one.matches(".panel"));
  const plain = panels.filter(one => getComputedStyle(one).borderTopColor !== amber);
  return { panels: panels.length, plain: plain.map(one => one.outerHTML.slice(0, 80)) };
}"""


@EACH_COLOUR
def test_every_panel_of_a_live_part_without_news_has_an_amber_edge(
    console: Callable[..., Console], new_page: Callable[..., Page], colours: str
) -> None:
    here = console(QUEUE="redis", REDIS_URL=AWAY)
    with here.client() as client:
        job = hand_in(client, letters(3), filename="waiting.mbox")
    page = new_page(colour_scheme=colours)
    here.sign_in(page)
    page.clock.install()

    for path in ("/", "/jobs", f"/jobs/{job}", "/workers", "/failures", "/errands"):
        page.goto(f"{here.url}{path}")
        fresh = page.evaluate(PLAIN_EDGES)
        page.route("**/fragments/**", lambda _: None)
        page.clock.run_for(400_000)
        stale = page.evaluate(PLAIN_EDGES)
        page.unroute_all(behavior="ignoreErrors")

        assert fresh["panels"] >= 1, path
        assert len(fresh["plain"]) == fresh["panels"], path
        assert stale["panels"] == fresh["panels"], path
        assert stale["plain"] == [], path


def says(page: Page, late: Locator, what: str | None) -> None:
    """The clock goes on until that is said, or nothing; answers come in their own time."""
    for _ in range(20):
        page.clock.run_for(10_000)
        said = late.inner_text() if late.is_visible() else None
        if said == what:
            return
        page.wait_for_timeout(200)
    assert said == what


def test_an_open_page_says_what_is_away_and_keeps_what_it_showed(
    console: Callable[..., Console], chromium: Browser
) -> None:
    here = console(QUEUE="local")
    with here.client() as client:
        upload(client, letters(3), filename="kept.mbox")
    page = open_page(chromium, complaints=Complaints())  # it complains of what is away
    open_overview(here, page)
    late = page.locator("#overview .as-of .late")
    away = {"status": 503, "headers": {"X-Away": "database"}, "body": "no"}

    page.route("**/fragments/**", lambda route: route.fulfill(**away))
    says(page, late, "; the database is away, nothing newer is known")
    page.unroute("**/fragments/**")
    # As nginx answers for a console that is away; it knows nothing of a database.
    page.route("**/fragments/**", lambda route: route.fulfill(status=502, body="Bad Gateway"))
    says(page, late, "; the console has not answered since")
    page.unroute("**/fragments/**")
    says(page, late, None)
    # As HAProxy, Apache and the ingress of a cluster do.
    page.route("**/fragments/**", lambda route: route.fulfill(status=503, body="No server"))
    says(page, late, "; the console has not answered since")
    page.unroute("**/fragments/**")
    says(page, late, None)
    said = "; not updated since, the console answered with an error"
    for status in (500, 503):  # our own, as of a search that took too long
        ours = {"status": status, "headers": {"X-Away": "no"}, "body": "A bug"}
        page.route("**/fragments/**", lambda route, _, ours=ours: route.fulfill(**ours))
        says(page, late, said)
        page.unroute("**/fragments/**")
        says(page, late, None)
    here.process.stop()
    says(page, late, "; the console has not answered since")
    expect(page.locator("#overview")).to_contain_text("kept.mbox")
    here.restart()
    says(page, late, None)
    page.context.close()


def test_deaths_that_somebody_opened_stay_open_when_news_come(
    console: Callable[..., Console], page: Page
) -> None:
    here = console(QUEUE="local")
    with here.client() as client:
        upload(client, letters(3))
    killed = "work-horse 5: signal 9 (SIGKILL): killed by hand or by the kernel"
    with opened(load(here.environ).database_url) as database, database.write() as connection:
        connection.execute(update(attempt).values(outcome=Outcome.LOST, error=killed))
    open_overview(here, page)
    page.goto(f"{here.url}/workers")
    alike = page.locator("#deaths details")
    alike.locator("summary").click()

    with page.expect_response("**/fragments/deaths"):
        page.clock.run_for(20_000)

    expect(alike).to_have_attribute("open", "")
    expect(alike.locator("li").first).to_be_visible()
