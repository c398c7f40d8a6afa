"""Acts on all jobs that match are offered also for what only another page of the list shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import update

from store import acts_that_help
from store.clock import utc_now
from store.database import Database
from store.states import ChunkState
from store.tables import attempt, chunk, job
from store.vain import program_version
from tests.archives import mail, zip_of
from tests.mboxes import letters
from tests.web.visiting import Visit, visit

OLDEST = "/jobs?sort=added"


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """A console whose lists have one job on a page."""
    monkeypatch.setattr("web.fragments.jobs.PAGE", 1)
    return visit(database, tmp_path, CHUNK_BYTES="2048")


def offered(place: Visit, address: str = "/jobs") -> list[str]:
    return re.findall(r'id="all-(\w+)"', place.visitor().get(address).text)


def fail_a_chunk(place: Visit, error: str) -> None:
    """Of a job that goes on; of those sorted by age, it is on the second page."""
    place.take_in(letters(2), filename="over.mbox")
    floor = place.take_in(letters(60), filename="goes-on.mbox", work=False)
    floor.plan()
    failed = floor.must_claim().chunk_id
    with place.house.database.write() as connection:
        change = update(chunk).where(chunk.c.id == failed)
        connection.execute(change.values(state=ChunkState.FAILED, error=error))
        tried = update(attempt).where(attempt.c.chunk_id == failed)
        connection.execute(tried.values(version=program_version()))


def test_a_chunk_that_failed_on_another_page_can_be_retried_with_all(place: Visit) -> None:
    fail_a_chunk(place, "MadeUpError: a bug")

    assert "goes-on" not in place.visitor().get(OLDEST).text
    assert "retry" in offered(place, OLDEST)
    assert "retry" in offered(place, f"{OLDEST}&q=o")
    assert "retry" not in offered(place, f"{OLDEST}&q=over")


def test_what_failed_in_vain_on_another_page_is_not_offered(place: Visit) -> None:
    fail_a_chunk(place, "NoMessages: no message was found in this file")

    assert "pause" in offered(place, OLDEST)
    assert "retry" not in offered(place, OLDEST)


def test_failed_jobs_on_other_pages_are_not_offered_where_all_are_in_vain(place: Visit) -> None:
    for number in range(3):
        place.take_in(b"no mail, number %d" % number, filename=f"{number}.mbox")
    assert place.visitor().get("/jobs?state=failed").text.count("<tr>") >= 2

    assert "retry" not in offered(place)


def test_beyond_so_many_it_is_left_to_the_confirmation(
    place: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_a_chunk(place, "NoMessages: no message was found in this file")
    monkeypatch.setattr(acts_that_help, "LOOKED_AT", 1)

    assert "retry" in offered(place, OLDEST)


def test_a_paused_file_in_an_archive_on_another_page_can_go_on(place: Visit) -> None:
    files = {f"{name}.mbox": mail(number) for number, name in enumerate("ab")}
    place.take_in(zip_of(files), filename="held.zip", work=False).step()
    with place.house.database.write() as connection:
        ids = connection.execute(job.select().order_by(job.c.upload_id)).all()
        connection.execute(update(job).where(job.c.id == ids[-1].id).values(paused_at=utc_now()))
    assert "resume" in offered(place)
    place.take_in(letters(2), filename="waits.mbox", work=False)

    assert "held" not in place.visitor().get("/jobs").text
    assert "resume" in offered(place)
    assert "resume" not in offered(place, "/jobs?q=waits")
