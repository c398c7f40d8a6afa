"""Workers whose record Redis has lost are told apart; what each did is counted by its chunks."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import update

from jobs.worker_names import host_told_by, new_name, pid_told_by
from store.clock import utc_now
from store.states import EngineName, Outcome
from store.tables import attempt
from tests.mboxes import letters
from tests.web.hall import Hall
from tests.web.test_pages_workers import words_of
from tests.web.visiting import Visit

OURS = "node-3-4711-0fa9c1"
PLAIN = "b9c1f0d2a7e84c0fb1a2d3e4f5a6b7c8"


def lead_of(page: str, name: str) -> str:
    """The first cell of the row in which a name stands."""
    rows = re.findall(r"<tr>.*?</tr>", page, re.DOTALL)
    (row,) = [row for row in rows if name in row]
    return words_of(row.split("</td>")[0])


def made_by(there: Visit, name: str, *outcomes: Outcome, host: str = "node-7") -> None:
    """Attempts of that worker on that host, ended as said."""
    for number, _ in enumerate(outcomes, start=1):
        there.take_in(letters(number))
    with there.house.database.write() as connection:
        ids = connection.execute(attempt.select()).scalars().all()
        for one, outcome in zip(ids, outcomes, strict=False):
            connection.execute(
                update(attempt)
                .where(attempt.c.id == one)
                .values(worker=name, host=host, outcome=outcome, engine=EngineName.RQ)
            )


def test_a_name_of_ours_tells_host_and_process() -> None:
    assert host_told_by(OURS) == "node-3"
    assert pid_told_by(OURS) == 4711
    assert pid_told_by(new_name())
    assert host_told_by(PLAIN) is None
    assert pid_told_by("node-1-4711") is None


def test_after_a_flush_our_worker_is_still_named_by_host_and_process(
    hall: Hall, there: Visit
) -> None:
    for name in (OURS, "node-3-4712-99ab01"):
        hall.enlist(name)
    hall.wait(2)
    hall.redis.flushall()

    page = there.visitor().get("/workers").text

    assert "node-3 · 4711" in lead_of(page, "0fa9c1")
    assert "node-3 · 4712" in lead_of(page, "99ab01")
    assert "Host not known" not in page


def test_after_a_flush_a_plain_worker_is_found_by_what_it_did(hall: Hall, there: Visit) -> None:
    made_by(there, PLAIN, Outcome.DONE)
    hall.enlist(PLAIN)
    hall.enlist("a" * 32)
    hall.wait(2)
    hall.redis.flushall()

    page = there.visitor().get("/workers").text

    assert "node-7 · b9c1f0d2…" in lead_of(page, "b9c1f0d2")
    assert "Host not known" in lead_of(page, "aaaaaaaa")


def test_of_a_worker_the_chunks_are_counted_and_not_its_bells(hall: Hall, there: Visit) -> None:
    made_by(there, OURS, Outcome.DONE, Outcome.DONE, Outcome.LOST)
    hall.enlist(OURS, successful_job_count="98", failed_job_count="97")
    hall.wait(1)

    page = there.visitor().get("/workers").text
    (told,) = there.visitor().get("/api/health").json()["workers"]

    assert "Chunks in the last hour" in page
    assert re.search(r">2 <span[^>]*>1 failed<", page)
    assert not re.search(r">9[78]<", page)
    assert told["chunks_last_hour"] == {"done": 2, "failed": 1}


def test_chunks_of_hours_ago_are_not_counted(hall: Hall, there: Visit) -> None:
    made_by(there, OURS, Outcome.DONE)
    with there.house.database.write() as connection:
        connection.execute(update(attempt).values(seen_at=utc_now() - timedelta(hours=2)))
    hall.enlist(OURS)
    hall.wait(1)

    (told,) = there.visitor().get("/api/health").json()["workers"]

    assert told["chunks_last_hour"] == {"done": 0, "failed": 0}
