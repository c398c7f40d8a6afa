"""How long a job took, when it was read again, or retried, long after its first end."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from jobs.errands import run_errand
from store.clock import utc_now
from store.errands import ErrandKind, next_errand
from store.inside import jobs_inside
from store.states import ChunkState, JobState
from store.tables import Utc, attempt, chunk, job, job_rest
from store.tables import upload as upload_table
from tests.archives import mail, zip_of
from tests.jobs.asked import ask
from tests.jobs.asked import carry_out as carry_out_one
from tests.jobs.floor import Floor
from tests.mboxes import letters
from tests.web.test_pages_workers import words_of
from tests.web.visiting import Visit, read_again, visit

YESTERDAY = timedelta(days=1)


def ended_yesterday(floor: Floor, *, state: JobState = JobState.FINISHED) -> None:
    """As if the job had come in a day ago, and had taken 42 seconds."""
    began = utc_now() - YESTERDAY
    end = began + timedelta(seconds=42)
    with floor.workshop.database.write() as connection:
        for table, when in (
            (job, {"created_at": began, "started_at": began, "finished_at": end, "state": state}),
            (chunk, {"started_at": began, "ended_at": end}),
            (attempt, {"started_at": began, "ended_at": end, "seen_at": end}),
            (upload_table, {"created_at": began, "stored_at": began}),
        ):
            connection.execute(update(table).values(when))


def carry_out(here: Visit) -> None:
    """All errands that wait."""
    while True:
        with here.house.database.read() as connection:
            errand = next_errand(connection)
        if errand is None:
            return
        run_errand(here.house.workshop, errand, still_mine=lambda: True)


def page_of(here: Visit, floor: Floor) -> str:
    """What the page of the job says."""
    return words_of(here.visitor().get(f"/jobs/{floor.job_id}").text)


def test_a_job_that_ran_once_took_from_upload_to_end(here: Visit) -> None:
    floor = here.take_in(letters(3))
    ended_yesterday(floor)

    assert "Took 42 s from upload to end" in page_of(here, floor)
    assert "in 2 runs" not in words_of(here.visitor().get("/jobs").text)


@pytest.mark.parametrize("from_seq", ["", "1"])
def test_reading_again_is_told_apart_from_the_first_run(here: Visit, from_seq: str) -> None:
    floor = here.take_in(letters(3))
    ended_yesterday(floor)

    asked = {"from_seq": from_seq} if from_seq else {}
    read_again(here.visitor(), floor.job_id, "onward" if from_seq else "all", **asked)
    carry_out(here)
    floor.run()

    page = page_of(here, floor)
    assert "First run took 42 s from upload to its end" in page
    assert re.search(r"Reading again took \d\.\d s asked for", page)
    assert "1 d" not in page.split("Chunks")[0]
    assert "in 2 runs" in words_of(here.visitor().get("/jobs").text)
    assert "in 2 runs" in words_of(here.visitor().get("/").text)
    assert "had ended" in words_of(here.visitor().get("/audit").text)


@pytest.mark.parametrize("how", ["job", "chunk"])
def test_a_retry_is_told_apart_from_the_first_run(here: Visit, how: str) -> None:
    floor = here.take_in(letters(3))
    ended_yesterday(floor, state=JobState.FAILED)
    with floor.workshop.database.write() as connection:
        failed = update(chunk).where(chunk.c.seq > 0).values(state=ChunkState.FAILED)
        connection.execute(failed)
    dispatch = here.house.dispatch

    if how == "job":
        assert dispatch.retry(floor.job_id, actor="test").did == 1
    else:
        assert dispatch.retry_chunk(floor.chunks()[0].id, actor="test")
    floor.run()

    page = page_of(here, floor)
    assert "First run took 42 s from upload to its end" in page
    assert re.search(r"Retrying took \d\.\d s asked for", page)


def test_a_retry_while_the_job_still_runs_begins_no_further_run(here: Visit) -> None:
    here = visit(here.house.database, here.house.config.data_dir.parent, CHUNK_BYTES="4096")
    floor = here.take_in(letters(60), work=False)
    floor.plan()
    chunks = floor.chunks()
    with floor.workshop.database.write() as connection:
        failed = update(chunk).where(chunk.c.id == chunks[1].id).values(state=ChunkState.FAILED)
        connection.execute(failed)

    assert here.house.dispatch.retry_chunk(chunks[1].id, actor="test")
    floor.run()

    page = page_of(here, floor)
    assert "First run" not in page
    assert "from upload to end" in page


def test_a_reading_that_was_asked_for_and_refused_is_no_run(here: Visit) -> None:
    floor = here.take_in(letters(3))
    ended_yesterday(floor)

    read_again(here.visitor(), floor.job_id, "all")
    floor.workshop.spool.remove(floor.spool_name)
    carry_out(here)

    assert "First run" not in page_of(here, floor)


def move_back(floor: Floor) -> None:
    """As if all that has happened in a database so far had happened a day before."""
    with floor.workshop.database.write() as connection:
        for table in (job, chunk, attempt, upload_table, job_rest):
            times = [one for one in table.c if isinstance(one.type, Utc)]
            for row in connection.execute(select(*table.primary_key, *times)).all():
                then = {
                    one.name: getattr(row, one.name) - YESTERDAY
                    for one in times
                    if getattr(row, one.name) is not None
                }
                (key,) = table.primary_key
                connection.execute(update(table).where(key == getattr(row, key.name)).values(then))


def took(here: Visit, filename: str) -> str:
    """What the list says a job took."""
    rows = re.findall(r"<tr>.*?</tr>", here.visitor().get("/jobs?fold=none").text, re.DOTALL)
    (row,) = (words_of(row) for row in rows if f">{filename}<" in row.partition("</a>")[0])
    return row


def retried_after_a_day(here: Visit, how: str) -> Floor:
    """An archive of two files that were read, one of which is stopped and retried a day later."""
    archive = here.take_in(zip_of({"a.mbox": mail(1), "b.mbox": mail(2)}), filename="x.zip")
    with here.house.database.write() as connection:
        (first, _), *_ = jobs_inside(connection, archive.job_id)
        failed = update(chunk).where(chunk.c.job_id == first, chunk.c.seq > 0)
        connection.execute(failed.values(state=ChunkState.FAILED))
        connection.execute(update(job).where(job.c.id == first).values(state=JobState.FAILED))
        query = select(chunk.c.id).where(chunk.c.job_id == first, chunk.c.seq > 0)
        chunk_id = connection.execute(query).scalar_one()
    move_back(archive)
    dispatch = here.house.dispatch
    match how:
        case "archive":
            assert dispatch.retry(archive.job_id, actor="test").did
        case "file":
            assert dispatch.retry(first, actor="test").did
        case "chunk":
            assert dispatch.retry_chunk(chunk_id, actor="test")
        case _:
            carry_out_one(archive, ask(archive, ErrandKind(how)))
    archive.run()
    return archive


@pytest.mark.parametrize("how", ["archive", "file", "chunk", "retry_failed", "retry_jobs"])
def test_the_time_between_runs_counts_neither_for_a_file_nor_for_its_archive(
    here: Visit, how: str
) -> None:
    archive = retried_after_a_day(here, how)

    for name in ("x.zip", "a.mbox"):
        assert re.search(r"\b\d\.\d s in 2 runs", took(here, name)), took(here, name)
    assert "in 2 runs" not in took(here, "b.mbox")
    page = page_of(here, archive).split("Files in this archive")[0]
    assert re.search(r"First run took \d\.\d s from upload to its end", page)
    assert re.search(r"Retrying took \d\.\d s asked for", page)
    assert re.search(r"All runs took \d\.\d s without the time in between", page)
    assert "1 d" not in page


def test_the_list_is_sorted_by_the_time_worked(here: Visit) -> None:
    retried_after_a_day(here, "archive")
    longer = here.take_in(mail(5), filename="longer.mbox")
    with here.house.database.write() as connection:
        begun = utc_now() - timedelta(hours=1)
        mine = update(job).where(job.c.id == longer.job_id)
        connection.execute(mine.values(created_at=begun))

    page = here.visitor().get("/jobs?sort=-duration").text

    assert page.index("longer.mbox") < page.index("x.zip")


def test_a_file_that_is_read_again_did_not_work_meanwhile(here: Visit) -> None:
    floor = here.take_in(letters(3))
    move_back(floor)

    read_again(here.visitor(), floor.job_id, "all")
    carry_out(here)
    floor.run()

    assert re.search(r"\b\d\.\d s in 2 runs", took(here, "letters.mbox"))
    assert re.search(r"Reading again took \d\.\d s", page_of(here, floor))
