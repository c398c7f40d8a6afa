"""What an address asks for and no page knows: told, and never taken for narrowing."""

from __future__ import annotations

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
    ],
)
def test_a_page_says_what_of_its_address_it_does_not_know(
    here: Visit, floor: Floor, address: str
) -> None:
    address = address.replace("JOB", floor.job_id)

    answer = here.visitor().get(address)

    assert answer.status_code == 200
    assert told(answer.text) == [re.split("[?&]", address)[-1]]
    assert "neither narrowed nor sorted by it" in text_of(answer.text)
    assert told(here.visitor().get(address.replace("nonsense", "")).text) == []


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
