"""Reading again, cancelling, pausing, deleting: each says what it would do, and does only that."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from jobs.errands import run_errand
from store.accounts import Role
from store.audit import entries
from store.database import Database
from store.errands import ErrandState, find_errand, next_errand
from store.forecast import Reach, forecast
from store.states import Outcome
from store.tables_mail import message
from tests.jobs.floor import Floor
from tests.mboxes import letters
from tests.web.visiting import Visit, read_again, said, visit

MANY = letters(40, body_lines=10)


@pytest.fixture
def chunked(database: Database, tmp_path: Path) -> Visit:
    """A console whose chunks are small, over either database."""
    return visit(database, tmp_path, CHUNK_BYTES="2048", ATTEMPTS="1")


def do_errands(here: Visit) -> list[ErrandState]:
    states: list[ErrandState] = []
    while True:
        with here.house.database.read() as connection:
            errand = next_errand(connection)
        if errand is None:
            return states
        run_errand(here.house.workshop, errand, still_mine=lambda: True)
        with here.house.database.read() as connection:
            found = find_errand(connection, errand.id)
        assert found is not None
        states.append(found.state)


def stored(here: Visit) -> int:
    with here.house.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(message)).scalar_one())


def messages_before(floor: Floor, seq: int) -> int:
    return sum(chunk.messages for chunk in floor.chunks() if chunk.seq < seq)


def page_of(visitor: TestClient, floor: Floor, **asked: str) -> str:
    return str(visitor.get(f"/jobs/{floor.job_id}/read-again", params=asked).text)


def test_from_a_chunk_on_removes_exactly_what_was_said_and_reads_it_anew(chunked: Visit) -> None:
    floor, visitor = chunked.take_in(MANY), chunked.visitor()
    stays = messages_before(floor, 4)

    told = said(page_of(visitor, floor, from_seq="4"), "onward")
    asked = read_again(visitor, floor.job_id, "onward", from_seq="4")
    ended = do_errands(chunked)

    assert int(told["removed"]) == 40 - stays
    assert int(told["chunks"]) == len(floor.chunks()) - 3
    assert re.fullmatch(r"/errands/\d+", asked.headers["Location"])
    assert ended == [ErrandState.DONE]
    assert stored(chunked) == stays
    floor.run()
    assert stored(chunked) == 40
    assert floor.job().state == "finished"
    assert floor.books().balances


def test_the_whole_file_by_another_rule_removes_everything_first(chunked: Visit) -> None:
    floor, visitor = chunked.take_in(MANY), chunked.visitor()

    told = said(page_of(visitor, floor), "all")
    errand = read_again(visitor, floor.job_id, "all", dialect="mboxo").headers["Location"]
    do_errands(chunked)

    assert int(told["removed"]) == 40
    assert stored(chunked) == 0
    floor.run()
    assert floor.job().rule is not None
    assert floor.job().state == "finished"
    assert stored(chunked) == 40
    assert re.search(
        r"40 messages removed · [\d.,]+ messages? per second", visitor.get(errand).text
    )
    korean = chunked.visitor(language="ko").get(errand).text
    assert re.search(r"메시지 40통 제거 · 초당 메시지 [\d.,]+통", korean)
    assert "40 messages removed" in visitor.get("/errands").text


def test_only_what_failed_removes_nothing_and_goes_on_from_there(chunked: Visit) -> None:
    floor, visitor = chunked.take_in(MANY, work=False), chunked.visitor()
    floor.plan()
    floor.step()
    visitor.post(f"/jobs/{floor.job_id}/cancel")
    read_before = stored(chunked)

    told = said(page_of(visitor, floor), "failed")
    answer = read_again(visitor, floor.job_id, "failed")

    assert told["removed"] == "0"
    assert int(told["chunks"]) == len(floor.chunks()) - 1
    assert answer.headers["Location"] == f"/jobs/{floor.job_id}"
    assert stored(chunked) == read_before
    assert set(floor.run()) == {Outcome.DONE}
    assert stored(chunked) == 40


def test_a_wish_from_before_the_job_ended_is_refused_and_told_anew(chunked: Visit) -> None:
    floor, visitor = chunked.take_in(MANY, work=False), chunked.visitor()
    stale = said(page_of(visitor, floor), "all")
    floor.run()

    answer = visitor.post(f"/jobs/{floor.job_id}/read-again", data=stale)

    assert stale["removed"] == "0"
    assert answer.status_code == 409
    assert "Nothing was done: things have moved on" in answer.text
    assert said(answer.text, "all")["removed"] == "40"
    assert do_errands(chunked) == []
    assert stored(chunked) == 40


def test_an_errand_that_waited_removes_nothing_that_nobody_was_told_of(chunked: Visit) -> None:
    floor, visitor = chunked.take_in(MANY, work=False), chunked.visitor()
    floor.plan()
    visitor.post(
        f"/jobs/{floor.job_id}/read-again",
        data=said(page_of(visitor, floor, from_seq="2"), "onward"),
    )
    floor.run()

    assert do_errands(chunked) == [ErrandState.FAILED]
    assert stored(chunked) == 40


def test_a_running_chunk_is_said_to_be_stopped(chunked: Visit) -> None:
    floor = chunked.take_in(MANY, work=False)
    floor.plan()
    floor.must_claim()

    with chunked.house.database.read() as connection:
        whole = forecast(connection, floor.job_id, reach=Reach.ALL)
        failed = forecast(connection, floor.job_id, reach=Reach.FAILED)

    assert whole.stopped == 1
    assert not failed.does_something
    assert "1 chunk that is being read now is stopped first." in page_of(chunked.visitor(), floor)


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"reach": "everything"},
        {"reach": "onward", "from_seq": "many"},
        {"reach": "onward", "from_seq": "-1"},
        {"reach": "all", "removed": "1.5"},
        {"reach": "all", "dialect": "klingon"},
        {"reach": "onward", "from_seq": "1", "dialect": "mboxo"},
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(here: Visit, wish: dict[str, str]) -> None:
    floor = here.take_in(letters(1))

    answer = here.visitor().post(f"/jobs/{floor.job_id}/read-again", data=wish)

    assert answer.status_code == 400


def test_a_chunk_that_is_not_there_is_not_found(here: Visit) -> None:
    floor = here.take_in(letters(1))

    assert here.visitor().get(f"/jobs/{floor.job_id}/read-again?from_seq=99").status_code == 404


def test_deleting_says_what_goes_and_asks_without_any_script(chunked: Visit) -> None:
    floor, visitor = chunked.take_in(letters(3)), chunked.visitor()

    asked = visitor.get(f"/jobs/{floor.job_id}/delete").text
    unsure = visitor.post(f"/jobs/{floor.job_id}/delete", data={"removed": "3"})
    untold = visitor.post(f"/jobs/{floor.job_id}/delete", data={"removed": "1", "sure": "yes"})
    sure = visitor.post(f"/jobs/{floor.job_id}/delete", data={"removed": "3", "sure": "yes"})

    assert "3 messages read from it are removed." in asked
    assert (unsure.status_code, untold.status_code) == (409, 409)
    assert re.fullmatch(r"/errands/\d+", sure.headers["Location"])
    assert do_errands(chunked) == [ErrandState.DONE]
    assert stored(chunked) == 0


def test_cancelling_and_pausing_say_what_happens_and_are_in_the_audit_log(chunked: Visit) -> None:
    floor, visitor = chunked.take_in(MANY, work=False), chunked.visitor()
    floor.plan()
    floor.must_claim()
    waiting = len(floor.chunks()) - 1

    pause = visitor.get(f"/jobs/{floor.job_id}/pause").text
    cancel = visitor.get(f"/jobs/{floor.job_id}/cancel").text
    visitor.post(f"/jobs/{floor.job_id}/pause")
    visitor.post(f"/jobs/{floor.job_id}/cancel")

    assert "1 chunk that is being read is finished first." in pause
    assert f"{waiting} chunks wait until somebody lets the job go on." in pause
    assert "1 chunk that is being read is stopped where it is." in cancel
    assert f"{waiting} waiting chunks are not begun." in cancel
    with chunked.house.database.read() as connection:
        acts = entries(connection, subject=f"job:{floor.job_id}")
    assert [act.action for act in acts][:2] == ["job.cancel", "job.pause"]


def test_a_paused_job_is_called_paused_wherever_it_is_listed(here: Visit) -> None:
    floor, visitor = here.take_in(letters(3), work=False), here.visitor()
    visitor.post(f"/jobs/{floor.job_id}/pause")

    for address in ("/jobs", "/", f"/jobs/{floor.job_id}"):
        assert "Paused" in visitor.get(address).text


def test_a_cancelled_job_offers_to_go_on_and_says_what_that_does(chunked: Visit) -> None:
    floor, visitor = chunked.take_in(MANY, work=False), chunked.visitor()
    floor.plan()
    floor.step()
    assert 'id="next"' not in visitor.get(f"/jobs/{floor.job_id}").text
    visitor.post(f"/jobs/{floor.job_id}/cancel")
    left, read = len(floor.chunks()) - 2, stored(chunked)

    page = visitor.get(f"/jobs/{floor.job_id}").text
    offer = page[page.index('id="next"') : page.index('id="go-on"')]
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', offer))
    answer = visitor.post(f"/jobs/{floor.job_id}/read-again", data=fields)

    assert re.search(rf"{left + 1} chunks were not read to their end: [\d.]+ k?B are left", offer)
    assert f"{read} messages that were read stay, nothing is removed" in offer
    assert f'href="/jobs/{floor.job_id}/delete"' in page[page.index('id="next"') :]
    assert 'id="next"' not in chunked.visitor(Role.VIEWER).get(f"/jobs/{floor.job_id}").text
    assert answer.headers["Location"] == f"/jobs/{floor.job_id}"
    assert set(floor.run()) == {Outcome.DONE}
    assert stored(chunked) == 40


def test_a_job_cancelled_before_its_plan_offers_to_go_on_too(here: Visit) -> None:
    floor, visitor = here.take_in(letters(3), work=False), here.visitor()
    visitor.post(f"/jobs/{floor.job_id}/cancel")

    page = visitor.get(f"/jobs/{floor.job_id}").text

    assert "before it was known where its messages begin" in page
    assert 'id="go-on"' in page
