"""Labels put on all that a search finds, and a job's page at the job's end, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.furnishing import hand_in
from tests.harness.browser import Complaints, open_page
from tests.harness.console import Console
from tests.mboxes import letters
from tests.web.asking import status_at_the_end, upload

PARTS = ("about", "ledger", "attempts")
NOTE_REQUESTS = """() => {
  window.askedAtTheEnd = [];
  document.addEventListener("htmx:beforeRequest", (event) => {
    const by = event.detail.requestConfig.triggeringEvent?.type;
    if (!["about", "ledger", "attempts"].includes(event.target.id)) return;
    // Their own turns are left out: on a slow machine one could come just before the end.
    if (by === "job-over") window.askedAtTheEnd.push(event.target.id);
    else event.preventDefault();
  });
}"""


@pytest.mark.parametrize(
    ("scripts", "width", "language", "words"),
    [
        (True, 1280, "en-GB", ("All that match", "Put on…", "Put it on", "Our labels")),
        (False, 390, "ko-KR", ("조건에 맞는 전체", "붙이기…", "붙이기", "자체 라벨")),
    ],
)
def test_a_label_is_put_on_all_that_match_and_seen_on_a_message(
    console: Callable[..., Console],
    chromium: Browser,
    scripts: bool,
    width: int,
    language: str,
    words: tuple[str, ...],
) -> None:
    here = console()
    with here.client() as client:
        job = upload(client, letters(30), filename="letters.mbox")["job_id"]
        status_at_the_end(client, f"/api/upload/job/{job}")
    complaints = Complaints()
    page = open_page(
        chromium,
        complaints=complaints,
        width=width,
        language=language,
        colour_scheme="light" if scripts else "dark",
        scripts=scripts,
    )
    here.sign_in(page)
    page.goto(f"{here.url}/search?q=letter&group=thread")

    page.locator("#all-found summary", has_text=words[0]).click()
    page.fill("#all-label", "Später")
    page.get_by_role("button", name=words[1], exact=True).click()
    page.get_by_role("button", name=words[2], exact=True).click()
    expect(page.locator("#errand progress")).to_have_attribute("value", "30", timeout=15_000)
    page.goto(f"{here.url}/search?q=label:später")
    page.locator("a.subject").first.click()

    expect(page.get_by_text(words[3])).to_be_visible()
    expect(page.locator(".chip.own")).to_contain_text("Später")
    assert complaints.texts == []
    page.context.close()


def test_all_of_a_jobs_page_is_true_when_the_job_has_just_ended(
    console: Callable[..., Console], page: Page
) -> None:
    here = console()
    here.sign_in(page)
    # Large enough that the page is there before the job has ended.
    with here.client() as client:
        job_id = hand_in(client, letters(12_000), filename="large.mbox")
    page.goto(f"{here.url}/jobs/{job_id}")
    page.evaluate(NOTE_REQUESTS)

    for part in ("progress", *PARTS):
        expect(page.locator(f"#{part}[data-live]")).to_have_count(0, timeout=60_000)

    # Each was brought up to date by the end itself, and did not wait for its own turn.
    assert set(page.evaluate("window.askedAtTheEnd")) == set(PARTS)
