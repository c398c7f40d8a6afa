"""A page that stays open all day: when it asks, and what it says when no answer comes."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, Page, Request, expect
from sqlalchemy import update

from store.config import load
from store.states import Outcome
from store.tables import attempt
from tests.harness.browser import Complaints, open_page
from tests.harness.console import Console
from tests.harness.databases import opened
from tests.mboxes import letters
from tests.web.asking import upload

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
    late = page.locator("#history .as-of .late")
    expect(late).to_be_hidden()

    page.clock.run_for(400_000)

    expect(page.locator("#history.is-stale")).to_be_visible()
    expect(late).to_be_visible()
    expect(late).to_have_text("not updated since", use_inner_text=True)


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
    page.clock.run_for(30_000)
    expect(late).to_have_text("not updated since: the database is away", use_inner_text=True)
    page.unroute("**/fragments/**")
    # As nginx answers for a console that is away; it knows nothing of a database.
    page.route("**/fragments/**", lambda route: route.fulfill(status=502, body="Bad Gateway"))
    page.clock.run_for(30_000)
    expect(late).to_have_text("not updated since: the console does not answer", use_inner_text=True)
    page.unroute("**/fragments/**")
    page.clock.run_for(30_000)
    expect(late).to_be_hidden()
    here.process.stop()
    page.clock.run_for(30_000)
    expect(late).to_have_text("not updated since: the console does not answer", use_inner_text=True)
    expect(page.locator("#overview")).to_contain_text("kept.mbox")
    here.restart()
    page.clock.run_for(30_000)

    expect(late).to_be_hidden()
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
