"""What a page says stays true: at a job's end, after a deletion, while the queue is away."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from jobs.engine import build
from store.config import load
from store.jobs import job_counts
from store.states import JobState
from store.tables import upload
from store.uploads import mark_deleting
from tests.archives import mail, zip_of
from tests.mboxes import letters
from tests.web.test_errand_files import delete
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


def test_that_files_of_inner_archives_are_counted_too_is_said_also_after_a_deletion(
    here: Visit,
) -> None:
    inner = zip_of({"deep.mbox": mail(3)})
    flat = here.take_in(zip_of({"a.mbox": mail(1), "b.mbox": mail(2)}), filename="flat.zip")
    nested = here.take_in(zip_of({"c.mbox": mail(4), "inner.zip": inner}), filename="nested.zip")
    with here.house.database.read() as connection:
        in_nested = select(upload.c.id).where(upload.c.archive_id == nested.upload_id)
        alone = connection.scalars(in_nested.where(upload.c.filename == "c.mbox")).one()
    visitor, said = here.visitor(), "with the files of archives inside it"
    before = visitor.get(f"/jobs/{nested.job_id}").text

    delete(here, alone)

    assert said in before
    assert said in visitor.get(f"/jobs/{nested.job_id}").text
    assert said not in visitor.get(f"/jobs/{flat.job_id}").text


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
