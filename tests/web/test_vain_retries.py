"""A retry is offered where it may help, and where it cannot its place says why."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from jobs import unpacker
from mail.sniff import Found, Verdict
from store.states import JobState
from store.tables import attempt
from tests.archives import zip_of
from tests.jobs.floor import Floor
from tests.mboxes import letters
from tests.web.test_pages_failures import cause_in, fail_jobs, files_there
from tests.web.visiting import Visit, read_again

WHY = "With this version, a retry would come to the same end"
TRIAL = 'id="trial-'


@pytest.fixture
def floor(here: Visit) -> Floor:
    """An archive in which no mail is."""
    floor = here.take_in(zip_of({"notes.txt": b"nothing but notes"}), filename="notes.zip")
    assert floor.job().state is JobState.FAILED
    return floor


def test_the_cause_of_an_archive_without_mail_is_told_in_words(here: Visit, floor: Floor) -> None:
    page = here.visitor().get("/failures").text

    for at in ("/failures", f"/failures/{cause_in(page)}", f"/jobs/{floor.job_id}", "/errands"):
        shown = re.sub(r"<pre.*?</pre>", "", here.visitor().get(at).text, flags=re.DOTALL)
        assert not re.search(r">NoMessages|NoMessages:", shown)
    assert "No mail in it" in page
    korean = here.visitor().get("/failures", headers={"Accept-Language": "ko"}).text
    assert "메일이 없음" in korean
    assert "지금 버전으로는 다시 시도해도 결과는 같습니다" in korean


def test_nothing_is_offered_that_comes_to_the_same_end(here: Visit, floor: Floor) -> None:
    visitor, page = here.visitor(), here.visitor().get("/failures").text
    key = cause_in(page)

    assert WHY in page
    assert TRIAL not in page
    assert 'id="retry-all"' not in page
    cause = visitor.get(f"/failures/{key}").text
    assert WHY in cause
    assert "/trial" not in cause
    job = visitor.get(f"/jobs/{floor.job_id}?chunk=0").text
    assert WHY in job
    assert 'id="read-again"' not in job
    assert "Retry this chunk" not in job
    again = visitor.get(f"/jobs/{floor.job_id}/read-again").text
    assert WHY in again
    assert 'id="again-failed"' not in again
    assert WHY in visitor.get(f"/failures/retry?cause={key}").text


def test_retrying_all_says_for_how_many_it_is_in_vain(here: Visit, floor: Floor) -> None:
    visitor, at = here.visitor(), ("/jobs/bulk?act=retry", "/failures/retry")
    assert 'id="all-retry"' not in visitor.get("/jobs").text
    for one in at:
        assert WHY in visitor.get(one).text

    fail_jobs(here, 1)

    assert 'id="all-retry"' in visitor.get("/jobs").text
    for one in at:
        assert WHY not in visitor.get(one).text
        assert "For 1 of these chunks a retry" in visitor.get(one).text


def test_a_file_that_may_come_back_is_retried_beside_it(here: Visit, floor: Floor) -> None:
    missing = fail_jobs(here, 1)[0]
    visitor = here.visitor()

    with files_there(here, [missing]):
        page = visitor.get("/failures").text

    assert page.count(TRIAL) == 1
    assert 'id="retry-all"' in page
    assert WHY not in visitor.get(f"/jobs/{missing.job_id}?chunk=0").text
    assert "Retry this chunk" in visitor.get(f"/jobs/{missing.job_id}?chunk=0").text


def test_an_mbox_without_mail_can_be_read_by_another_dialect(here: Visit) -> None:
    floor = here.take_in(b"\n" * 300 + letters(0), filename="blank.mbox")
    assert floor.job().error == "NoMessages: no message was found in this file"

    page = here.visitor().get(f"/jobs/{floor.job_id}").text

    assert WHY in page
    assert 'id="read-again"' in page


def tried_by_another_version(floor: Floor) -> None:
    """As if the program had been upgraded since."""
    with floor.workshop.database.write() as connection:
        connection.execute(update(attempt).values(version="0.0.1"))


def test_what_another_version_has_tried_can_be_retried(here: Visit, floor: Floor) -> None:
    tried_by_another_version(floor)
    visitor = here.visitor()
    key = cause_in(visitor.get("/failures").text)

    page = visitor.get(f"/jobs/{floor.job_id}?chunk=0").text

    assert "The one that runs now looks at all of it again" in page
    assert 'id="read-again"' in page
    assert "Retry this chunk" in page
    places = ("/failures", f"/failures/{key}", f"/failures/retry?cause={key}")
    for at in (*places, f"/jobs/{floor.job_id}/read-again", "/jobs/bulk?act=retry"):
        assert WHY not in visitor.get(at).text, at
    assert 'id="trial-' in visitor.get("/failures").text
    assert 'id="all-retry"' in visitor.get("/jobs").text

    visitor.post(f"/failures/{key}/trial")
    floor.run()

    assert floor.job().state is JobState.FAILED
    assert WHY in visitor.get(f"/jobs/{floor.job_id}").text
    assert 'id="read-again"' not in visitor.get(f"/jobs/{floor.job_id}").text


def test_a_retry_looks_again_at_what_was_not_taken_for_mail(
    here: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_mail = Verdict(found=Found.TEXT, is_mail=False, what="text")
    with monkeypatch.context() as older:
        older.setattr(unpacker, "sniff", lambda _head, _name: no_mail)
        floor = here.take_in(zip_of({"a.mbox": letters(3)}), filename="a.zip")
    assert floor.job().retry_is_vain
    tried_by_another_version(floor)

    read_again(here.visitor(), floor.job_id, "failed")
    floor.run()

    job = floor.job()
    assert (job.state, job.progress.messages) == (JobState.FINISHED, 3)
