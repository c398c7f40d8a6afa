"""Live parts while somebody reads: what was opened, chosen and reached stays, news or no news."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
from playwright.sync_api import Page, Route, expect

from store.causes import Cause
from store.clock import utc_now
from store.config import load
from tests.browser.walking import EACH_PAIR
from tests.harness.console import Console, start_console
from tests.harness.databases import opened
from tests.harness.waiting import wait_until
from tests.mboxes import letters
from tests.store.failing import add_job, fail_chunks, give_file
from tests.web.asking import upload
from tests.web.hall import AWAY

SAID = "the words that somebody marks"
CAUSES = [
    Cause(error_type=f"Bug{letter}Error", message=f"{SAID} {letter} " * 40, frame="mail/a.py read")
    for letter in "ABCDEFGH"
]
SELECT = """node => getSelection().selectAllChildren(node)"""
# What the reader has: the words marked, the thing with the focus, what is open, and where in the
# window that stands: what grows above it may make the page longer, but not push it away.
KEPT = """() => {
  const open = [...document.querySelectorAll("details[open]")];
  return {
    marked: getSelection().toString(),
    focus: document.activeElement.id,
    open: open.map(one => one.id),
    at: open.map(one => Math.round(one.getBoundingClientRect().top)),
  };
}"""
PANEL = "#failures"


@dataclass(slots=True)
class Failing:
    """A console where eight bugs strike, again and again."""

    console: Console
    job: tuple[str, int]
    failed: int = 0

    def fail_again(self, *, count: int) -> None:
        """Let each bug strike so many chunks more."""
        with opened(load(self.console.environ).database_url) as database:
            for cause in CAUSES:
                with database.write() as connection:
                    first, self.failed = self.failed + 1, self.failed + count
                    now = utc_now()
                    fail_chunks(connection, self.job, cause, count=count, first_seq=first, at=now)


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failing]:
    """Its Redis is away, so nobody takes the chunks up again."""
    settings = {"QUEUE": "redis", "REDIS_URL": AWAY}
    console = start_console(tmp_path_factory.mktemp("failing"), settings=settings)
    with opened(load(console.environ).database_url) as database, database.write() as connection:
        found = Failing(console, add_job(connection, "bugs.mbox"))
        give_file(connection, found.job[1], console.data_dir / "spool")
    found.fail_again(count=2)
    yield found
    console.process.stop()


@EACH_PAIR
def test_what_was_opened_marked_focused_and_reached_survives_news(
    failing: Failing, walker: Page
) -> None:
    page = walker
    failing.console.sign_in(page)
    page.clock.install()
    page.goto(f"{failing.console.url}/failures")
    opened_by_hand = page.locator(f"{PANEL} details[id^=message-]").nth(5)
    opened_by_hand.locator("summary").click()
    page.locator(f"{PANEL} article button").nth(5).focus()
    opened_by_hand.locator("p").evaluate(SELECT)
    opened_by_hand.scroll_into_view_if_needed()
    before = page.evaluate(KEPT)
    assert SAID in before["marked"]
    assert page.evaluate("scrollY") > 0
    assert before["focus"].startswith("trial-")
    assert len(before["open"]) == 1
    told = page.locator(PANEL).get_attribute("data-spoken")

    for _ in range(2):
        failing.fail_again(count=3)
        with page.expect_response(re.compile("/fragments/failures")):
            page.clock.run_for(20_000)
        expect(page.locator(PANEL)).not_to_have_attribute("data-spoken", str(told))
        told = page.locator(PANEL).get_attribute("data-spoken")

    assert page.evaluate(KEPT) == before


def test_what_is_half_typed_and_closed_by_hand_stays_so(
    console: Callable[..., Console], page: Page
) -> None:
    here = console(QUEUE="local")
    with here.client() as client:
        upload(client, letters(3))
        client.post("/api/marks", json={"text": "A mark of the day"}).raise_for_status()
    here.sign_in(page)
    page.clock.install()
    page.goto(f"{here.url}/")
    marks, mark = page.locator("#history details#marks"), page.locator("#mark")
    expect(marks).to_have_attribute("open", "")
    marks.locator("summary").click()
    mark.fill("half a sentence")

    with page.expect_response(re.compile("/fragments/history")):
        page.clock.run_for(120_000)

    expect(mark).to_have_value("half a sentence")
    expect(marks).not_to_have_attribute("open", "")
    expect(mark).to_be_focused()


SPEAK = """() => {
  window.heard = [];
  const place = document.getElementById("spoken");
  new MutationObserver(() => heard.push([performance.now(), place.textContent]))
    .observe(place, { childList: true, characterData: true, subtree: true });
}"""


def test_the_live_region_speaks_at_most_every_ten_seconds_and_says_the_last(
    console: Callable[..., Console], page: Page
) -> None:
    here = console(REDIS_URL=AWAY, QUEUE="redis")
    with here.client() as client:
        answer = client.post(
            "/api/upload/stream", params={"filename": "a.mbox"}, content=letters(2)
        )
    here.sign_in(page)
    page.clock.install()
    asked, is_over = 0, False

    def tell_news(route: Route) -> None:
        nonlocal asked
        asked += not is_over
        answer = route.fetch()
        news = re.sub(r'data-spoken="[^"]*"', f'data-spoken="news {asked}"', answer.text())
        route.fulfill(response=answer, body=news)

    page.route("**/fragments/progress/**", tell_news)
    page.goto(f"{here.url}/jobs/{answer.json()['job_id']}")
    page.evaluate(SPEAK)

    # A step at a time: what is asked on the way has to come back from the real console.
    def is_heard(what: str) -> bool:
        page.clock.run_for(1000)
        return bool(page.evaluate(what))

    wait_until(lambda: is_heard("heard.length >= 3"), what="three sentences were spoken")
    heard = page.evaluate("heard")
    assert asked > len(heard)
    # What listens hears of it a moment later than it was said, once more and once less.
    assert all(later[0] - sooner[0] > 9_900 for sooner, later in pairwise(heard))
    is_over = True
    last = f"heard.some(one => one[1] === 'news {asked}')"
    wait_until(lambda: is_heard(last), what="the last news was said")
    page.unroute_all(behavior="ignoreErrors")
