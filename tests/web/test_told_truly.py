"""Pages say what is so: of the disk, of quarantined mail, of causes, notices and deletions."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update

from store.audit import record
from store.causes import Cause
from store.clock import utc_now
from store.database import Database
from store.failures import Failure, note_failure
from store.history import add_sample
from store.states import ChunkKind, ChunkState, JobState
from store.tables import chunk, job
from tests.jobs.floor import Floor
from tests.mboxes import letters, mbox_of, raw_message
from tests.web.test_lists import files
from tests.web.test_needs import needs
from tests.web.test_pages_failures import cause_in, fail_jobs
from tests.web.visiting import Visit, visit

GB = 10**9
HEAVY = raw_message(7, subject="A heavy one", body="heavy quarkseven\n" * 6000)


def with_disk(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch, *, free: int, floor: int
) -> Visit:
    """A console with a job, and so much free on its disk."""
    visit(database, folder).take_in(letters(1))
    usage = SimpleNamespace(total=1000 * GB, used=0, free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    return visit(database, folder, FREE_BYTES_FLOOR=str(floor))


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_a_reserve_that_is_reached_is_no_full_disk(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = with_disk(sqlite_database, tmp_path, monkeypatch, free=80 * GB, floor=81 * GB)
    visitor = here.visitor()

    overview, page = text_of(visitor.get("/").text), visitor.get("/upload").text

    assert "The disk is full" not in overview
    assert "Uploads are refused" in overview
    assert "80.0 GB free, 81.0 GB kept in reserve" in overview
    assert "80.0 GB free, 81.0 GB kept in reserve" in text_of(page)
    assert "Nothing can be taken in" in page
    assert 'id="file"' not in page
    assert "upload.js" not in page


def test_of_little_room_it_is_said_what_of_it_can_be_used(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = with_disk(sqlite_database, tmp_path, monkeypatch, free=82 * GB, floor=80 * GB)

    overview = text_of(here.visitor().get("/").text)

    assert "there is room for 2.00 GB of uploads" in overview
    assert "82.0 GB free, 80.0 GB kept in reserve" in overview
    assert 'id="file"' in here.visitor().get("/upload").text


def test_a_disk_without_a_byte_is_full(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = with_disk(sqlite_database, tmp_path, monkeypatch, free=0, floor=GB)

    assert "The disk is full: uploads are refused" in text_of(here.visitor().get("/").text)
    assert "the disk is full" in here.visitor().get("/upload").text


@pytest.fixture
def strict(sqlite_database: Database, tmp_path: Path) -> Visit:
    """A console that finds a heavy message too heavy."""
    return visit(sqlite_database, tmp_path, MAX_MESSAGE_BYTES="65536")


def test_what_was_quarantined_is_told_in_lists_on_the_overview_and_at_the_step(
    strict: Visit,
) -> None:
    strict.take_in(letters(2), filename="light.mbox")
    floor = strict.take_in(mbox_of([raw_message(1), HEAVY]), filename="heavy.mbox")
    visitor = strict.visitor()

    ((text, address),) = needs(visitor.get("/").text)

    assert text == "1 file"
    assert files(visitor.get(address).text) == ["heavy.mbox"]
    for at in ("/", "/jobs"):
        page = visitor.get(at).text
        assert page.count("1 message quarantined") == 1
        assert f'href="/jobs/{floor.job_id}#set_aside"' in page
    page = visitor.get(f"/jobs/{floor.job_id}").text
    assert "of 1 no more than the headers" in page
    assert re.search(r'<li class="warn">\s*<b>.*?Searchable</b>', page)


def test_a_list_of_what_was_quarantined_leads_to_acts_on_no_more_than_that(strict: Visit) -> None:
    strict.take_in(letters(2), filename="light.mbox")
    strict.take_in(HEAVY, filename="heavy.mbox")
    today = utc_now().date()
    page = strict.visitor().get(f"/jobs?quarantined={today}").text
    form = page.partition('action="/jobs/bulk"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))

    dry = strict.visitor().get("/jobs/bulk", params={**fields, "act": "delete"}).text

    assert "Delete 1 job" in dry
    assert "With messages quarantined since" in dry
    assert files(strict.visitor().get("/jobs?quarantined=2999-01-01").text) == []


def fail_with(here: Visit, floor: Floor, error: str) -> Cause:
    """As if the chunk of a job had failed with these words."""
    cause = Cause(error_type="KeyError", message="…", frame="mail/body.py read_body")
    now = utc_now()
    with here.house.database.write() as connection:
        mine = (chunk.c.job_id == floor.job_id) & (chunk.c.kind == ChunkKind.PARSE)
        chunk_id = connection.execute(select(chunk.c.id).where(mine)).scalar_one()
        over = {"state": ChunkState.FAILED, "error": error, "ended_at": now}
        connection.execute(update(chunk).where(mine).values(**over))
        connection.execute(
            update(job)
            .where(job.c.id == floor.job_id)
            .values(state=JobState.FAILED, error=error, finished_at=now)
        )
        note_failure(connection, Failure(chunk_id=chunk_id, cause=cause, at=now))
    return cause


def test_a_cause_shows_what_the_latest_of_its_chunks_said_word_for_word(here: Visit) -> None:
    first, second = here.take_in(letters(3)), here.take_in(letters(4))
    fail_with(here, first, "KeyError: 'x-header-626'")
    cause = fail_with(here, second, "KeyError: '<b>x-header-627'" + "x" * 999)
    visitor = here.visitor()

    pages = [
        visitor.get(at).text
        for at in ("/failures", f"/failures/{cause.key}", f"/failures/retry?cause={cause.key}")
    ]
    errand = visitor.post("/failures/retry", data={"cause": cause.key}).headers["Location"]
    pages.append(visitor.get(errand).text)

    for page in pages:
        assert "&lt;b&gt;x-header-627" in page
        assert "x" * 500 not in page.partition('id="example"')[0]
    assert "626" not in pages[0]


def test_the_chart_of_a_cause_has_times_a_scale_and_words(here: Visit) -> None:
    fail_jobs(here, 3)
    visitor = here.visitor()
    key = cause_in(visitor.get("/failures").text)

    for period in ("hour", "day", "week"):
        page = visitor.get(f"/failures/{key}?period={period}").text
        chart = page.partition('class="chart"')[2].partition("</svg>")[0]
        assert 'aria-label="Chunks that failed: at most 3"' in chart
        assert len(re.findall(r"<text class=\"(?:odd)?\"", chart)) >= 3
        assert '<div class="axis small soft" aria-hidden="true"><span>3</span>' in page
        assert "UTC" in page.partition('id="history-title"')[2].partition("</section>")[0]
    assert "at most 3 in 2 h" in visitor.get("/failures").text


def test_a_notice_of_a_trial_holds_no_longer_than_the_trial(here: Visit) -> None:
    (floor,) = fail_jobs(here, 1)
    visitor = here.visitor()
    key = cause_in(visitor.get("/failures").text)
    answer = visitor.post(f"/failures/{key}/trial")

    during = visitor.get(answer.headers["Location"]).text
    floor.run()
    after = visitor.get(f"/fragments/cause/{key}").text

    assert 'data-holds-while="trial"' in during
    assert 'data-over=""' in during
    assert 'data-over="trial"' in after
    assert 'data-over="trial"' in visitor.get("/fragments/failures").text


def test_a_notice_of_a_pause_holds_no_longer_than_the_pause(here: Visit) -> None:
    floor = here.take_in(letters(2), work=False)
    visitor = here.visitor()
    at = f"/fragments/progress/{floor.job_id}"
    visitor.post(f"/jobs/{floor.job_id}/pause")

    paused = visitor.get(f"/jobs/{floor.job_id}").text
    visitor.post(f"/jobs/{floor.job_id}/resume")

    assert 'data-holds-while="paused"' in paused
    assert 'data-over="going-on"' in paused
    assert 'data-over="paused"' in visitor.get(at).text
    floor.run()
    assert 'data-over="waiting paused going-on"' in visitor.get(at).text


def test_a_job_that_failed_in_its_last_step_says_that_all_mail_is_here(here: Visit) -> None:
    floor, part = here.take_in(letters(3)), here.take_in(letters(4))
    for one in (floor, part):
        fail_with(here, one, "MadeUpError: at the very end")
    with here.house.database.write() as connection:
        mine = (chunk.c.job_id == part.job_id) & (chunk.c.kind == ChunkKind.PARSE)
        connection.execute(update(chunk).where(mine).values(position=chunk.c.start + 1))
    visitor = here.visitor()

    page = visitor.get(f"/jobs/{floor.job_id}").text

    assert "All of its mail is here and can be searched" in page
    assert re.search(r'<li class="done">\s*<b>.*?Searchable</b>', page)
    assert "All of its mail is here" not in visitor.get(f"/jobs/{part.job_id}").text


def test_before_a_deletion_it_is_counted_what_other_files_hold(here: Visit) -> None:
    first = here.take_in(letters(5), filename="first.mbox")
    copies = here.take_in(letters(5) + b"\n", filename="copies.mbox")
    more = here.take_in(letters(7) + b"\n\n", filename="more.mbox")
    alone = here.take_in(mbox_of([raw_message(90)]), filename="alone.mbox")
    visitor = here.visitor()

    def said(floor: Floor) -> str:
        return text_of(visitor.get(f"/jobs/{floor.job_id}/delete").text)

    for floor in (first, copies):
        assert "All of its messages are held by other files too" in said(floor)
    assert "5 of its messages are held by other files too" in said(more)
    assert "None of its messages is held by another file" in said(alone)


def test_the_audit_log_counts_the_chunks_of_a_stopped_worker(here: Visit) -> None:
    with here.house.database.write() as connection:
        for chunks in ([], [17, 18]):
            record(
                connection,
                actor="account:ann",
                action="worker.stop",
                subject="worker:barn",
                now=utc_now(),
                detail={"chunks": chunks},
            )

    page = here.visitor().get("/audit?action=worker.stop").text

    assert "[]" not in page
    assert "[17, 18]" not in page
    assert re.search(r"chunks\W*(<[^>]*>\s*)*2\b", page)


def test_what_counts_as_met_is_what_pages_call_messages(here: Visit) -> None:
    here.take_in(letters(5), filename="first.mbox")
    copies = here.take_in(letters(5) + b"\n", filename="copies.mbox")

    progress = here.visitor().get(f"/api/jobs/{copies.job_id}").json()["progress"]

    assert (progress["met"], progress["messages"], progress["duplicates"]) == (5, 0, 5)


def test_captions_of_the_queue_say_that_they_are_the_highest(here: Visit) -> None:
    with here.house.database.write() as connection:
        now = utc_now()
        add_sample(connection, now=now, waiting=60, running=0, oldest_seconds=317, consumers=1)

    page = text_of(here.visitor().get("/fragments/history?period=day").text)

    assert re.search(r"Longest wait since \d\d:[024]0 at most [^,]+, in all at most", page)
    assert re.search(r"Chunks waiting since \d\d:[024]0 at most 60, in all at most 60", page)


def test_times_that_stand_alone_name_their_zone(here: Visit) -> None:
    floor = here.take_in(letters(3))
    visitor = here.visitor()

    job_page, overview = visitor.get(f"/jobs/{floor.job_id}").text, visitor.get("/").text

    steps = job_page.partition('<ol class="steps">')[2].partition("</ol>")[0]
    times = re.findall(r"<time [^>]*>([^<]*)</time>", steps)
    assert times
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d UTC", one) for one in times)
    assert re.search(r"As of <time [^>]*>\d\d:\d\d:\d\d UTC</time>", overview)
