"""What needs a person: each thing leads to the very list that shows it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import update

from jobs.lease import Lease
from jobs.local import LOCK
from store.clock import utc_now
from store.database import Database
from store.recovery import Trouble, record_trouble
from store.states import Outcome
from store.tables import chunk, job
from tests.archives import mail, zip_of
from tests.jobs.floor import Floor
from tests.mboxes import letters
from tests.web.hall import Hall
from tests.web.test_lists import files
from tests.web.visiting import Visit, visit


def needs(page: str) -> list[tuple[str, str]]:
    """The notices of an overview: what is linked, and where it leads."""
    found = re.findall(r'<li class="notice [^>]*data-row>.*?</li>', page, re.DOTALL)
    links = [re.search(r'<a href="([^"]*)">([^<]*)</a>', notice) for notice in found]
    return [(link[2], unescape(link[1])) for link in links if link]


def test_nothing_stands_there_when_all_is_well(here: Visit) -> None:
    here.take_in(letters(1))

    assert needs(here.visitor().get("/").text) == []


def test_failed_chunks_are_the_link_of_their_sentence(here: Visit) -> None:
    floor = here.take_in(letters(1), work=False)
    floor.plan()
    here.house.spool.remove(floor.spool_name)
    floor.run()

    assert needs(here.visitor().get("/").text) == [("1 chunk", "/failures")]


@pytest.fixture
def away(sqlite_database: Database, tmp_path: Path) -> Visit:
    """A console whose Redis does not answer."""
    return visit(sqlite_database, tmp_path, REDIS_URL="redis://127.0.0.1:1/0", QUEUE="redis")


def test_a_queue_that_is_away_is_the_link_of_its_sentence(away: Visit) -> None:
    away.take_in(letters(1), work=False)

    page = away.visitor().get("/").text

    assert needs(page) == [("The queue", "/workers")]
    assert re.search(r"</a> has been unreachable since .* UTC\. Uploads are kept", page)
    assert "대기열</a>" in away.visitor(language="ko").get("/").text


def test_a_console_that_reads_by_itself_meanwhile_says_so(
    sqlite_database: Database, tmp_path: Path
) -> None:
    away = visit(sqlite_database, tmp_path, REDIS_URL="redis://127.0.0.1:1/0", QUEUE="auto")

    page = away.visitor().get("/").text

    assert needs(page) == [("The queue", "/workers")]
    assert "this console reads by itself" in page


def test_a_disk_that_runs_low_leads_to_the_largest_files(
    sqlite_database: Database, tmp_path: Path
) -> None:
    for number in (1, 3, 2):
        visit(sqlite_database, tmp_path).take_in(
            letters(number), filename=f"{number}.mbox", work=False
        )
    visitor = visit(sqlite_database, tmp_path, FREE_BYTES_FLOOR=str(1 << 50)).visitor()

    ((text, address),) = [
        need for need in needs(visitor.get("/").text) if need[0] == "the largest files"
    ]

    assert text == "the largest files"
    assert files(visitor.get(address).text) == ["3.mbox", "2.mbox", "1.mbox"]


def test_what_did_not_add_up_is_told_for_a_week_and_leads_to_the_list_that_shows_it(
    here: Visit,
) -> None:
    here.take_in(letters(1))
    packed = zip_of({"a.mbox": mail(1), "b.mbox": mail(2)})
    here.take_in(packed[:-60], filename="cut.zip")
    visitor = here.visitor()

    ((text, address),) = needs(visitor.get("/").text)

    assert text == "1 file"
    assert files(visitor.get(address).text) == ["cut.zip"]
    assert "Over since" in visitor.get(address).text
    korean = visitor.get(address, headers={"Accept-Language": "ko"}).text
    assert re.search(r"\d\.?부터 끝난 작업", korean)
    date_back(here, None, "created_at")
    assert needs(visitor.get("/").text) == [(text, address)]
    assert files(visitor.get(address).text) == ["cut.zip"]
    date_back(here, None, "finished_at")  # its files too
    assert needs(visitor.get("/").text) == []
    assert files(visitor.get(address).text) == []


def date_back(here: Visit, floor: Floor | None, column: str) -> None:
    """A job, or every one, was begun or over nine days ago."""
    with here.house.database.write() as connection:
        old = {column: utc_now() - timedelta(days=9)}
        which = [] if floor is None else [job.c.id == floor.job_id]
        connection.execute(update(job).where(*which).values(old))


def test_an_archive_of_which_a_file_was_over_since_is_told(here: Visit) -> None:
    packed = zip_of({"a.mbox": mail(1), "in.zip": zip_of({"b.mbox": mail(2)})})
    outer = here.take_in(packed, filename="x.zip")
    date_back(here, outer, "finished_at")
    today = utc_now().date()
    visitor = here.visitor()

    assert files(visitor.get(f"/jobs?ended={today}").text) == ["x.zip"]
    date_back(here, None, "finished_at")
    assert files(visitor.get(f"/jobs?ended={today}").text) == []
    assert visitor.get("/jobs?ended=nonsense").text.count("ended=nonsense") == 1


def test_acts_on_all_that_was_over_since_mean_no_more_than_that(here: Visit) -> None:
    old, new = (here.take_in(letters(one), filename=f"{one}.mbox") for one in (3, 4))
    date_back(here, old, "finished_at")
    page = here.visitor().get(f"/jobs?ended={utc_now().date()}").text
    assert files(page) == [new.job().filename]
    form = page.partition('action="/jobs/bulk"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))

    dry = here.visitor().get("/jobs/bulk", params={**fields, "act": "delete"}).text

    assert "Delete 1 job" in dry
    assert "Over since" in dry


def test_what_somebody_paused_waits_for_no_worker(here: Visit) -> None:
    floor = here.take_in(letters(1), work=False)
    visitor = here.visitor()
    assert [text for text, _ in needs(visitor.get("/").text)] == ["1 chunk"]

    visitor.post(f"/jobs/{floor.job_id}/pause")

    assert needs(visitor.get("/").text) == []
    queue = visitor.get("/api/health").json()["queue"]
    assert (queue["waiting"], queue["paused"]) == (0, 1)


@pytest.mark.parametrize(
    ("waits", "at_work", "told"), [(120, False, True), (20, False, False), (120, True, False)]
)
def test_work_that_nobody_begins_though_somebody_could_is_told(
    here: Visit, waits: int, at_work: bool, told: bool
) -> None:
    """A worker that is frozen between two chunks looks like one that is idle."""
    floor = here.take_in(letters(3), work=False)
    database = here.house.database
    assert Lease(database, LOCK, seconds=60).held()  # somebody who takes work, and does not
    if at_work:
        floor.must_claim()
    with database.write() as connection:
        connection.execute(update(job).values(created_at=utc_now() - timedelta(seconds=waits)))

    page = here.visitor().get("/").text
    health = here.visitor().get("/api/health").json()

    assert (("a worker may be frozen" in page), health["queue"]["unmoved"]) == (told, told)
    workers = here.visitor().get("/workers").text
    assert ("for a minute nobody has begun any of it" in workers) is told


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("is_there", [False, True])
def test_when_a_chunk_is_due_is_told_only_where_somebody_could_take_it(
    hall: Hall, there: Visit, is_there: bool, language: str
) -> None:
    floor = there.take_in(letters(3), work=False)
    floor.plan()
    claimed, policy = floor.must_claim(), floor.workshop.policy
    trouble = Trouble(outcome=Outcome.FAILED, error_type="OSError", error="no")
    with floor.workshop.database.write() as connection:
        record_trouble(
            connection, claimed.attempt_id, trouble=trouble, policy=policy, now=utc_now()
        )
        rests = chunk.c.id == claimed.chunk_id
        due_at = utc_now() + timedelta(seconds=90)
        connection.execute(update(chunk).where(rests).values(not_before=due_at))
    if is_there:
        hall.enlist("w1")
        hall.wait(1)

    page = there.visitor(language=language).get("/").text

    due = {"en": "the next chunk is due in", "ko": "뒤 다음 청크 차례"}[language]
    nobody = {"en": "nothing is read just now, and no worker", "ko": "다음 청크를 맡을 작업자 없음"}
    assert (due in page) is is_there
    assert (nobody[language] in page) is not is_there
