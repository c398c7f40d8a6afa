"""What a page says stays true: at a job's end, after a deletion, while the queue is away."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.engine import build
from store.config import load
from store.jobs import job_counts
from store.states import JobState
from store.uploads import mark_deleting
from tests.mboxes import letters
from tests.web.visiting import Visit
from web.app import queue_away


def test_when_a_job_is_over_all_of_its_page_asks_once_more(here: Visit) -> None:
    floor = here.take_in(letters(3), work=False)
    visitor = here.visitor()

    page = visitor.get(f"/jobs/{floor.job_id}").text
    running = visitor.get(f"/fragments/progress/{floor.job_id}")
    floor.run()
    over = visitor.get(f"/fragments/progress/{floor.job_id}")
    about = visitor.get(f"/fragments/about/{floor.job_id}").text

    assert page.count("job-over from:body") == 5
    assert "nobody yet" in page
    assert "HX-Trigger-After-Swap" not in running.headers
    assert over.headers["HX-Trigger-After-Swap"] == "job-over"
    assert "nobody yet" not in about
    assert "hx-trigger" not in about


def test_jobs_of_deleted_files_are_not_counted(here: Visit) -> None:
    kept = here.take_in(letters(1))
    gone = here.take_in(letters(2), filename="gone.mbox")
    with here.house.database.write() as connection:
        mark_deleting(connection, gone.upload_id)

    with here.house.database.read() as connection:
        counts = job_counts(connection)

    assert kept.job().state is JobState.FINISHED
    assert counts == {JobState.FINISHED: 1}


@pytest.mark.parametrize(
    ("queue", "until"), [("auto", "this console reads by itself"), ("redis", "uploads wait")]
)
def test_a_queue_that_is_away_is_said_in_one_line_at_start(
    tmp_path: Path, queue: str, until: str
) -> None:
    url = "redis://:secret@127.0.0.1:1/0"
    engine = build(load({"DATA_DIR": str(tmp_path), "REDIS_URL": url, "QUEUE": queue}))

    line = queue_away(engine)

    assert line is not None
    assert until in line
    assert "127.0.0.1:1" in line
    assert "secret" not in line
    assert "\n" not in line


def test_without_a_redis_nothing_is_said_of_one(tmp_path: Path) -> None:
    assert queue_away(build(load({"DATA_DIR": str(tmp_path)}))) is None
