"""What failed, told by cause; one tried again, then all; a chunk stopped; the report on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

from starlette.testclient import TestClient

from jobs.errands import run_errand
from store.accounts import Role
from store.audit import entries
from store.causes import Cause
from store.chunks import chunks_of
from store.errands import ErrandState, find_errand
from store.states import ChunkState, JobState, Outcome
from tests.jobs.floor import Floor
from tests.mboxes import letters
from tests.store.failing import SPOOL, add_job, fail_chunks, give_file
from tests.web.visiting import Visit


def fail_jobs(here: Visit, count: int) -> list[Floor]:
    """Jobs whose file is gone."""
    floors = []
    for number in range(count):
        floor = here.take_in(letters(3 + number), work=False)
        here.house.spool.remove(floor.spool_name)
        assert set(floor.run()) == {Outcome.FAILED}
        floors.append(floor)
    return floors


@contextmanager
def files_there(here: Visit, floors: list[Floor]) -> Iterator[None]:
    """As long as it lasts the files of those jobs lie in the spool again."""
    for floor in floors:
        here.house.spool.path(floor.spool_name).write_bytes(bytes(floor.job().size))
    yield
    for floor in floors:
        here.house.spool.remove(floor.spool_name)


def cause_in(page: str) -> str:
    found = re.search(r'href="/failures/([0-9a-f]{24})"', page)
    assert found
    return found[1]


def carry_out(here: Visit, address: str) -> None:
    """What the background thread of a running console would do."""
    with here.house.database.read() as connection:
        errand = find_errand(connection, int(address.rpartition("/")[2]))
    assert errand
    run_errand(here.house.workshop, errand, still_mine=lambda: True)


def test_all_of_a_cause_are_retried_by_an_errand_that_says_what_became_of_them(
    here: Visit,
) -> None:
    floors = fail_jobs(here, 3)
    visitor = here.visitor()
    with files_there(here, floors):
        page = visitor.get("/failures").text
    assert "Retry one as a trial" in page
    assert "Retry all: 3 chunks" in page

    answer = visitor.post("/failures/retry", data={"cause": cause_in(page)})
    address = answer.headers["Location"]
    assert "Waiting" in visitor.get(address).text
    carry_out(here, address)

    handed_out = visitor.get(address).text
    assert "0 of 3 chunks have come to an end" in handed_out
    assert 'class="tone-active"' in handed_out
    assert "Nothing has failed" in visitor.get("/failures").text
    for listing in ("/failures", "/", "/errands"):
        assert f'href="{address}"' in visitor.get(listing).text, listing

    floors[0].run()
    failed_again = visitor.get(address).text
    assert "3 of 3 chunks have come to an end" in failed_again
    assert "chunks per second" in failed_again
    assert "3 of 3 chunks" in visitor.get("/errands").text
    assert "Failed again" in failed_again
    assert 'class="tone-good"' not in failed_again
    assert "hx-trigger" not in failed_again


def test_an_errand_is_green_when_all_that_it_retried_succeeded(here: Visit) -> None:
    floor = fail_jobs(here, 1)[0]
    visitor = here.visitor()
    address = visitor.post("/failures/retry").headers["Location"]
    carry_out(here, address)
    put_back_mbox(here, floor)

    floor.run()

    page = visitor.get(address).text
    assert "Succeeded" in page
    assert 'class="tone-good"' in page
    assert floor.job().state is JobState.FINISHED


def put_back_mbox(here: Visit, floor: Floor) -> None:
    here.house.spool.path(floor.spool_name).write_bytes(letters(3))


def test_a_trial_that_succeeds_makes_retrying_all_the_next_step(here: Visit) -> None:
    floors = fail_jobs(here, 2)
    visitor = here.visitor()
    key = cause_in(visitor.get("/failures").text)
    with files_there(here, floors):
        before = visitor.get(f"/failures/{key}").text
    assert f'class="main" id="trial-{key}"' in before or f'id="trial-{key}" class="main"' in before
    assert f'class="button" id="all-{key}"' in before
    put_back_mbox(here, floors[0])
    chunk_id = failed_chunk(here, floors[0])

    asked = visitor.post(f"/failures/{key}/trial", data={"chunk": str(chunk_id)})
    waiting = visitor.get(asked.headers["Location"]).text
    floors[0].run()
    with files_there(here, floors[1:]):
        over = visitor.get(f"/failures/{key}").text

    assert "Trial" in waiting
    assert "Waiting" in waiting
    assert f'id="trial-{key}"' not in waiting
    assert "Succeeded" in over
    assert f'class="button main" id="all-{key}"' in over
    assert "Succeeded" in visitor.get("/failures").text


def failed_chunk(here: Visit, floor: Floor) -> int:
    with here.house.database.read() as connection:
        return next(
            one.id for one in chunks_of(connection, floor.job_id) if one.state is ChunkState.FAILED
        )


def test_a_trial_that_fails_again_says_so(here: Visit) -> None:
    floor = fail_jobs(here, 1)[0]
    visitor = here.visitor()
    key = cause_in(visitor.get("/failures").text)

    visitor.post(f"/failures/{key}/trial")
    floor.run()

    assert "Failed again with the same cause" in visitor.get(f"/failures/{key}").text
    assert (
        "does not fail for this cause"
        in visitor.get(
            visitor.post(f"/failures/{key}/trial", data={"chunk": "999"}).headers["Location"]
        ).text
    )


def test_the_dry_run_counts_and_changes_nothing(here: Visit) -> None:
    floors = fail_jobs(here, 2)
    visitor = here.visitor()
    key = cause_in(visitor.get("/failures").text)

    with files_there(here, floors):
        page = visitor.get(f"/failures/retry?cause={key}").text
        listed = visitor.get("/failures").text

    assert "Retry 2 chunks" in page
    assert "Still to read" in page
    assert "has been retried as a trial yet" in page
    assert f'name="cause" value="{key}"' in page
    assert "Retry all: 2 chunks" in listed
    assert here.visitor(Role.VIEWER).get("/failures/retry").status_code == 403


def test_the_list_is_filtered_by_links_that_last(here: Visit) -> None:
    floors = fail_jobs(here, 2)
    visitor = here.visitor()

    def shown(query: str) -> bool:
        return "SpoolError</bdi></a>" in visitor.get(f"/failures?{query}").text

    assert shown("type=SpoolError&text=not+in+the&file=letters&period=hour&order=most")
    assert not shown("type=ParseError")
    assert not shown("text=nothing+of+the+kind")
    assert not shown("file=other.mbox")
    assert "Nothing that failed is like that" in visitor.get("/failures?file=other.mbox").text
    with files_there(here, floors):
        filtered = visitor.get("/failures?file=letters&period=day").text
    assert 'href="/failures/retry?file=letters&amp;period=day"' in filtered
    assert "Retry all that match" in filtered


def test_a_cause_shows_its_traceback_attempts_and_files(here: Visit) -> None:
    fail_jobs(here, 2)
    visitor = here.visitor()

    page = visitor.get(f"/failures/{cause_in(visitor.get('/failures').text)}").text

    assert "2 chunks fail for this cause" in page
    assert "<code>store/spool.py:" in page
    assert "Traceback (most recent call last)" in page
    assert "Failed in the last hour 2, day 2, week 2" in page
    assert "letters.mbox" in page
    assert '<rect class="fill-bad' in page


def test_more_causes_and_chunks_than_a_page_holds_are_paged_by_key(here: Visit) -> None:
    with here.house.database.write() as connection:
        job = add_job(connection)
        give_file(connection, job[1], here.house.spool.folder)
        fail_chunks(connection, job, SPOOL, count=30)
        for number in range(20):
            cause = Cause(error_type=f"Error{number:02}", message="…", frame=None)
            fail_chunks(connection, job, cause, count=1, first_seq=100 + number)
    visitor = here.visitor()

    for order in ("latest", "most", "oldest"):
        seen = walk(visitor, f"/failures?order={order}", r"/failures/([0-9a-f]{24})\"><bdi>")
        assert len(seen) == len(set(seen)) == 21
    chunks = walk(visitor, f"/failures/{SPOOL.key}", r'id="retry-(\d+)"')
    assert len(chunks) == len(set(chunks)) == 30


def walk(visitor: TestClient, address: str, pattern: str) -> list[str]:
    """What every page of a list shows, from the first to the last."""
    seen: list[str] = []
    while address:
        page = visitor.get(address).text
        seen += re.findall(pattern, page)
        further = re.search(r'rel="next" href="([^"]+)"', page)
        address = unescape(further[1]) if further else ""
    return seen


def test_addresses_that_cannot_be_are_refused(here: Visit) -> None:
    visitor = here.visitor()

    assert visitor.get("/failures/0123456789abcdef01234567").status_code == 404
    assert visitor.get("/failures/nonsense").status_code == 404
    assert visitor.get("/failures/retry?since=yesterday").status_code == 400
    assert visitor.get("/errands?state=nonsense").status_code == 200
    assert visitor.get("/errands/999999999999999999999").status_code == 404


def test_a_stopped_errand_takes_no_further_step(here: Visit) -> None:
    floors = fail_jobs(here, 2)
    visitor = here.visitor()
    address = visitor.post("/failures/retry").headers["Location"]
    errand_id = int(address.rpartition("/")[2])

    visitor.post(f"{address}/stop")
    carry_out(here, address)

    with here.house.database.read() as connection:
        stopped = find_errand(connection, errand_id)
        acts = [act.action for act in entries(connection, subject=f"errand:{errand_id}")]
    assert stopped
    assert stopped.state is ErrandState.STOPPED
    assert "errand.stop" in acts
    with files_there(here, floors):
        assert "Retry all: 2 chunks" in visitor.get("/failures").text


def test_stopping_after_the_chunks_were_handed_out_takes_back_what_nobody_began(
    here: Visit,
) -> None:
    floors = fail_jobs(here, 2)
    visitor = here.visitor()
    address = visitor.post("/failures/retry").headers["Location"]
    carry_out(here, address)
    assert f'href="{address}/stop"' in visitor.get(address).text

    visitor.post(f"{address}/stop")

    page = visitor.get(address).text
    assert f'href="{address}/stop"' not in page
    assert "Put back, retried anew or deleted" in page
    with files_there(here, floors):
        assert "Retry all: 2 chunks" in visitor.get("/failures").text
    assert [floor.job().state for floor in floors] == [JobState.FAILED] * 2


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
    assert "held during one attempt" in page
    assert "hx-" not in page.partition("<main")[2].partition("</main>")[0]


def test_there_is_no_report_of_a_job_that_never_was(here: Visit) -> None:
    assert here.visitor().get("/jobs/" + "0" * 32 + "/report").status_code == 404
