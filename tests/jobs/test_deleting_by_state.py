"""Deleting all jobs in a state takes no archive that nobody meant."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from store import tables
from store.clock import utc_now
from store.errands import ErrandKind
from store.job_filter import JobFilter, joined, matching
from store.job_weight import weigh_jobs
from store.states import JobState
from store.uploads import UploadKind
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


def since_yesterday() -> JobFilter:
    return JobFilter(ended=utc_now() - timedelta(days=1))


def matched(floor: Floor, wanted: JobFilter) -> set[str]:
    with floor.workshop.database.read() as connection:
        found = joined(tables.upload.c.filename).where(*matching(connection, wanted))
        return set(connection.execute(found).scalars())


def unpacked_long_ago(floor: Floor) -> None:
    """The archives were; their files came to their end just now."""
    archives = select(tables.upload.c.id).where(tables.upload.c.kind == UploadKind.ARCHIVE)
    with floor.workshop.database.write() as connection:
        connection.execute(
            update(tables.job)
            .where(tables.job.c.upload_id.in_(archives))
            .values(finished_at=utc_now() - timedelta(days=9))
        )


def test_an_archive_of_which_a_file_is_still_read_is_not_over_yet(floor: Floor) -> None:
    deep = zip_of({"b.mbox": mail(2)})
    floor.hand_in(zip_of({"a.mbox": mail(1), "in.zip": deep}), filename="x.zip")
    while ("in.zip", "finished") not in states(floor):
        floor.step()

    assert not {"x.zip", "in.zip"} & matched(floor, since_yesterday())
    errand = ask(floor, ErrandKind.DELETE_JOBS, **since_yesterday().to_json())
    floor.run()
    assert matched(floor, since_yesterday()) == {"x.zip", "in.zip", "a.mbox", "b.mbox"}
    carry_out(floor, errand)  # they came to their end after it was asked for
    assert files(floor)["x.zip"] == "stored"


def states(floor: Floor) -> set[tuple[str, str]]:
    query = joined(tables.upload.c.filename, tables.job.c.state)
    with floor.workshop.database.read() as connection:
        return {(row[0], row[1]) for row in connection.execute(query)}


@pytest.mark.parametrize("_time", range(3))  # jobs are gone through by ids that chance gives
def test_all_that_was_over_since_goes_whatever_goes_first(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, _time: int
) -> None:
    monkeypatch.setattr("jobs.bulk.JOBS_AT_ONCE", 1)
    inner = zip_of({"b.mbox": mail(2)})
    floor.hand_in(zip_of({"a.mbox": mail(1), "in.zip": inner}), filename="x.zip")
    floor.hand_in(zip_of({"c.mbox": mail(3)}), filename="y.zip")
    floor.run()
    unpacked_long_ago(floor)
    assert len(matched(floor, since_yesterday())) == 6

    carry_out(floor, ask(floor, ErrandKind.DELETE_JOBS, **since_yesterday().to_json()))

    assert set(files(floor).values()) == {"deleted"}
