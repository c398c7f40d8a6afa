"""The attempts of a job: filtered, ordered, folded where they say the same, summed for paper."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from store import tables
from store.attempts import (
    Wanted,
    attempt_sums,
    attempts_of,
    attempts_of_chunk,
    equal_ends,
    urgent_attempts_of,
)
from store.clock import utc_now
from store.database import Database
from store.history import add_sample
from store.past_work import count_ended
from store.states import JobState, Outcome
from tests.jobs.floor import Floor
from tests.mboxes import letters
from tests.web.visiting import Visit, visit

MANY = letters(40, body_lines=10)


@pytest.fixture
def chunked(database: Database, tmp_path: Path) -> Visit:
    """A console whose chunks are small, over either database."""
    return visit(database, tmp_path, CHUNK_BYTES="2048")


def add_lost(floor: Floor, *, number: int, worker: str = "far-away-{}") -> None:
    """As if so many first attempts had been lost, each with a number and a name of its own."""
    attempt = tables.attempt
    with floor.workshop.database.write() as connection:
        first = select(attempt).where(attempt.c.job_id == floor.job_id)
        known = connection.execute(first.order_by(attempt.c.started_at).limit(1)).one()._mapping
        for place in range(number):
            name = worker.format(place)
            changed: dict[str, Any] = {
                "id": uuid.uuid4().hex,
                "number": 2 + place,
                "outcome": "lost",
                "worker": name,
                "started_at": known["started_at"] - timedelta(seconds=60 + place),
                "error_type": "WorkerLost",
                "error": f"not heard of for {31 + place} s ({name})",
            }
            connection.execute(insert(attempt).values(**{**known, **changed}))


def test_attempts_are_found_by_outcome_chunk_and_worker(chunked: Visit) -> None:
    floor = chunked.take_in(MANY)
    add_lost(floor, number=3)
    last = len(floor.chunks())

    with chunked.house.database.read() as connection:

        def found(**wanted: Any) -> int:
            return len(attempts_of(connection, floor.job_id, wanted=Wanted(**wanted), limit=500))

        every = found()
        assert found(outcomes=(Outcome.LOST,)) == 3
        assert found(seq=last) == 1
        assert found(worker="far-away-1") == 1
        assert found(worker="%") == 0
        assert every == last + 1 + 3


def test_what_went_wrong_comes_first_by_choice_and_page_follows_page(chunked: Visit) -> None:
    floor = chunked.take_in(MANY)
    add_lost(floor, number=3)

    seen: list[str] = []
    before = None
    with chunked.house.database.read() as connection:
        while page := urgent_attempts_of(connection, floor.job_id, before=before, limit=2):
            seen += [attempt.outcome for _, attempt in page]
            urgency, last = page[-1]
            before = (urgency, last.started_at, last.id)

    assert seen == ["lost"] * 3 + ["done"] * (len(floor.chunks()) + 1)


def test_the_list_keeps_its_filter_through_pages_and_updates(chunked: Visit) -> None:
    floor = chunked.take_in(MANY, work=False)
    floor.plan()
    add_lost(floor, number=60)
    here = f"/jobs/{floor.job_id}?outcome=lost&first=urgent"

    page = chunked.visitor().get(here).text
    older = re.search(r'rel="next" href="([^"]*)#attempts"', page)
    assert older
    further = chunked.visitor().get(older[1].replace("&amp;", "&")).text

    address = f"/fragments/attempts/{floor.job_id}?outcome=lost&amp;first=urgent"
    assert f'hx-get="{address}"' in page
    assert "outcome=lost" in older[1]
    assert "25 attempts ended alike" in page
    assert "25 attempts ended alike" in further
    assert ">Done<" not in page.split('id="attempts"')[1].split("</section>")[0].split("runs")[1]


def test_a_chunk_shows_its_own_attempts_and_why_they_ended(chunked: Visit) -> None:
    floor = chunked.take_in(MANY, work=False)
    floor.plan()
    floor.lose(floor.must_claim())
    floor.run()

    page = chunked.visitor().get(f"/jobs/{floor.job_id}?chunk=1").text
    with chunked.house.database.read() as connection:
        tries = attempts_of_chunk(connection, floor.chunks()[0].id, limit=10)

    assert [one.outcome for one in tries] == ["done", "lost"]
    noted = page.split('id="chunk"')[1].split("</div>")[0]
    assert "WorkerLost: silent" in noted
    assert "Lost" in noted


def test_the_map_has_a_legend_that_leads_to_the_chunks_of_a_state(chunked: Visit) -> None:
    floor = chunked.take_in(MANY, work=False)
    floor.plan()
    floor.lose(floor.must_claim())
    waiting = len(floor.chunks()) - 1

    page = chunked.visitor().get(f"/jobs/{floor.job_id}?standing=retrying").text

    assert re.search(rf"standing=waiting#standing\">.*?{waiting}</a>", page, re.DOTALL)
    listed = page.split('id="standing"')[1].split("</div>")[0]
    assert re.findall(r"chunk=(\d+)#chunk", listed) == ["1"]


def test_a_report_sums_attempts_up_and_says_equal_errors_once(chunked: Visit) -> None:
    floor = chunked.take_in(MANY)
    add_lost(floor, number=60)

    report = chunked.visitor().get(f"/jobs/{floor.job_id}/report").text
    with chunked.house.database.read() as connection:
        sums = attempt_sums(connection, floor.job_id)
        ends = equal_ends(connection, floor.job_id)
    with chunked.house.database.write() as connection:
        # Some of them added up already, then all.
        count_ended(connection, limit=20)
        in_part = equal_ends(connection, floor.job_id)
        while count_ended(connection):
            pass
        counted = equal_ends(connection, floor.job_id)

    assert in_part == counted == ends
    assert dict(sums.by_outcome) == {Outcome.LOST: 60, Outcome.DONE: len(floor.chunks()) + 1}
    assert sums.peak_memory_bytes
    assert [(one.outcome, one.attempts) for one in ends] == [(Outcome.LOST, 60)]
    assert report.count("WorkerLost") == 1
    assert "Peak memory" in report
    assert "mboxrd" in report
    document = chunked.visitor().get(f"/api/jobs/{floor.job_id}/report").json()
    assert len(document["attempts"]) == 60 + len(floor.chunks()) + 1


def test_every_step_says_when_it_began_and_how_long_it_took(here: Visit) -> None:
    floor = here.take_in(letters(3), work=False)
    visitor = here.visitor()

    waiting = visitor.get(f"/fragments/progress/{floor.job_id}").text
    floor.run()
    over = visitor.get(f"/fragments/progress/{floor.job_id}").text

    steps = re.compile(r'<ol class="steps">.*?</ol>', re.DOTALL)
    assert steps.findall(waiting)[0].count("<time") == 1
    assert steps.findall(over)[0].count("<time") == 4


@pytest.mark.parametrize("key", [".x", "12.x", "7.x", "x"])
def test_a_place_among_urgent_attempts_that_was_tampered_with_breaks_nothing(
    here: Visit, key: str
) -> None:
    floor = here.take_in(letters(3))
    place = f"before=2026-01-01T00:00:00%2B00:00~{key}"

    answer = here.visitor().get(f"/fragments/attempts/{floor.job_id}?first=urgent&{place}")

    assert answer.status_code == 200


NOBODY = "Work waits and there is nobody to take it."


def sampled(here: Visit, *, consumers: int, seconds_ago: int = 0) -> None:
    """It was written down so long ago that so many could take work."""
    at = utc_now() - timedelta(seconds=seconds_ago)
    with here.house.database.write() as connection:
        add_sample(
            connection, now=at, waiting=1, running=0, oldest_seconds=1.0, consumers=consumers
        )


@pytest.mark.parametrize(
    ("consumers", "seconds_ago", "is_told"), [(0, 5, True), (1, 5, False), (0, 300, False)]
)
def test_a_job_that_waits_says_when_there_is_nobody_to_take_it(
    here: Visit, consumers: int, seconds_ago: int, is_told: bool
) -> None:
    floor = here.take_in(letters(3), work=False)
    sampled(here, consumers=consumers, seconds_ago=seconds_ago)

    page = here.visitor().get(f"/jobs/{floor.job_id}").text

    assert "No worker has taken this up yet." in page
    assert (NOBODY in page) is is_told


def test_a_paused_job_waits_for_no_worker(here: Visit) -> None:
    floor = here.take_in(letters(3), work=False)
    sampled(here, consumers=0)
    visitor = here.visitor()

    visitor.post(f"/jobs/{floor.job_id}/pause")

    assert NOBODY not in visitor.get(f"/jobs/{floor.job_id}").text


def listed(page: str) -> str:
    """The list of attempts on a page of a job."""
    return page.split('id="attempts"')[1].split("</section>")[0]


def test_attempts_are_listed_in_short_what_went_wrong_first(chunked: Visit) -> None:
    floor = chunked.take_in(letters(60, body_lines=10))
    add_lost(floor, number=3)
    mark_failed(floor)
    visitor = chunked.visitor()

    short = listed(visitor.get(f"/jobs/{floor.job_id}").text)
    every = listed(visitor.get(f"/jobs/{floor.job_id}?first=newest").text)
    narrowed = listed(visitor.get(f"/jobs/{floor.job_id}?outcome=done").text)

    assert len(floor.chunks()) > 8
    assert "3 attempts ended alike" in short
    assert short.count('<div class="run">') == 3 + 3
    assert short.index("3 attempts ended alike") < short.index(">Done<", short.index("<ol"))
    assert f'href="/jobs/{floor.job_id}?first=newest#attempts"' in short
    assert every.count('<div class="run">') > len(floor.chunks())
    assert narrowed.count('<div class="run">') > 8
    assert "All attempts, newest first" not in every + narrowed


def test_few_attempts_are_all_listed(here: Visit) -> None:
    floor = here.take_in(letters(3))

    page = listed(here.visitor().get(f"/jobs/{floor.job_id}").text)

    assert page.count('<div class="run">') == 2
    assert "All attempts, newest first" not in page


def test_a_run_that_read_message_by_message_says_so(here: Visit) -> None:
    floor = here.take_in(letters(3), work=False)
    floor.plan()
    for _ in range(2):
        floor.lose(floor.must_claim())
    before = here.visitor().get(f"/jobs/{floor.job_id}").text
    floor.run()

    page = here.visitor().get(f"/jobs/{floor.job_id}?chunk=1").text

    assert "read carefully" not in before
    assert listed(page).count("read carefully") == 1
    assert "do not count for ATTEMPTS" in listed(page)
    assert "read carefully" in page.split('id="chunk"')[1].split("</div>")[0]


def mark_failed(floor: Floor) -> None:
    """As if the job had failed in the end."""
    with floor.workshop.database.write() as connection:
        mine = tables.job.c.id == floor.job_id
        connection.execute(update(tables.job).where(mine).values(state=JobState.FAILED))


def test_what_went_wrong_before_is_history_once_the_job_is_done(chunked: Visit) -> None:
    floor = chunked.take_in(letters(60, body_lines=10))
    add_lost(floor, number=3)
    visitor = chunked.visitor()

    short = listed(visitor.get(f"/jobs/{floor.job_id}").text)
    narrowed = listed(visitor.get(f"/jobs/{floor.job_id}?outcome=trouble").text)

    assert short.index(">Done<", short.index("<ol")) < short.index("3 attempts ended alike")
    for page in (short, narrowed):
        assert "Lost before, done since" in page
        assert "tone-bad" not in page.split("<ol", 1)[1]
        assert "bad-ending" not in page


def test_the_number_of_equal_ends_is_never_the_size_of_a_page(chunked: Visit) -> None:
    floor = chunked.take_in(letters(60, body_lines=10))
    add_lost(floor, number=78)
    mark_failed(floor)
    visitor = chunked.visitor()

    for query in ("", "?outcome=trouble", "?first=urgent"):
        page = listed(visitor.get(f"/jobs/{floor.job_id}{query}").text)
        assert "At least 25 attempts ended alike" in page, query
    last = visitor.get(f"/jobs/{floor.job_id}?outcome=lost").text
    while following := re.search(r'rel="next" href="([^"#]+)', last):
        last = visitor.get(following[1].replace("&amp;", "&")).text
    assert "At least 3 attempts ended alike" in listed(last)


def test_while_a_job_is_planned_its_attempts_say_so(here: Visit) -> None:
    floor = here.take_in(letters(3), work=False)
    sampled(here, consumers=0)
    visitor = here.visitor()
    before = visitor.get(f"/jobs/{floor.job_id}").text
    asked = re.search(rf'hx-get="(/fragments/progress/{floor.job_id}[^"]*)"', before)
    assert asked
    with here.house.database.write() as connection:
        mine = tables.job.c.id == floor.job_id
        connection.execute(update(tables.job).where(mine).values(state=JobState.PLANNING))

    page = visitor.get(f"/jobs/{floor.job_id}").text
    moved = visitor.get(asked[1].replace("&amp;", "&"))
    same = re.search(r'hx-get="(/fragments/progress/[^"]*)"', moved.text)

    assert "No worker has taken this up yet." not in listed(page)
    assert "where its messages begin" in listed(page)
    assert moved.headers["HX-Trigger-After-Swap"] == "job-over"
    assert same
    assert "HX-Trigger-After-Swap" not in visitor.get(same[1].replace("&amp;", "&")).headers
