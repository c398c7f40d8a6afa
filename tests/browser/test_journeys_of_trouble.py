"""Journeys of an operator whose work went wrong: each in four looks that cover all pairs."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.furnishing import fail_chunks_of
from tests.browser.walking import (
    EACH_PAIR,
    is_wider_than_its_window,
    tab_to,
    upload_bytes,
    violations,
    wait_for_state,
)
from tests.harness.console import Console
from tests.harness.processes import Process
from tests.harness.waiting import wait_until
from tests.mboxes import letters, raw_message

Said = Callable[[str], str]
BRIEF = {"ATTEMPTS": "1", "CHUNK_BYTES": "16384"}
MBOX = letters(150, body_lines=9)


def failed_job(here: Console, page: Page, finished: str) -> str:
    """A job whose chunks have all failed; its address."""
    job = upload_bytes(here, page, MBOX)
    wait_for_state(page, finished)
    fail_chunks_of(here, job.rpartition("/")[2])
    return job


@EACH_PAIR
def test_a_trial_then_all_then_the_report_of_what_became_of_them(
    console: Callable[..., Console], walker: Page, said: Said
) -> None:
    here, page = console(**BRIEF), walker
    here.sign_in(page)
    job = failed_job(here, page, said("Finished"))
    page.goto(f"{here.url}/failures")
    page.get_by_role("link", name="MadeUpError").click()
    every = page.locator("a[href^='/failures/retry']")
    expect(every).not_to_have_class(re.compile("main"))

    page.get_by_role("button", name=said("Retry one as a trial")).click()
    expect(page.locator(".trial")).to_contain_text(said("Succeeded"), timeout=20_000)
    expect(every).to_have_class(re.compile("main"))
    every.click()
    expect(page.locator("h1")).to_have_text(said("Retry failed chunks"))
    page.locator("#do").click()

    expect(page.locator("#errand h2")).to_contain_text(said("Succeeded"), timeout=30_000)
    expect(page.locator("#errand progress")).to_have_class("tone-good")
    page.goto(job)
    expect(page.locator("#progress h2")).to_contain_text(said("Finished"))
    page.goto(f"{here.url}/failures")
    expect(page.locator("#failures")).to_contain_text(said("Nothing has failed"))


@EACH_PAIR
def test_by_tab_and_enter_alone_from_the_sign_in_to_a_retry(
    console: Callable[..., Console], walker: Page, new_page: Callable[..., Page], said: Said
) -> None:
    here, page, other = console(**BRIEF), walker, new_page()
    here.sign_in(other)
    failed_job(here, other, "Finished")

    page.goto(f"{here.url}/sign-in")
    # The browser gives the first field its focus a moment after the page is there.
    expect(page.locator("input[name=name]")).to_be_focused()
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse battery staple")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{here.url}/")
    follow(page, "#overview .notices a[href^='/failures']")
    page.wait_for_url("**/failures*")
    follow(page, "#failures article button")
    expect(page.locator(".trial")).to_contain_text(said("Succeeded"), timeout=20_000)
    follow(page, "main a[href^='/failures/retry']")
    page.wait_for_url("**/failures/retry*")
    follow(page, "#do")

    expect(page.locator("#errand h2")).to_contain_text(said("Succeeded"), timeout=30_000)


def follow(page: Page, selector: str) -> None:
    """Come to it by Tab and press Enter."""
    tab_to(page, page.locator(selector).first)
    page.keyboard.press("Enter")


@EACH_PAIR
def test_what_reading_again_would_do_is_counted_when_it_is_asked(
    console: Callable[..., Console], walker: Page, said: Said
) -> None:
    here, page = console(**BRIEF), walker
    here.sign_in(page)
    job = upload_bytes(here, page, MBOX)
    # The page that was opened before the end is not reloaded.
    wait_for_state(page, said("Finished"))

    page.locator("#read-again").click()
    expect(page.locator("section:has(#again-all)")).to_contain_text("150")
    page.locator("#from-seq").fill("3")
    page.locator("#from-seq").press("Enter")
    page.wait_for_url(re.compile(r"from_seq=3"))
    removed = page.locator("form:has(#again-onward) input[name=removed]").input_value()
    assert 0 < int(removed) < 150
    assert violations(page) == []
    assert not is_wider_than_its_window(page)
    page.locator("#again-onward").click()

    expect(page.locator("#errand h2")).to_contain_text(said("Done"), timeout=20_000)
    page.goto(job)
    wait_for_state(page, said("Finished"))
    every_byte = said("Every byte is accounted for, exactly once.")
    expect(page.locator("#ledger")).to_contain_text(every_byte)


@EACH_PAIR
def test_a_quarantined_message_is_read_again_with_wider_limits(
    console: Callable[..., Console], walker: Page, said: Said
) -> None:
    here, page = console(MAX_MESSAGE_BYTES="65536"), walker
    here.sign_in(page)
    heavy = raw_message(7, subject="A heavy one", body="heavy quarkseven\n" * 6000)
    job = upload_bytes(here, page, raw_message(1) + heavy)
    wait_for_state(page, said("Finished"))

    page.locator("#set_aside").get_by_role("link", name=said("Read again")).click()
    assert violations(page) == []
    page.locator("#read-it").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    page.locator("#wide").check()
    page.locator("#read-it").click()

    expect(page.locator(".notice.good")).to_be_visible()
    page.goto(f"{here.url}/search?q=quarkseven")
    expect(page.locator(".hit .subject")).to_contain_text("A heavy one")
    page.goto(job)
    expect(page.locator("#ledger")).not_to_contain_text(said("Quarantined"))
    every_byte = said("Every byte is accounted for, exactly once.")
    expect(page.locator("#ledger")).to_contain_text(every_byte)


@EACH_PAIR
def test_of_two_workers_one_is_killed_and_the_other_is_drained(
    console: Callable[..., Console],
    rq_worker: Callable[..., Process],
    redis_url: str,
    walker: Page,
    said: Said,
) -> None:
    here, page = console(REDIS_URL=redis_url, QUEUE="redis"), walker
    here.sign_in(page)
    upload_bytes(here, page, MBOX)
    expect(page.locator("#progress h2")).to_contain_text(said("Queued"))
    first = rq_worker(here.environ)
    wait_for_state(page, said("Finished"))
    rq_worker(here.environ)
    see_workers(here, page, said("Idle"), count=2)

    first.kill()
    see_workers(here, page, said("Presumed dead"), count=1)
    assert violations(page) == []
    page.get_by_role("link", name=said("Drain…"), exact=True).click()
    assert violations(page) == []
    page.get_by_role("button", name=said("Drain"), exact=True).click()

    expect(page.locator(".notice.good")).to_be_visible()
    see_workers(here, page, said("Idle"), count=0)


def see_workers(here: Console, page: Page, state: str, *, count: int) -> None:
    """Open the page of workers until so many are in that state: at rest it asks every 10 s."""

    def so_many() -> bool:
        page.goto(f"{here.url}/workers")
        return page.locator("#workers tbody .state").get_by_text(state).count() == count

    wait_until(so_many, what=f"{count} workers are {state}")
