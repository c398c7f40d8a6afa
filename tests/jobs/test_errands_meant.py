"""A bulk act reaches all that matched when it began, also where acting on one moves another."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from jobs import bulk
from store import tables
from store.clock import utc_now
from store.errands import ErrandKind, ErrandState
from store.states import ChunkState, JobState
from store.tables_watch import errand_meant
from tests.archives import mail, zip_of
from tests.jobs.asked import ask, carry_out, count
from tests.jobs.floor import Floor
from tests.mboxes import letters

SHARED, OTHER = mail(1), mail(2)


@pytest.fixture
def later(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> str:
    """A failed file of an archive that also counts on a failed file which came before.

    The archive has its turn after that file, and jobs are looked for one by one.
    """
    monkeypatch.setattr(bulk, "JOBS_AT_ONCE", 1)
    floor.hand_in(SHARED, filename="before.mbox")
    floor.run()
    before = floor.job_id
    floor.hand_in(zip_of({"shared.mbox": SHARED, "other.mbox": OTHER}), filename="x.zip")
    floor.run()
    renamed(floor, before, "0" * 32)
    renamed(floor, floor.job_id, "f" * 32)
    floor.job_id = "f" * 32
    other = job_named(floor, "other.mbox")
    for job_id in ("0" * 32, other):
        fail(floor, job_id)
    return other


def test_an_archive_that_is_reopened_by_another_job_of_the_act_is_reached(
    floor: Floor, later: str
) -> None:
    errand = ask(floor, ErrandKind.RETRY_JOBS, state="failed", fold="archives")

    done = carry_out(floor, errand)

    assert state_of(floor, later) is not JobState.FAILED
    assert done.result == {"chunks": 2}
    assert count(floor, errand_meant) == 0


def test_so_it_is_when_asked_for_what_is_over_since_a_day(floor: Floor, later: str) -> None:
    errand = ask(floor, ErrandKind.RETRY_JOBS, ended="2020-01-01T00:00:00+00:00", fold="archives")

    carry_out(floor, errand)

    assert state_of(floor, later) is not JobState.FAILED


def test_one_that_is_begun_again_goes_on_with_what_it_meant(floor: Floor, later: str) -> None:
    errand = ask(floor, ErrandKind.RETRY_JOBS, state="failed", fold="archives")
    looks = iter([True, False])
    cut_short = carry_out(floor, errand, still_mine=lambda: next(looks, True))
    assert cut_short.state is ErrandState.RUNNING
    floor.hand_in(letters(3), filename="afterwards.mbox")
    floor.run()
    fail(floor, floor.job_id)

    done = carry_out(floor, cut_short)

    assert done.state is ErrandState.DONE
    assert state_of(floor, later) is not JobState.FAILED
    assert state_of(floor, floor.job_id) is JobState.FAILED


def renamed(floor: Floor, was: str, now: str) -> None:
    """Give a job an id of ours: acts go by them."""
    with floor.workshop.database.write() as connection:
        row = connection.execute(select(tables.job).where(tables.job.c.id == was)).one()
        connection.execute(tables.job.insert().values({**row._mapping, "id": now}))
        for table in (tables.chunk, tables.attempt):
            connection.execute(update(table).where(table.c.job_id == was).values(job_id=now))
        connection.execute(tables.job.delete().where(tables.job.c.id == was))


def job_named(floor: Floor, filename: str) -> str:
    query = select(tables.job.c.id).join(
        tables.upload, tables.upload.c.id == tables.job.c.upload_id
    )
    with floor.workshop.database.read() as connection:
        found: str = connection.execute(
            query.where(tables.upload.c.filename == filename)
        ).scalar_one()
    return found


def fail(floor: Floor, job_id: str) -> None:
    """As if the last attempt at a file had failed."""
    now, chunk = utc_now(), tables.chunk
    with floor.workshop.database.write() as connection:
        last = select(func.max(chunk.c.id)).where(chunk.c.job_id == job_id).scalar_subquery()
        connection.execute(
            update(chunk)
            .where(chunk.c.id == last)
            .values(state=ChunkState.FAILED, ended_at=now, error="made up")
        )
        connection.execute(
            update(tables.job)
            .where(tables.job.c.id == job_id)
            .values(state=JobState.FAILED, finished_at=now)
        )


def state_of(floor: Floor, job_id: str) -> JobState:
    with floor.workshop.database.read() as connection:
        query = select(tables.job.c.state).where(tables.job.c.id == job_id)
        return JobState(connection.execute(query).scalar_one())
