"""Deleting all jobs in a state takes no archive that nobody meant."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from store import tables
from store.clock import utc_now
from store.errands import ErrandKind
from store.job_filter import JobFilter
from store.job_weight import weigh_jobs
from store.states import JobState
from tests.archives import mail, zip_of
from tests.jobs.asked import ask, carry_out
from tests.jobs.floor import Floor

FAILED = JobFilter(states=("failed",))
FINISHED = JobFilter(states=("finished",))


def files(floor: Floor) -> dict[str, str]:
    """By name, what became of each upload."""
    return dict(floor.rows(tables.upload, "filename", "state"))


def an_archive(floor: Floor) -> None:
    floor.hand_in(zip_of({"a.mbox": mail(1), "b.mbox": mail(2)}), filename="x.zip")
    floor.plan()


def fail(floor: Floor, filename: str) -> None:
    """As its last chunk would, had it failed for good."""
    of_file = select(tables.upload.c.id).where(tables.upload.c.filename == filename)
    with floor.workshop.database.write() as connection:
        connection.execute(
            update(tables.job)
            .where(tables.job.c.upload_id.in_(of_file))
            .values(state=JobState.FAILED, finished_at=utc_now())
        )


def test_an_archive_that_was_running_when_all_finished_were_to_go_stays(floor: Floor) -> None:
    an_archive(floor)
    errand = ask(floor, ErrandKind.DELETE_JOBS, **FINISHED.to_json())
    floor.run()

    carry_out(floor, errand)

    assert set(files(floor).values()) == {"stored"}


def test_an_archive_that_was_finished_goes_with_its_files(floor: Floor) -> None:
    an_archive(floor)
    floor.run()
    with floor.workshop.database.read() as connection:
        weight = weigh_jobs(connection, FINISHED, for_deletion=True)

    carry_out(floor, ask(floor, ErrandKind.DELETE_JOBS, **FINISHED.to_json()))

    assert (weight.jobs, weight.left_alone) == (3, 0)
    assert set(files(floor).values()) == {"deleted"}


@pytest.mark.parametrize("_time", range(4))  # jobs are gone through by ids that chance gives
def test_a_failed_file_does_not_take_its_archive_along(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, _time: int
) -> None:
    monkeypatch.setattr("jobs.bulk.JOBS_AT_ONCE", 1)
    an_archive(floor)
    floor.run()
    fail(floor, "a.mbox")
    with floor.workshop.database.read() as connection:
        weight = weigh_jobs(connection, FAILED, for_deletion=True)

    carry_out(floor, ask(floor, ErrandKind.DELETE_JOBS, **FAILED.to_json()))

    assert (weight.jobs, weight.goes_along.files, weight.left_alone) == (1, 0, 1)
    assert files(floor) == {"x.zip": "stored", "a.mbox": "deleted", "b.mbox": "stored"}
