"""What failed, told by cause; one tried again, then all; a chunk stopped; the report on paper."""

from __future__ import annotations

import re

from jobs.errands import run_errand
from store.accounts import Role
from store.audit import entries
from store.errands import ErrandState, find_errand
from store.states import ChunkState, JobState, Outcome
from tests.mboxes import letters
from tests.web.visiting import Visit


def fail_jobs(here: Visit, count: int) -> list[str]:
    """Jobs whose file is gone."""
    ids = []
    for number in range(count):
        floor = here.take_in(letters(3 + number), work=False)
        here.house.spool.remove(floor.spool_name)
        assert set(floor.run()) == {Outcome.FAILED}
        ids.append(floor.job_id)
    return ids


def cause_in(page: str) -> str:
    found = re.search(r'name="cause" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


def test_all_of_a_cause_are_retried_by_an_errand_that_reports(here: Visit) -> None:
    fail_jobs(here, 3)
    visitor = here.visitor()
    page = visitor.get("/failures").text
    assert "Retry one as a trial" in page
    assert "Retry all: 3 chunks" in page

    answer = visitor.post("/failures/retry", data={"cause": cause_in(page)})
    address = answer.headers["Location"]
    assert "Waiting" in visitor.get(address).text
    with here.house.database.read() as connection:
        errand = find_errand(connection, int(address.rpartition("/")[2]))
    assert errand
    run_errand(here.house.workshop, errand, still_mine=lambda: True)

    done = visitor.get(address).text
    assert "3 chunks wait for a worker again." in done
    assert "per second" in done
    assert "Nothing has failed" in visitor.get("/failures").text


def test_a_stopped_errand_takes_no_further_step(here: Visit) -> None:
    fail_jobs(here, 2)
    visitor = here.visitor()
    address = visitor.post("/failures/retry").headers["Location"]
    with here.house.database.read() as connection:
        errand = find_errand(connection, int(address.rpartition("/")[2]))
    assert errand

    visitor.post(f"{address}/stop")
    run_errand(here.house.workshop, errand, still_mine=lambda: True)

    with here.house.database.read() as connection:
        stopped = find_errand(connection, errand.id)
        acts = [act.action for act in entries(connection, subject=f"errand:{errand.id}")]
    assert stopped
    assert stopped.state is ErrandState.STOPPED
    assert "errand.stop" in acts
    assert "Retry all: 2 chunks" in visitor.get("/failures").text


def test_a_cause_that_cannot_be_is_refused(here: Visit) -> None:
    assert here.visitor().post("/failures/retry", data={"cause": "x"}).status_code == 400


def test_a_stopped_chunk_fails_where_it_is_and_can_be_retried(here: Visit) -> None:
    floor = here.take_in(letters(30), work=False)
    floor.plan()
    claimed = floor.must_claim()
    visitor = here.visitor()
    address = f"/jobs/{floor.job_id}?chunk={claimed.seq}"
    assert "Stop this chunk" in visitor.get(address).text
    assert "Stop this chunk" not in here.visitor(Role.VIEWER).get(address).text

    visitor.post(f"/chunks/{claimed.chunk_id}/stop")

    stopped = next(one for one in floor.chunks() if one.id == claimed.chunk_id)
    assert stopped.state is ChunkState.FAILED
    assert stopped.error == "stopped by account:admin"
    with here.house.database.read() as connection:
        acts = [act.action for act in entries(connection, subject=f"job:{floor.job_id}")]
    assert "chunk.stop" in acts
    floor.run()
    assert floor.job().state is JobState.FAILED
    visitor.post(f"/chunks/{claimed.chunk_id}/retry")
    floor.run()
    assert floor.job().state is JobState.FINISHED
    assert floor.books().balances


def test_a_chunk_that_does_not_run_is_not_stopped(here: Visit) -> None:
    floor = here.take_in(letters(3))

    answer = here.visitor().post(f"/chunks/{floor.chunks()[0].id}/stop")

    assert answer.headers["Location"] == "/workers"
    assert floor.job().state is JobState.FINISHED


def test_the_report_tells_digest_sum_and_attempts(here: Visit) -> None:
    floor = here.take_in(letters(5))
    page = here.visitor().get(f"/jobs/{floor.job_id}/report").text

    assert floor.job().sha256 in page
    assert "Every byte is accounted for, exactly once." in page
    assert "the most that one attempt held" in page
    assert "hx-" not in page.partition("<main")[2].partition("</main>")[0]


def test_there_is_no_report_of_a_job_that_never_was(here: Visit) -> None:
    assert here.visitor().get("/jobs/" + "0" * 32 + "/report").status_code == 404
