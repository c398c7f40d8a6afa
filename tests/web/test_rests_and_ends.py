"""What a job says while it rests and after it was stopped: no more and no worse than is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from store.audit import AuditEntry
from store.clock import utc_now
from store.database import Database
from store.search import search
from tests.jobs.floor import Floor
from tests.mboxes import letters
from tests.web.test_pages_archives import text_of
from tests.web.visiting import Visit, visit
from web.acts import act_of


@pytest.fixture
def chunked(database: Database, tmp_path: Path) -> Visit:
    """A console that cuts small chunks."""
    return visit(database, tmp_path, CHUNK_BYTES="16384")


@pytest.fixture
def half_read(chunked: Visit) -> Floor:
    """A job of several chunks, one of which is read."""
    floor = chunked.take_in(letters(200, body_lines=20), work=False)
    floor.plan()
    floor.step()
    return floor


def test_the_steps_of_a_paused_job_do_not_move(chunked: Visit, half_read: Floor) -> None:
    visitor, here = chunked.visitor(), f"/jobs/{half_read.job_id}"
    visitor.post(f"{here}/pause")

    page = visitor.get(here).text
    bar = page.partition('id="progress"')[2].partition("<progress")[2].partition(">")[0]

    assert re.findall(r'<li class="(\w+)"', page.partition('class="steps"')[2])[:4] == [
        "done",
        "done",
        "paused",
        "paused",
    ]
    assert "tone-warn" in bar


def test_a_paused_job_is_not_asked_about_pausing_again(chunked: Visit, half_read: Floor) -> None:
    visitor, here = chunked.visitor(), f"/jobs/{half_read.job_id}"
    before = text_of(visitor.get(f"{here}/pause").text)
    visitor.post(f"{here}/pause")

    page = visitor.get(f"{here}/pause").text

    assert "0 chunks" not in before
    assert "The job is paused already." in page
    assert 'id="do-it"' not in page


def test_what_a_cancelled_job_did_not_read_is_not_called_lost(
    chunked: Visit, half_read: Floor
) -> None:
    visitor, here = chunked.visitor(), f"/jobs/{half_read.job_id}"
    visitor.post(f"{here}/cancel")

    page = text_of(visitor.get(here).text)

    assert "bytes were not read: the job was cancelled before." in page
    assert "not accounted for" not in page


def test_few_attempts_are_not_filtered(here: Visit) -> None:
    floor = here.take_in(letters(3))

    page = here.visitor().get(f"/jobs/{floor.job_id}").text

    assert "Fenced off" not in page
    assert "Fenced off" in here.visitor().get(f"/jobs/{floor.job_id}?outcome=lost").text


def test_a_whole_file_read_again_is_not_read_from_chunk_0() -> None:
    entry = AuditEntry(
        id=1,
        at=utc_now(),
        actor="system",
        action="job.read_again",
        subject="job:3f",
        detail={"from_seq": 0, "errand": 5},
    )

    assert [detail.name for detail in act_of(entry).details] == ["errand"]


def test_a_person_is_told_in_their_language_why_a_file_is_not_taken(here: Visit) -> None:
    visitor = here.visitor(language="ko")

    korean = visitor.post("/api/upload/stream?filename=a.pdf", content=b"%PDF-1.7 and so on")

    assert korean.status_code == 415
    assert korean.json()["detail"].startswith("PDF")
    assert not korean.json()["detail"].isascii()


def test_copies_are_searchable_too_and_count_where_messages_do(here: Visit) -> None:
    here.take_in(letters(3), filename="first.mbox")
    twice = here.take_in(letters(3) + b"\n", filename="twice.mbox")
    assert twice.job().progress.duplicates == 3

    page = here.visitor().get(f"/jobs/{twice.job_id}?chunk=1").text

    steps = text_of(page.partition('<ol class="steps">')[2].partition("</ol>")[0])
    assert "Searchable 3 messages" in steps
    assert "Search in this file" in page
    assert "· 3 messages" in text_of(page.partition('id="chunk">')[2].partition("</p>")[0])


def test_a_copy_within_a_file_is_not_counted_as_one_more_that_is_searchable(here: Visit) -> None:
    floor = here.take_in(letters(3) + b"\n" + letters(2), work=False)
    while (job := floor.job()).progress.duplicates == 0:
        floor.step()
    assert (job.progress.met, job.progress.duplicates) == (5, 2)

    def step() -> str:
        page = here.visitor().get(f"/fragments/progress/{floor.job_id}").text
        return text_of(page.partition('<ol class="steps">')[2].partition("</ol>")[0])

    assert "Searchable 3 messages, 2 copies" in step()
    floor.run()
    assert floor.job().is_settled
    assert "Searchable 3 messages, 2 copies" in step()
    with here.house.database.read() as connection:
        hits = search(connection, f"in:{floor.upload_id}", limit=9, now=utc_now()).hits
    assert len(hits) == 3


def test_the_list_says_when_a_file_was_added_and_is_sorted_by_that(here: Visit) -> None:
    visitor = here.visitor()
    here.take_in(letters(3), filename="one.mbox", work=False)
    here.take_in(letters(4), filename="two.mbox", work=False)

    page = visitor.get("/jobs?sort=added").text

    assert page.index("one.mbox") < page.index("two.mbox")
    assert 'data-label="Added"' in page
    assert "Started" not in page


def test_the_page_of_a_paused_job_asks_seldom_and_quickly_again_when_it_goes_on(
    chunked: Visit, half_read: Floor
) -> None:
    visitor, here = chunked.visitor(), f"/jobs/{half_read.job_id}"

    def asks() -> list[str]:
        return re.findall(r'data-live="(\d+)"', visitor.get(here).text)

    moving = asks()
    visitor.post(f"{here}/pause")
    paused = asks()
    visitor.post(f"{here}/resume")

    # No worker has any of it in hand.
    assert set(moving) == {"5", "10"}
    assert set(paused) == {"10"}
    assert asks() == moving
