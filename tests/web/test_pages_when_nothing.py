"""Pages that ask before something is done ask nothing when there is nothing to do."""

from __future__ import annotations

from tests.mboxes import letters
from tests.web.visiting import Visit


def test_when_nothing_has_failed_no_retry_is_explained(here: Visit) -> None:
    page = here.visitor().get("/failures/retry").text

    assert "<p>Nothing has failed</p>" in page
    assert "goes on from where it got to" not in page
    assert 'id="do"' not in page


def test_when_no_job_matches_nobody_is_asked_to_be_sure(here: Visit) -> None:
    here.take_in(letters(2))

    none = here.visitor().get("/jobs/bulk?act=delete&q=zzz").text
    some = here.visitor().get("/jobs/bulk?act=delete").text

    assert 'name="sure"' not in none
    assert 'name="sure"' in some


def test_a_job_that_is_over_leads_back_instead_of_asking(here: Visit) -> None:
    floor = here.take_in(letters(2))

    page = here.visitor().get(f"/jobs/{floor.job_id}/pause").text

    assert f'class="button" href="/jobs/{floor.job_id}"' in page
    assert 'id="do-it"' not in page


def test_a_page_that_is_not_there_says_what_is_missing(here: Visit) -> None:
    nowhere = here.visitor().get("/nowhere")
    message = here.visitor().get("/messages/9-9")

    assert nowhere.status_code == message.status_code == 404
    assert "No page of this console has this address." in nowhere.text
    assert "There is no such message." in message.text
