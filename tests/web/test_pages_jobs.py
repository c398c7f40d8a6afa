"""Work as people see it: live parts that end, failures, errands, and actions without a script."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from jobs.attempts import Surroundings, run_attempt
from store.accounts import Role
from store.chunk_cells import map_of
from store.database import Database
from store.history import Bucket
from store.states import ChunkKind, Outcome
from tests.jobs.floor import Floor
from tests.mboxes import letters, mbox_of, raw_message
from tests.web.test_pages_failures import files_there
from tests.web.visiting import Visit, read_again, visit
from web import charts


def test_a_job_shows_its_steps_its_ledger_and_who_did_it(here: Visit) -> None:
    twice = raw_message(1)
    floor = here.take_in(mbox_of([twice, raw_message(2), twice]), filename="two.mbox")

    page = here.visitor().get(f"/jobs/{floor.job_id}").text

    assert "two.mbox" in page
    assert "Every byte is accounted for, exactly once." in page
    assert "1 of 1 chunk" in page
    assert floor.job().sha256 in page
    assert "mboxrd" in page


def test_the_page_includes_the_very_fragments_that_replace_it(here: Visit) -> None:
    floor = here.take_in(letters(3))
    visitor = here.visitor()

    page = visitor.get(f"/jobs/{floor.job_id}").text

    for name in ("progress", "ledger", "set_aside", "attempts", "evidence"):
        fragment = visitor.get(f"/fragments/{name}/{floor.job_id}").text.strip()
        assert fragment.startswith(f'<section id="{name}"')
        assert without_times(fragment) in without_times(page)


def without_times(markup: str) -> str:
    return re.sub(r"<time.*?</time>|\s+", " ", markup)


def test_a_live_part_asks_again_while_something_moves_and_ends_with_it(here: Visit) -> None:
    floor = here.take_in(letters(3), work=False)
    visitor = here.visitor()
    address = f"/fragments/progress/{floor.job_id}"

    waiting = visitor.get(address).text
    floor.plan()
    claimed = floor.must_claim()
    moving = visitor.get(address).text
    floor.lose(claimed)
    floor.run()
    over = visitor.get(address).text

    assert 'hx-trigger="every 5s"' in waiting
    assert 'hx-trigger="every 2s"' in moving
    assert "hx-trigger" not in over


def test_a_resting_overview_asks_less_often(here: Visit) -> None:
    floor = here.take_in(letters(3), work=False)
    visitor = here.visitor()

    moving = visitor.get("/fragments/overview").text
    floor.run()
    resting = visitor.get("/fragments/overview").text

    assert 'hx-trigger="every 2s"' in moving
    assert 'hx-trigger="every 10s"' in resting


def failed_floor(here: Visit) -> Floor:
    floor = here.take_in(letters(3), work=False)
    here.house.spool.remove(floor.spool_name)
    outcomes = floor.run()
    assert set(outcomes) == {Outcome.FAILED}
    return floor


def failed_job(here: Visit) -> str:
    return failed_floor(here).job_id


def test_a_failure_is_grouped_by_cause_and_retried_by_a_plain_form(here: Visit) -> None:
    floor = failed_floor(here)
    job_id, visitor = floor.job_id, here.visitor()
    with files_there(here, [floor]):
        page = visitor.get("/failures").text
    retry = re.search(r'action="(/failures/[0-9a-f]+/trial)"', page)

    assert "SpoolError" in page
    assert retry
    answer = visitor.post(retry[1])

    assert answer.status_code == 303
    followed = visitor.get(answer.headers["Location"]).text
    assert "its chunk is waiting for a worker again" in followed
    assert "Nothing fails for this cause now" in followed
    assert "Nothing has failed" in visitor.get("/failures").text
    assert here.visitor().get(f"/jobs/{job_id}").status_code == 200


def test_the_overview_says_what_needs_a_person(here: Visit) -> None:
    failed_job(here)
    page = here.visitor().get("/").text

    assert "1 chunk</a> has failed and waits for a decision." in page


def test_a_cancelled_job_can_go_on(here: Visit) -> None:
    floor = here.take_in(letters(3), work=False)
    visitor = here.visitor()

    cancelled = visitor.post(f"/jobs/{floor.job_id}/cancel")
    page = visitor.get(cancelled.headers["Location"]).text
    read_again(visitor, floor.job_id, "failed")
    floor.run()

    assert "Cancelled" in page
    assert floor.job().state == "finished"


def test_what_a_cancelled_job_did_not_read_is_no_loss(here: Visit) -> None:
    floor = here.take_in(letters(3), work=False)
    visitor = here.visitor()

    visitor.post(f"/jobs/{floor.job_id}/cancel")
    ledger = visitor.get(f"/fragments/ledger/{floor.job_id}").text

    assert "were not read: the job was cancelled before." in ledger
    assert "not accounted for" not in ledger


def test_no_step_of_a_paused_job_counts_on(here: Visit) -> None:
    floor = here.take_in(letters(3), work=False)
    visitor = here.visitor()

    visitor.post(f"/jobs/{floor.job_id}/pause")
    paused = visitor.get(f"/fragments/progress/{floor.job_id}").text
    asked = visitor.get(f"/jobs/{floor.job_id}/pause").text

    assert 'aria-current="step"' not in paused
    assert "The job is paused already" in asked


def test_viewers_see_no_button_that_they_may_not_press(here: Visit) -> None:
    job_id = failed_job(here)
    viewer = here.visitor(Role.VIEWER)

    for path in ("/failures", f"/jobs/{job_id}", "/jobs", "/"):
        page = viewer.get(path).text
        assert re.findall(r'<form method="post" action="([^"]*)"', page) == ["/sign-out"]


def test_very_many_chunks_share_cells_and_the_worst_of_each_is_shown(
    database: Database, tmp_path: Path
) -> None:
    here = visit(database, tmp_path, CHUNK_BYTES="1024")
    floor = here.take_in(letters(60, body_lines=10), work=False)
    floor.plan()
    chunks = sum(chunk.kind is ChunkKind.PARSE for chunk in floor.chunks())
    floor.lose(floor.must_claim())

    with database.read() as connection:
        each, _ = map_of(connection, floor.job_id, chunks=chunks, most=1000)
        shared, tally = map_of(connection, floor.job_id, chunks=chunks, most=4)

    assert chunks > 8
    assert [cell.first for cell in each] == list(range(1, chunks + 1))
    assert [cell.state for cell in each] == ["retrying"] + ["waiting"] * (chunks - 1)
    assert len(shared) <= 4
    assert (shared[0].first, shared[-1].last) == (1, chunks)
    assert [cell.state for cell in shared] == ["retrying"] + ["waiting"] * (len(shared) - 1)
    assert shared[0].troubled == 1
    assert sum(cell.troubled for cell in shared[1:]) == chunks - (shared[0].last)
    assert [(one.state, one.chunks) for one in tally] == [("retrying", 1), ("waiting", chunks - 1)]


def test_only_a_worker_that_is_there_can_be_drained(here: Visit) -> None:
    assert here.visitor().post("/workers/drain", data={"name": "nobody"}).status_code == 404


def test_a_worker_that_is_busy_is_listed_with_its_evidence(here: Visit) -> None:
    floor = here.take_in(letters(3), work=False)
    claimed = floor.must_claim()

    page = here.visitor().get("/workers").text

    assert "Busy" in page
    assert "its attempt reported" in page
    run_attempt(floor.workshop, claimed, surroundings=Surroundings())


def test_the_overview_draws_how_it_has_been_over_every_period(here: Visit) -> None:
    here.take_in(letters(30))
    visitor = here.visitor()

    for period in ("hour", "day", "week"):
        drawing = visitor.get(f"/fragments/history?period={period}").text
        assert drawing.count("<svg") >= len(charts.MEASURES)
        assert "is-open" in drawing  # the last bucket has not ended yet
    assert 'id="history"' in visitor.get("/?period=day").text


def test_a_bar_is_as_high_as_its_share_of_the_highest() -> None:
    at = datetime(2024, 3, 9, tzinfo=UTC)
    buckets = [bucket(at, messages=messages) for messages in (0, 30, 60)]

    chart = charts.charts_of(buckets)[0]

    assert [bar.height for bar in chart.bars] == [charts.HEIGHT / 2, charts.HEIGHT]
    assert chart.highest == chart.latest == 1.0
    assert charts.charts_of([bucket(at, messages=0)])[0].is_flat


def bucket(at: datetime, *, messages: int) -> Bucket:
    return Bucket(
        at=at,
        seconds=60.0,
        is_open=False,
        bytes=0,
        messages=messages,
        failed=0,
        lost=0,
        waiting=None,
        oldest_seconds=None,
    )


def test_a_job_can_be_paused_and_go_on(here: Visit) -> None:
    floor = here.take_in(letters(3), work=False)
    visitor = here.visitor()

    paused = visitor.get(visitor.post(f"/jobs/{floor.job_id}/pause").headers["Location"]).text
    assert floor.run() == []
    visitor.post(f"/jobs/{floor.job_id}/resume")
    floor.run()

    assert "The job is paused." in paused
    assert f'action="/jobs/{floor.job_id}/resume"' in paused
    assert floor.job().state == "finished"


def test_a_chosen_chunk_stays_chosen_through_the_updates(here: Visit) -> None:
    floor = here.take_in(letters(3), work=False)
    floor.plan()

    page = here.visitor().get(f"/jobs/{floor.job_id}?chunk=1").text

    assert f'hx-get="/fragments/progress/{floor.job_id}?chunk=1&amp;was=' in page
    assert 'id="chunk"' in page


def test_a_number_on_the_overview_stands_on_one_line_with_what_it_counts(here: Visit) -> None:
    here.take_in(letters(3), work=False)

    page = here.visitor().get("/").text

    assert '<span class="nowrap">0 messages</span>' in page
