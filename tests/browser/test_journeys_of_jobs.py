"""Journeys along one job, all jobs, the past, into the other language: in looks of all pairs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.walking import EACH_PAIR, LOOKS, upload_bytes, wait_for_state
from tests.harness.console import Console, start_console
from tests.harness.processes import Process
from tests.harness.redis import RedisServer
from tests.mboxes import mbox_of, raw_message
from tests.web.asking import upload
from web.language import Language, catalogue

Said = Callable[[str], str]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Iterator[Console]:
    """A console whose work waits until a worker comes."""
    redis_server.flush()
    settings = {"QUEUE": "redis", "REDIS_URL": redis_server.url, "CHUNK_BYTES": "4096"}
    console = start_console(tmp_path_factory.mktemp("house"), settings=settings)
    yield console
    console.process.stop()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console that reads by itself."""
    console = start_console(tmp_path_factory.mktemp("alone"), settings={"QUEUE": "local"})
    yield console
    console.process.stop()


def mbox_for(look: str, *, part: int = 0, count: int = 60) -> bytes:
    """An mbox that no other look has."""
    first = (list(LOOKS).index(look) * 10 + part) * 1000
    return mbox_of(
        raw_message(number, body=f"{number}\n" + "and so on it went\n" * 9)
        for number in range(first, first + count)
    )


@EACH_PAIR
def test_a_job_is_paused_read_looked_into_reported_and_deleted(
    house: Console, rq_worker: Callable[..., Process], walker: Page, look: str, said: Said
) -> None:
    page, mbox = walker, mbox_for(look)
    house.sign_in(page)
    job = upload_bytes(house, page, mbox, filename=f"{look}.mbox")
    expect(page.locator("#progress h2")).to_contain_text(said("Queued"))

    page.locator("#pause").click()
    page.locator("#do-it").click()
    expect(page.locator("#progress h2")).to_contain_text(said("Paused"))
    page.locator("#resume").click()
    expect(page.locator("#progress h2")).to_contain_text(said("Queued"))
    rq_worker(house.environ)
    wait_for_state(page, said("Finished"))
    every_byte = said("Every byte is accounted for, exactly once.")
    expect(page.locator("#ledger")).to_contain_text(every_byte)

    cells = page.locator(".chunk-map .cell")
    assert cells.count() > 2
    cells.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url("**chunk=2**")
    expect(page.locator("#chunk")).to_contain_text("2")
    with page.expect_download() as download:
        page.get_by_role("link", name=said("Report as JSON")).click()
    report = json.loads(download.value.path().read_text(encoding="utf-8"))
    page.get_by_role("link", name=said("Report to print")).click()
    expect(page.locator("main")).to_contain_text(hashlib.sha256(mbox).hexdigest())
    assert hashlib.sha256(mbox).hexdigest() in json.dumps(report)

    page.goto(job)
    page.get_by_role("link", name=said("Delete the file…")).click()
    page.locator("#sure").check()
    page.locator("#do-it").click()
    expect(page.locator("#errand h2")).to_contain_text(said("Done"), timeout=30_000)
    page.goto(job)
    expect(page.locator("h1")).to_contain_text(said("There is nothing here"))


@EACH_PAIR
def test_all_jobs_that_match_a_filter_are_deleted_in_the_background(
    alone: Console, walker: Page, look: str, said: Said
) -> None:
    page = walker
    with alone.client() as client:
        for part in (1, 2, 3):
            name = f"{'keep' if part == 3 else 'drop'}-{look}-{part}.mbox"
            upload(client, mbox_for(look, part=part, count=5), filename=name)
    alone.sign_in(page)
    page.goto(f"{alone.url}/jobs?q=drop-{look}")
    expect(page.locator("#jobs tbody tr")).to_have_count(2)

    page.locator("#all-delete").click()
    expect(page.locator("main .facts")).to_contain_text("10")
    page.locator("#sure").check()
    page.locator("#do").click()

    expect(page.locator("#errand h2")).to_contain_text(said("Done"), timeout=30_000)
    page.goto(f"{alone.url}/jobs?q={look}")
    expect(page.locator("#jobs .lead a")).to_have_text([f"keep-{look}-3.mbox"])
    page.goto(f"{alone.url}/audit")
    expect(page.locator("main")).to_contain_text(f"drop-{look}")


@EACH_PAIR
def test_a_mark_is_set_on_the_charts_and_the_past_is_looked_through(
    alone: Console, walker: Page, look: str, said: Said
) -> None:
    page = walker
    with alone.client() as client:
        upload(client, mbox_for(look, part=4, count=3), filename=f"{look}.mbox")
    alone.sign_in(page)
    page.locator("#mark").fill(f"new disk {look}")
    page.get_by_role("button", name=said("Set a mark")).click()

    expect(page.locator("#history #marks")).to_contain_text(f"new disk {look}")
    expect(page.locator("#history svg[role=img]").first).to_be_visible()
    periods = page.locator(f"#history ul[aria-label='{said('Period')}']")
    periods.get_by_role("link").last.click()
    page.wait_for_url("**period=week**")
    expect(periods.locator("[aria-current]")).to_have_text(said("Last week"))
    expect(page.locator("#history #marks")).to_contain_text(f"new disk {look}")
    page.locator("#history a[rel=prev]").click()
    page.wait_for_url("**until=**")
    expect(page.locator("#history")).not_to_contain_text(f"new disk {look}")
    page.locator("#history").get_by_role("link", name=said("Now"), exact=True).click()

    expect(page.locator("#history #marks")).to_contain_text(f"new disk {look}")
    expect(page).not_to_have_url(re.compile("until="))


@EACH_PAIR
def test_a_wrong_password_then_the_right_one_then_the_other_language(
    console: Callable[..., Console], walker: Page, look: str, said: Said
) -> None:
    # One that is its own, for an account keeps the language that was chosen.
    here, page, other = console(), walker, "en" if look.startswith("ko") else "ko"
    page.goto(f"{here.url}/jobs")
    page.locator("#name").fill("admin")
    page.locator("#password").fill("a guess")
    page.locator("button[type=submit]").click()
    expect(page.locator("[role=alert]")).to_contain_text(
        said("Name and password do not belong together.")
    )

    here.sign_in(page)
    page.goto(f"{here.url}/settings")
    page.locator("#language").select_option(other)
    page.get_by_role("button", name=said("Change"), exact=True).click()

    told = catalogue(Language(other)).gettext
    expect(page.locator("h1")).to_have_text(told("Settings"))
    expect(page.locator("html")).to_have_attribute("lang", other)
    page.goto(f"{here.url}/jobs")
    expect(page.locator("h1")).to_have_text(told("Jobs"))
