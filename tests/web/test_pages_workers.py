"""The page of workers: the truth about each, a thousand of them, and Redis away."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from jobs.reports import PREFIX
from jobs.sampling import take_sample
from jobs.sightings import PROGRAM_FIELD
from store.accounts import Role
from store.claims import WorkerIdentity, claim_next
from store.clock import utc_now
from store.database import Database
from store.recovery import Trouble, record_trouble
from store.states import EngineName, Outcome
from store.tables import attempt
from tests.mboxes import letters
from tests.web.hall import AWAY, Hall, flat
from tests.web.visiting import Visit, visit
from web.words import short_name


def words_of(page: str) -> str:
    """What a page says, without its tags."""
    inline = re.sub(r"</?(time|b|a|span|bdi|small)\b[^>]*>", "", page)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", inline)))


def test_the_evidence_tells_the_beat_what_was_expected_and_the_subscription(
    hall: Hall, there: Visit
) -> None:
    hall.enlist("w1", beat_ago=51)
    hall.wait(1)

    page = words_of(there.visitor().get("/workers").text)

    told = r"last beat 5\d s ago, expected every 45 s; still subscribed"
    assert re.search(told, page)


@pytest.mark.parametrize(
    ("name", "fields", "kind"),
    [
        ("node-1-4711-ab12cd", {PROGRAM_FIELD: "0.0.9"}, "email-parser worker 0.0.9"),
        ("0123456789abcdef" * 2, {}, "rq worker"),
    ],
)
def test_the_two_kinds_of_worker_are_told_apart_and_long_names_are_cut(
    hall: Hall, there: Visit, name: str, fields: dict[str, str], kind: str
) -> None:
    hall.enlist(name, more=fields)
    hall.wait(1)

    page = there.visitor().get("/workers").text

    assert kind in words_of(page)
    assert f'title="{name}"' in page
    assert name not in words_of(page)
    assert ("not the console's version" in words_of(page)) is bool(fields)


def test_names_of_workers_whose_host_is_unknown_are_not_cut_to_what_they_share() -> None:
    assert short_name("node-07.rack.example.org-1000-abc001", host=None).endswith("abc001")
    assert short_name("0123456789abcdef" * 2, host=None) == "01234567…"
    assert short_name("node-1-4711-abc001", host="node-1") == "abc001"


def test_a_draining_worker_is_not_offered_to_be_drained_again(hall: Hall, there: Visit) -> None:
    hall.enlist("w1", state="busy", shutdown_requested_date=utc_now().isoformat())
    hall.wait(1)

    page = there.visitor().get("/workers").text

    assert "Draining" in page
    assert "asked to end" in page
    assert '"/workers/drain?' not in page
    assert '"/workers/stop?' in page


@pytest.mark.parametrize(
    ("beat_ago", "kept_seconds", "state"), [(70, 120, "Idle"), (110, 120, "Late")]
)
def test_a_worker_that_misses_its_beats_is_late_and_takes_no_work(
    hall: Hall, there: Visit, beat_ago: float, kept_seconds: int, state: str
) -> None:
    hall.enlist("w1", beat_ago=beat_ago, kept_seconds=kept_seconds)
    hall.wait(1)

    page = words_of(there.visitor().get("/fragments/workers").text)

    assert f"{state} 1" in page
    assert f"Could take work {int(state == 'Idle')} " in page


@pytest.mark.parametrize(("rq_says", "answers"), [("busy", True), ("idle", False)])
def test_a_worker_that_only_answers_a_bell_is_idle_and_the_evidence_says_so(
    hall: Hall, there: Visit, rq_says: str, answers: bool
) -> None:
    hall.enlist("w1", state=rq_says)
    hall.wait(1)

    page = words_of(there.visitor().get("/fragments/workers").text)

    assert "Idle 1" in page
    assert "Busy" not in page
    assert "holds no chunk" in page
    assert ("answers a wake-up call" in page) is answers


def test_a_worker_with_a_chunk_in_hand_is_busy(hall: Hall, there: Visit) -> None:
    floor = there.take_in(letters(3), work=False)
    worker = WorkerIdentity(
        engine=EngineName.RQ, name="node-1-4711", host="node-1", pid=4711, version="1"
    )
    with floor.workshop.database.write() as connection:
        assert claim_next(connection, worker=worker, now=utc_now(), lease_seconds=60)
    hall.enlist("node-1-4711", state="busy")
    hall.wait(1)

    page = words_of(there.visitor().get("/fragments/workers").text)

    assert "Busy 1" in page
    assert "holds no chunk" not in page
    assert "its attempt reported" in page


def test_memory_and_cpu_are_told_with_the_age_of_the_report(hall: Hall, there: Visit) -> None:
    hall.enlist("w1", state="busy")
    told = {"at": (utc_now() - timedelta(seconds=8)).isoformat(), "limit": "2000000000"}
    for whose, memory in (("worker", "45000000"), ("horse", "150000000")):
        told |= {f"{whose}_pid": "12", f"{whose}_memory": memory, f"{whose}_peak": memory}
        told |= {f"{whose}_cpu": "5", f"{whose}_age": "10"}
    hall.redis.hset(f"{PREFIX}w1", items=flat(told))
    hall.wait(1)

    page = words_of(there.visitor().get("/workers").text)

    assert "Worker 45.0 MB · CPU 50%" in page
    assert re.search(r"Work-horse 150 MB · CPU 50% limit 2\.00 GB · \d+(\.\d)? s ago", page)


def test_a_thousand_workers_come_a_page_at_a_time_those_in_need_first(
    hall: Hall, there: Visit
) -> None:
    for number in range(300):
        hall.enlist(f"{number:032x}", pid=str(number), alive=number != 299)
    hall.wait(299)
    visitor, address, seen = there.visitor(), "/workers", list[str]()

    while address:
        answer = visitor.get(address)
        seen += re.findall(r'title="([0-9a-f]{32})"', answer.text)
        assert len(answer.content) < 200_000
        further = re.search(r'rel="next" href="([^"]*)"', answer.text)
        address = unescape(further[1]) if further else ""

    assert seen[0] == f"{299:032x}"
    assert sorted(seen) == [f"{number:032x}" for number in range(300)]


def test_counts_per_state_lead_to_the_workers_of_that_state(hall: Hall, there: Visit) -> None:
    hall.enlist("alive", pid="1")
    hall.enlist("gone", pid="2", alive=False)
    hall.wait(1)
    visitor = there.visitor()

    links = re.findall(r'href="(/workers\?state=[^"]*)"', visitor.get("/workers").text)

    assert links == ["/workers?state=presumed%20dead", "/workers?state=idle"]
    assert "node-1 · gone" in words_of(visitor.get(links[0]).text)
    assert "node-1 · alive" not in words_of(visitor.get(links[0]).text)


@pytest.mark.parametrize("after", ["x", "1", "1~host", "999~a~b"])
def test_a_damaged_place_in_the_list_is_passed_over(here: Visit, after: str) -> None:
    page = here.visitor().get(f"/workers?after={after}").text

    assert f"after={after}" in words_of(page.partition('id="passed-over"')[2])


@pytest.mark.parametrize(
    ("language", "unknown", "last"),
    [
        ("en", "Workers are not known just now", "Last known: 0 could take work"),
        ("ko", "지금은 작업자를 알 수 없습니다", "0개가 일을 받을 수 있었음"),
    ],
)
def test_while_redis_is_away_workers_are_unknown_and_not_absent(
    sqlite_database: Database,
    tmp_path: Path,
    redis_url: str,
    language: str,
    unknown: str,
    last: str,
) -> None:
    before = visit(sqlite_database, tmp_path, REDIS_URL=redis_url)
    take_sample(before.house.workshop, before.house.link)
    there = visit(sqlite_database, tmp_path, REDIS_URL=AWAY)

    page = words_of(there.visitor(language=language).get("/workers").text)

    assert unknown in page
    assert last in page
    assert "No worker at the moment" not in page


def test_while_redis_is_away_what_runs_is_told_from_the_database(
    sqlite_database: Database, tmp_path: Path
) -> None:
    there = visit(sqlite_database, tmp_path, REDIS_URL=AWAY)
    there.take_in(letters(3), work=False).must_claim()

    page = words_of(there.visitor().get("/workers").text)

    assert "Busy" in page
    assert "Could take work not known" in page


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "probably out of memory"), ("ko", "메모리 부족으로 보임")],
)
def test_of_what_a_work_horse_died_is_told(here: Visit, language: str, words: str) -> None:
    floor = here.take_in(letters(3), work=False)
    trouble = Trouble(
        outcome=Outcome.LOST,
        error_type="WorkerDied",
        error="work-horse 12: signal 9 (SIGKILL); it held 1.9 GB of a limit of 2.0 GB: "
        "probably out of memory",
    )
    claimed, policy = floor.must_claim(), floor.workshop.policy
    with floor.workshop.database.write() as connection:
        record_trouble(
            connection, claimed.attempt_id, trouble=trouble, policy=policy, now=utc_now()
        )

    page = words_of(here.visitor(language=language).get("/workers").text)

    assert words in page
    assert "1.9 GB" in page


def test_deaths_of_one_cause_stand_together_with_their_number_and_workers(here: Visit) -> None:
    floor = here.take_in(letters(3), work=False)
    floor.must_claim()
    memory = "work-horse {0}: signal 9 (SIGKILL); it held 1.{0} GB: probably out of memory"
    with floor.workshop.database.write() as connection:
        running = dict(connection.execute(select(attempt)).mappings().one())
        for number in range(30):
            crashed = number == 7
            error = "work-horse 7: signal 11 (SIGSEGV)" if crashed else memory.format(number)
            seen = utc_now() - timedelta(minutes=number)
            ended = {"outcome": Outcome.LOST, "error": error, "seen_at": seen, "number": number + 9}
            who = {"id": f"{number:032x}", "worker": f"node-{number % 3}-1", "host": "node"}
            connection.execute(insert(attempt).values(running | ended | who))

    page = here.visitor().get("/fragments/deaths").text
    rows = page.split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:]
    again = here.visitor().get("/fragments/deaths").text

    assert len(rows) == 2
    assert "29 died alike, of 3 workers" in rows[0]
    assert rows[0].count("<li>") == 20
    assert "and 8 more" in rows[0]
    assert "signal 11" in rows[1]
    assert "died alike" not in rows[1]
    assert re.findall(r'id="alike-[^"]*"', again) == re.findall(r'id="alike-[^"]*"', page)


def test_deaths_that_stand_together_name_their_workers_and_the_latest(here: Visit) -> None:
    floor = here.take_in(letters(3), work=False)
    floor.must_claim()
    with floor.workshop.database.write() as connection:
        running = dict(connection.execute(select(attempt)).mappings().one())
        for number in range(14):
            seen = utc_now() - timedelta(minutes=3 + number)
            ended = {"outcome": Outcome.LOST, "seen_at": seen, "number": number + 9}
            ended["error"] = f"work-horse {number}: exit status {1 + number % 2}"
            who = {"id": f"{number:032x}", "worker": f"w{number % 4}", "engine": EngineName.RQ}
            connection.execute(insert(attempt).values(running | ended | who | {"host": "node"}))

    page = here.visitor().get("/fragments/deaths").text
    rows = [words_of(row) for row in page.split("<tbody>")[1].split("<tr>")[1:]]

    assert len(rows) == 2
    assert "exit status 1 7 died alike, of 2 workers, last 3 minutes ago" in rows[0]
    assert "node · w0: 4 · node · w2: 3" in rows[0]
    assert "exit status 2 7 died alike" in rows[1]


def test_only_operators_may_drain_and_stop(hall: Hall, there: Visit) -> None:
    hall.enlist("w1")
    hall.wait(1)
    viewer = there.visitor(Role.VIEWER)

    assert '"/workers/stop?' not in viewer.get("/workers").text
    for act in ("/workers/drain", "/workers/stop"):
        assert viewer.post(act, data={"name": "w1"}).status_code == 403


@pytest.mark.parametrize("act", ["drain", "stop"])
def test_what_is_asked_of_a_worker_reaches_its_channel_and_the_audit_log(
    hall: Hall, there: Visit, act: str
) -> None:
    hall.enlist("w1")
    hall.wait(1)
    visitor = there.visitor()

    answer = visitor.post(f"/workers/{act}", data={"name": "w1", "next": "/workers?state=idle"})

    assert answer.headers["Location"] == "/workers?state=idle"
    assert ">w1</bdi>" in visitor.get("/audit").text
    assert visitor.post(f"/workers/{act}", data={"name": "nobody"}).status_code == 404


@pytest.mark.parametrize(("act", "done"), [("drain", "drained"), ("stop", "stopped")])
def test_all_workers_are_asked_in_one_act_after_a_page_that_counts_them(
    hall: Hall, there: Visit, act: str, done: str
) -> None:
    for name in ("w1", "w2", "w3"):
        hall.enlist(name)
    hall.wait(3)
    visitor = there.visitor()
    heard = hall.redis.pubsub()  # type: ignore[no-untyped-call]
    heard.subscribe(*(f"rq:pubsub:{name}" for name in ("w1", "w2", "w3")))

    page = visitor.get("/workers").text
    question = visitor.get(f"/workers/{act}?all=yes").text
    (said,) = re.findall(r'name="said" value="([^"]*)"', question)
    changed = visitor.post(f"/workers/{act}", data={"all": "yes", "said": "3-00000000"})
    answer = visitor.post(f"/workers/{act}", data={"all": "yes", "said": said})
    audit = visitor.get("/audit").text

    assert f'id="{act}-all"' in page
    assert "3 workers" in question
    assert "Meanwhile it has become another number" in changed.text
    assert answer.headers["Location"] == "/workers"
    assert audit.count(f'<td data-label="What">{done} all workers</td>') == 1
    assert all(name in audit for name in ("w1", "w2", "w3"))
    told = [heard.get_message(timeout=1) for _ in range(3 + 3 * (1 if act == "drain" else 2))]
    kinds = [str(one["data"]) for one in told if one and one["type"] == "message"]
    assert sum("shutdown" in kind for kind in kinds) == 3
    assert sum("kill-horse" in kind for kind in kinds) == (3 if act == "stop" else 0)


def test_only_operators_may_ask_all_workers_and_programs_are_told_whom(
    hall: Hall, there: Visit
) -> None:
    for name in ("w1", "w2"):
        hall.enlist(name)
    hall.wait(2)
    viewer, operator = there.visitor(Role.VIEWER), there.visitor(Role.OPERATOR)

    assert 'id="drain-all"' not in viewer.get("/workers").text
    assert viewer.get("/workers/drain?all=yes").status_code == 403
    for act in ("drain", "stop"):
        assert viewer.post(f"/api/workers/{act}").status_code == 403
        answer = operator.post(f"/api/workers/{act}")
        assert answer.status_code == 202
        assert answer.json() == {"workers": ["w1", "w2"], "asked": act}


def test_where_no_worker_is_there_nothing_can_be_asked_of_all(there: Visit) -> None:
    page = there.visitor().get("/workers/stop?all=yes").text

    assert "There is no worker that could be asked." in page
    assert '<form method="post" action="/workers/stop"' not in page


@pytest.mark.parametrize("act", ["drain", "stop"])
def test_nothing_is_asked_of_a_worker_while_redis_is_away(
    sqlite_database: Database, tmp_path: Path, act: str
) -> None:
    there = visit(sqlite_database, tmp_path, REDIS_URL=AWAY)

    assert there.visitor().post(f"/workers/{act}", data={"name": "w1"}).status_code == 503


def test_how_long_it_takes_is_told(here: Visit) -> None:
    here.take_in(letters(30))

    page = words_of(here.visitor().get("/fragments/timings").text)

    assert re.search(
        r"Running last hour \d+( \d+\.\d s){3} Running last day \d+( \d+\.\d s){3}", page
    )
    assert "Those of files that were deleted or read again since are not known any more" in page
