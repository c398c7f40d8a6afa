"""What the log says of retries and of chunks is true when it says it, and as pages call it."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import delete, update

from jobs.errand_runner import tell_ends_of
from store.bells import due_bells
from store.clock import utc_now
from store.states import ChunkState, JobState
from store.tables import attempt, chunk, job
from tests.jobs.floor import Floor
from tests.mboxes import letters
from tests.web.test_audit import note, rows
from tests.web.test_pages_failures import carry_out, cause_in, fail_jobs, put_back_mbox
from tests.web.visiting import Visit
from web.language import Language


def failed_chunk(here: Visit, floor: Floor) -> int:
    """The only chunk of a file that was read, as if it had failed."""
    (found,) = floor.chunks()
    with here.house.database.write() as connection:
        failed = update(chunk).where(chunk.c.id == found.id).values(state=ChunkState.FAILED)
        connection.execute(failed)
        connection.execute(
            update(job).where(job.c.id == floor.job_id).values(state=JobState.FAILED)
        )
    return found.id


def top_of_log(here: Visit, *, language: str = "en") -> str:
    return rows(here.visitor(language=language).get("/audit").text)[0]


def test_a_retry_that_has_only_put_chunks_back_is_not_called_finished(here: Visit) -> None:
    floors = fail_jobs(here, 2)
    visitor = here.visitor()
    key = cause_in(visitor.get("/failures").text)
    answer = visitor.post("/failures/retry", data={"cause": key})

    carry_out(here, answer.headers["location"])

    entry = top_of_log(here)
    assert "finished" not in entry
    assert "put back what had failed" in entry
    assert "chunks 2" in entry
    assert "끝냈" not in top_of_log(here, language=Language.KOREAN)

    assert tell_ends_of(here.house.workshop) == 0
    put_back_mbox(here, floors[0])
    for floor in floors:
        floor.run()
    assert tell_ends_of(here.house.workshop) == 1
    assert tell_ends_of(here.house.workshop) == 0

    entry = top_of_log(here)
    assert "what an errand had put back is over" in entry
    assert "succeeded 1" in entry
    assert "failed again 1" in entry


def test_what_was_done_beside_is_still_called_finished(here: Visit) -> None:
    note(here, "account:ann", "errand.done", "errand:5", kind="delete_upload", upload_id=3)

    assert "finished an errand" in top_of_log(here)


@pytest.mark.parametrize("act", ["retry", "stop"])
def test_a_chunk_is_called_as_its_page_calls_it_with_its_file(here: Visit, act: str) -> None:
    here.take_in(letters(5), filename="first.mbox")
    floor = here.take_in(letters(3), filename="second.mbox")
    chunk_id = failed_chunk(here, floor)
    assert chunk_id != 1
    if act == "retry":
        assert here.house.dispatch.retry_chunk(chunk_id, actor="test")
    else:  # as it was written before there were numbers
        note(here, "account:ann", "chunk.stop", f"job:{floor.job_id}", chunk=chunk_id)

    page = here.visitor().get("/audit").text
    entry = rows(page)[0]

    assert "chunk 1" in entry
    assert f"chunk {chunk_id}" not in entry
    assert "second.mbox" in entry
    assert f'href="/jobs/{floor.job_id}?chunk=1#chunk"' in unescape(page)


def test_a_chunk_that_is_gone_keeps_the_number_it_was_written_with(here: Visit) -> None:
    floor = here.take_in(letters(3))
    chunk_id = failed_chunk(here, floor)
    assert here.house.dispatch.retry_chunk(chunk_id, actor="test")
    note(here, "account:ann", "chunk.stop", f"job:{floor.job_id}", chunk=chunk_id)
    with here.house.database.write() as connection:
        connection.execute(delete(attempt).where(attempt.c.chunk_id == chunk_id))
        connection.execute(delete(chunk).where(chunk.c.id == chunk_id))

    page = here.visitor().get("/audit").text
    older, newer = rows(page)[1], rows(page)[0]

    assert re.search(r"chunk 1\b", older)
    assert f"internal number {chunk_id}" in newer
    assert "?chunk=" not in page


def test_a_worker_is_told_both_numbers_of_a_chunk(here: Visit) -> None:
    here.take_in(letters(5))
    floor = here.take_in(letters(3), work=False)
    floor.plan()
    (waiting,) = floor.chunks()

    with here.house.database.write() as connection:
        (bell,) = due_bells(connection, now=utc_now(), window=9, hanging=0)

    assert bell.in_words == f"parse chunk 1 of job {floor.job_id} (id {waiting.id})"
