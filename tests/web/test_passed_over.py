"""What an address asks for and no page knows: told, and never taken for narrowing."""

from __future__ import annotations

import html
import re

import pytest

from store.accounts import Role
from tests.jobs.floor import Floor
from tests.mboxes import letters
from tests.web.test_pages_archives import text_of
from tests.web.test_pages_failures import fail_jobs
from tests.web.visiting import Visit


@pytest.fixture
def floor(here: Visit) -> Floor:
    return here.take_in(letters(3))


def told(page: str) -> list[str]:
    """What the page says that it passed over."""
    notice = re.search(r'<p class="notice warn" role="status" id="passed-over">.*?</p>', page)
    return re.findall(r"<bdi[^>]*>(.*?)</bdi>", notice[0]) if notice else []


@pytest.mark.parametrize(
    "address",
    [
        "/?period=nonsense",
        "/jobs?state=nonsense",
        "/jobs?sort=nonsense",
        "/jobs?fold=nonsense",
        "/jobs?archive=nonsense",
        "/jobs/JOB?outcome=nonsense",
        "/jobs/JOB?first=nonsense",
        "/jobs/JOB?standing=nonsense",
        "/workers?state=nonsense",
        "/failures?order=nonsense",
        "/failures?period=nonsense",
        "/errands?state=nonsense",
        "/audit?sort=nonsense",
        "/search?q=letter&order=nonsense",
        "/search?q=letter&group=nonsense",
        "/attachments?type=nonsense",
        # Places in a list, numbers and days that are none.
        "/jobs?after=nonsense",
        "/jobs?sort=-size&before=nonsense",
        "/jobs?since=nonsense",
        "/jobs?until=2024-02-31",
        "/jobs?ended=nonsense",
        "/jobs/JOB?chunk=nonsense",
        "/jobs/JOB?before=nonsense",
        "/jobs/JOB?of=nonsense",
        "/jobs/JOB?aside=nonsense",
        "/jobs/JOB?past=nonsense",
        "/workers?after=nonsense",
        "/failures?after=nonsense",
        "/failures?order=most&after=nonsense",
        "/errands?before=nonsense",
        "/audit?before=nonsense",
        "/audit?after=nonsense",
        "/audit?since=nonsense",
        "/search?q=letter&after=nonsense",
        "/search?q=letter&group=thread&after=nonsense",
        "/attachments?after=nonsense",
        "/messages/MAIL?charset=nonsense",
        "/messages/MAIL?view=hex&at=nonsense",
        # Names that no part of the page has.
        "/?page=nonsense",
        "/jobs?page=nonsense",
        "/jobs/JOB?page=nonsense",
        "/jobs/JOB/report?page=nonsense",
        "/jobs/JOB/read-again?page=nonsense",
        "/jobs/JOB/delete?page=nonsense",
        "/jobs/bulk?act=delete&sttae=nonsense",
        "/workers?page=nonsense",
        "/failures?page=nonsense",
        "/failures/retry?page=nonsense",
        "/errands?page=nonsense",
        "/audit?page=nonsense",
        "/search?page=nonsense",
        "/search?q=letter&page=nonsense",
        "/search/all?act=read&q=letter&page=nonsense",
        "/attachments?page=nonsense",
        "/upload?page=nonsense",
        "/settings?page=nonsense",
        "/messages/MAIL?page=nonsense",
        "/messages/MAIL/read-again?page=nonsense",
    ],
)
def test_a_page_says_what_of_its_address_it_does_not_know(
    here: Visit, floor: Floor, address: str
) -> None:
    address = address.replace("JOB", floor.job_id).replace("MAIL", "1-0")

    answer = here.visitor().get(address)

    assert answer.status_code == 200
    assert told(answer.text) == [re.split("[?&]", address)[-1]]
    assert "neither narrowed nor sorted by it" in text_of(answer.text)
    empty = re.sub("=(nonsense|2024-02-31)", "=", address)
    assert told(here.visitor().get(empty).text) == []


def test_what_is_known_beside_it_is_heeded(here: Visit, floor: Floor) -> None:
    page = here.visitor().get("/jobs?state=failed&state=<b>&state=<b>&sort=-size&sort=up").text

    assert told(page) == ["state=&lt;b&gt;", "sort=up"]
    assert floor.job_id not in page


@pytest.mark.parametrize("word", ["%00", "%FF%FE", "x" * 4000])
def test_no_word_is_too_odd_to_be_told(here: Visit, word: str) -> None:
    answer = here.visitor().get(f"/jobs?state={word}")

    assert answer.status_code == 200
    assert len(told(answer.text)) == 1
    assert len(told(answer.text)[0]) < 100


def test_it_is_told_in_korean_too(here: Visit) -> None:
    page = here.visitor().get("/errands?state=nonsense", headers={"Accept-Language": "ko"}).text

    assert told(page) == ["state=nonsense"]
    assert "좁히거나" in page


def test_what_people_wrote_narrows_and_stays_in_its_field(here: Visit, floor: Floor) -> None:
    for address in ("/jobs?by=nobody", "/failures?type=nonsense", "/audit?kind=nonsense"):
        page = here.visitor(Role.ADMIN).get(address).text

        assert told(page) == []
        assert re.search(r'value="(nobody|nonsense)" selected', page)
        assert floor.job_id not in page


def test_failures_of_a_period_that_is_none_are_not_all_retried(here: Visit) -> None:
    fail_jobs(here, 1)

    assert here.visitor().get("/failures/retry?period=nonsense").status_code == 400
    assert here.visitor().post("/failures/retry", data={"period": "x"}).status_code == 400


def test_a_list_with_a_place_that_is_none_begins_at_its_beginning(
    here: Visit, floor: Floor
) -> None:
    page = here.visitor().get("/jobs?after=nonsense&since=nonsense&state=finished").text

    assert floor.job_id in page
    # Neither the part that keeps it current nor an act on all of it asks for that again.
    assert told(page) == ["since=nonsense", "after=nonsense"]
    assert page.count("nonsense") == 2


def test_every_link_of_every_page_is_understood(here: Visit) -> None:
    """No page calls odd what another one, or its own form, has put into an address."""
    here.take_in(letters(60))
    fail_jobs(here, 2)
    client, seen = here.visitor(), set[str]()
    waiting = [
        "/",
        "/search?q=letter",
        "/search?q=letter&group=thread&order=best",
        "/jobs?fold=none",
    ]
    while waiting and len(seen) < 250:
        address = waiting.pop(0)
        kind = re.sub(r"[0-9a-f]{16,}|[0-9]+", "N", address)
        if kind in seen:
            continue
        seen.add(kind)
        answer = client.get(address)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        if address.endswith("/file") and answer.status_code == 410:
            continue  # of what failed here the bytes are taken away
        assert answer.status_code == 200, address
        assert told(answer.text) == [], address
        for link in re.findall(r'href="(/[^"#]*)', answer.text):
            if not link.startswith(("/static", "/api", "/search/export")):
                waiting.append(html.unescape(link))
    assert len(seen) > 80


@pytest.mark.parametrize(
    ("address", "onward"),
    [
        ("/jobs/bulk?act=nonsense", ["/jobs", "/"]),
        ("/jobs/JOB/read-again?from_seq=nonsense", ["/jobs/JOB/read-again", "/jobs", "/"]),
        ("/failures/retry?since=nonsense", ["/failures/retry", "/failures", "/"]),
        ("/search/export?format=nonsense", ["/search", "/"]),
        ("/messages/nonsense", ["/search", "/"]),
        ("/nonsense", ["/"]),
    ],
)
def test_a_refusal_is_a_whole_page_with_a_way_on(
    here: Visit, floor: Floor, address: str, onward: list[str]
) -> None:
    address, onward = (
        address.replace("JOB", floor.job_id),
        [one.replace("JOB", floor.job_id) for one in onward],
    )

    answer = here.visitor().get(address)

    assert answer.status_code in (400, 404)
    assert '<nav aria-label="Main">' in answer.text
    assert re.findall(r'class="button" href="([^"]*)"', answer.text) == [
        one.replace("JOB", floor.job_id) for one in onward
    ]
    assert told(answer.text) == []


def test_a_refusal_of_a_stranger_tells_no_places(here: Visit) -> None:
    answer = here.stranger().get("/nonsense")

    assert answer.status_code == 404
    assert "<nav" not in answer.text
    assert 'href="/"' in answer.text
