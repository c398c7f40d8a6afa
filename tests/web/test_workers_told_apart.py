"""Workers whose record Redis has lost are told apart; what each did is counted by its chunks."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from jobs.worker_names import host_told_by, new_name, pid_told_by
from store.claims import WorkerIdentity, claim_next
from store.clock import utc_now
from store.recovery import Trouble, record_trouble
from store.states import EngineName, Outcome
from store.tables import attempt
from tests.jobs.floor import Floor
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

    assert "node-3 · 4711 email-parser worker" in lead_of(page, "0fa9c1")
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


@pytest.mark.parametrize("name", ["a" * 32, "named-by-hand"])
@pytest.mark.parametrize("beats", [True, False])
def test_after_a_flush_a_plain_worker_is_still_called_one(
    hall: Hall, there: Visit, name: str, beats: bool
) -> None:
    hall.enlist(name)
    hall.wait(1)
    hall.redis.flushall()
    if beats:
        hall.redis.hset(f"rq:worker:{name}", "last_heartbeat", utc_now().isoformat())

    visitor = there.visitor()
    row = lead_of(visitor.get("/fragments/workers").text, name)
    (told,) = visitor.get("/api/health").json()["workers"]

    assert "rq worker" in row
    assert told["kind"] == "rq worker"


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


@pytest.mark.parametrize("trouble", [Outcome.FAILED, Outcome.LOST])
def test_a_chunk_that_failed_again_and_again_is_counted_once(
    hall: Hall, there: Visit, trouble: Outcome
) -> None:
    made_by(there, OURS, Outcome.DONE, trouble, trouble)
    with there.house.database.write() as connection:
        again = dict(connection.execute(select(attempt).limit(1)).mappings().one())
        failed = select(attempt.c.chunk_id).where(attempt.c.outcome == trouble).limit(1)
        again["chunk_id"] = connection.execute(failed).scalar_one()
        for number in range(2, 5):
            tried = {"id": f"{number:032x}", "number": number, "outcome": trouble}
            connection.execute(insert(attempt).values(again | tried))
    hall.enlist(OURS)
    hall.wait(1)

    page = there.visitor().get("/workers").text
    (told,) = there.visitor().get("/api/health").json()["workers"]

    assert re.search(r">1 <span[^>]*>2 failed<", page)
    assert told["chunks_last_hour"] == {"done": 1, "failed": 2}


def test_all_engines_that_took_part_are_named_with_the_job(here: Visit) -> None:
    floor = here.take_in(letters(3))
    assert len(floor.rows(attempt, "id")) > 1
    with here.house.database.write() as connection:
        last = select(attempt.c.id).order_by(attempt.c.started_at.desc()).limit(1)
        taken_over = connection.execute(last).scalar_one()
        connection.execute(
            update(attempt).where(attempt.c.id == taken_over).values(engine=EngineName.RQ)
        )
    visitor, korean = here.visitor(), here.visitor(language="ko")
    job = f"/jobs/{floor.job_id}"

    told = visitor.get(f"/api{job}").json()
    report = visitor.get(f"/api{job}/report").json()

    for page in (job, f"/fragments/about/{floor.job_id}", f"{job}/report"):
        assert "Done by Local fallback, Workers (RQ)" in words_of(visitor.get(page).text)
    assert "로컬 대체 실행, 작업자(RQ)" in words_of(korean.get(job).text)
    assert (told["engine"], told["engines"]) == ("rq", ["local", "rq"])
    assert report["job"]["engines"] == ["local", "rq"]


def test_chunks_of_hours_ago_are_not_counted(hall: Hall, there: Visit) -> None:
    made_by(there, OURS, Outcome.DONE)
    with there.house.database.write() as connection:
        connection.execute(update(attempt).values(seen_at=utc_now() - timedelta(hours=2)))
    hall.enlist(OURS)
    hall.wait(1)

    (told,) = there.visitor().get("/api/health").json()["workers"]

    assert told["chunks_last_hour"] == {"done": 0, "failed": 0}


def claimed_by(there: Visit, name: str, *, pid: int, filename: str = "letters.mbox") -> Floor:
    """A file that a worker of that name has begun, in a process of its own."""
    floor = there.take_in(letters(3), filename=filename, work=False)
    worker = WorkerIdentity(
        engine=EngineName.RQ, name=name, host="node-3", pid=pid, version="0.1.0"
    )
    with there.house.database.write() as connection:
        assert claim_next(connection, worker=worker, now=utc_now(), lease_seconds=60)
    return floor


def killed(floor: Floor, *, pid: int) -> None:
    """The horse that runs is found dead."""
    ended(floor, f"work-horse {pid}: exit status 1")


def ended(floor: Floor, error: str) -> None:
    """What runs is lost, for that reason."""
    trouble = Trouble(outcome=Outcome.LOST, error_type="WorkerDied", error=error)
    ((attempt_id,),) = floor.rows(attempt, "id")
    with floor.workshop.database.write() as connection:
        policy = floor.workshop.policy
        record_trouble(connection, attempt_id, trouble=trouble, policy=policy, now=utc_now())


@pytest.mark.parametrize(
    ("name", "called", "told"),
    [(OURS, "node-3 · 4711", "0fa9c1"), (PLAIN, "node-3 · b9c1f0d2…", "")],
)
def test_a_worker_has_one_name_in_the_table_among_the_dead_and_in_the_attempts(
    hall: Hall, there: Visit, name: str, called: str, told: str
) -> None:
    floor = claimed_by(there, name, pid=5822)
    killed(floor, pid=5822)
    hall.enlist(name, hostname="node-3", pid="4711")
    hall.wait(1)
    visitor = there.visitor()

    table = lead_of(visitor.get("/fragments/workers").text, name)
    deaths = lead_of(visitor.get("/fragments/deaths").text, name)
    attempts = visitor.get(f"/fragments/attempts/{floor.job_id}").text

    assert called in table
    assert "5822" not in table
    assert called in deaths
    assert deaths.startswith(f" work-horse 5822 of {called}, which lived on")
    assert deaths.rstrip().endswith(told)
    assert called in words_of(attempts)
    assert f'title="{name}, work-horse 5822"' in attempts


def test_a_worker_that_fell_silent_is_named_first_and_then_its_work_horse(here: Visit) -> None:
    floor = claimed_by(here, OURS, pid=5822)
    ended(floor, "not heard of for 61 s")

    page = here.visitor().get("/fragments/deaths").text

    assert lead_of(page, OURS).strip().startswith("node-3 · 4711")
    assert "0fa9c1 · work-horse 5822" in lead_of(page, OURS)
    assert "lived on" not in page


def test_a_worker_of_which_redis_knows_nothing_is_known_by_its_attempt(
    hall: Hall, there: Visit
) -> None:
    claimed_by(there, OURS, pid=5822)

    page = there.visitor().get("/fragments/workers").text

    assert "node-3 · 4711 email-parser worker 0.1.0" in lead_of(page, OURS)


def test_the_process_of_a_plain_worker_is_told_beside_its_name(hall: Hall, there: Visit) -> None:
    hall.enlist(PLAIN, hostname="node-3", pid="4711")
    hall.wait(1)

    page = there.visitor().get("/workers").text

    assert "node-3 · b9c1f0d2…" in lead_of(page, "b9c1f0d2")
    assert "RQ 3.0.0 · process 4711" in lead_of(page, "b9c1f0d2")


def test_what_a_worker_works_on_or_died_of_names_its_file(hall: Hall, there: Visit) -> None:
    hostile = "<i>x\u202egnp." + "very-long-" * 15 + ".mbox"
    floor = claimed_by(there, OURS, pid=5822, filename=hostile)
    hall.enlist(OURS, hostname="node-3")
    hall.wait(1)
    visitor = there.visitor()

    pages = [visitor.get("/fragments/workers").text]
    (told,) = visitor.get("/api/health").json()["workers"]
    killed(floor, pid=5822)
    pages.append(visitor.get("/fragments/deaths").text)

    for page in pages:
        assert f'<a class="file" href="/jobs/{floor.job_id}" title="&lt;i&gt;x' in page
        assert "<i>x" not in page
        assert "\u202e" not in page
        assert "Plan" in words_of(page)
    assert told["current"]["filename"] == floor.job().filename


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (OURS, "email-parser worker 0"),
        (PLAIN, "rq worker email-parser 0"),
        ("named-by-hand", "rq worker email-parser 0"),
    ],
)
def test_among_those_that_died_a_worker_is_of_the_kind_it_was_among_the_living(
    here: Visit, name: str, told: str
) -> None:
    made_by(here, name, Outcome.LOST)

    page = here.visitor().get("/fragments/deaths").text

    assert told in lead_of(page, name)
