"""Errands that are stopped, or broken off: what must not be left half done is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import update

from store import tables, tables_mail
from store.audit import entries
from store.clock import utc_now
from store.errands import Errand, ErrandKind, ErrandState, break_errand
from store.uploads import UploadState, require_upload
from tests.jobs.asked import ask, carry_out, count
from tests.jobs.floor import Floor
from tests.mboxes import letters


@pytest.mark.parametrize("kind", [ErrandKind.DELETE_UPLOAD, ErrandKind.READ_AGAIN])
def test_what_has_begun_to_take_mail_away_cannot_be_stopped(floor: Floor, kind: ErrandKind) -> None:
    floor.hand_in(letters(1200))
    floor.run()
    errand = ask(floor, kind, upload_id=floor.upload_id, job_id=floor.job_id)
    answers: list[bool] = []

    def try_to_stop() -> bool:
        answers.append(stop(floor, errand))
        return True

    done = carry_out(floor, errand, still_mine=try_to_stop)

    assert set(answers) == {False}
    assert done.state is ErrandState.DONE
    assert count(floor, tables_mail.message) == 0


@pytest.mark.parametrize("kind", [ErrandKind.DELETE_UPLOAD, ErrandKind.READ_AGAIN])
def test_what_has_not_begun_to_take_mail_away_can_be_stopped(
    floor: Floor, kind: ErrandKind
) -> None:
    floor.hand_in(letters(20))
    floor.run()
    errand = ask(floor, kind, upload_id=floor.upload_id, job_id=floor.job_id)

    assert stop(floor, errand)

    assert carry_out(floor, errand).state is ErrandState.STOPPED
    assert count(floor, tables_mail.message) == 20


def stop(floor: Floor, errand: Errand) -> bool:
    with floor.workshop.database.write() as connection:
        return break_errand(connection, errand.id, now=utc_now())


def test_deleting_many_files_stops_between_two_files(make_floor: Callable[..., Floor]) -> None:
    floors = [make_floor(), make_floor()]
    for floor in floors:
        floor.hand_in(letters(1200))
        floor.run()
    errand = ask(floors[0], ErrandKind.DELETE_JOBS)

    def stop_it() -> bool:
        stop(floors[0], errand)
        return True

    stopped = carry_out(floors[0], errand, still_mine=stop_it)

    assert stopped.state is ErrandState.STOPPED
    assert upload_states(floors) == [UploadState.DELETED, UploadState.STORED]
    assert count(floors[0], tables_mail.message) == 1200


def test_deleting_what_is_finished_spares_what_is_finished_later(
    make_floor: Callable[..., Floor],
) -> None:
    floors = [make_floor(), make_floor()]
    for floor in floors:
        floor.hand_in(letters(5))
    floors[0].run()  # all that waits, of both jobs
    errand = ask(floors[0], ErrandKind.DELETE_JOBS, state="finished")
    later = errand.created_at + timedelta(seconds=1)
    with floors[1].workshop.database.write() as connection:
        connection.execute(
            update(tables.job).where(tables.job.c.id == floors[1].job_id).values(finished_at=later)
        )

    carry_out(floors[0], errand)

    assert upload_states(floors) == [UploadState.DELETED, UploadState.STORED]
    with floors[1].workshop.database.read() as connection:
        kept = require_upload(connection, floors[1].upload_id)
    assert kept.state is UploadState.STORED


def test_deleting_many_files_goes_on_with_the_one_that_was_half_deleted(
    make_floor: Callable[..., Floor],
) -> None:
    floors = [make_floor(), make_floor()]
    for floor in floors:
        floor.hand_in(letters(1200))
        floor.run()
    errand = ask(floors[0], ErrandKind.DELETE_JOBS)
    looks = iter([True, False])
    carry_out(floors[0], errand, still_mine=lambda: next(looks))
    assert UploadState.DELETING in upload_states(floors)

    assert carry_out(floors[0], errand).state is ErrandState.DONE

    assert set(upload_states(floors)) == {UploadState.DELETED}
    with floors[0].workshop.database.read() as connection:
        noted = [one for one in entries(connection) if one.action == "job.delete"]
    assert {one.subject for one in noted} == {f"job:{floor.job_id}" for floor in floors}
    assert {one.detail["filename"] for one in noted} == {"letters.mbox"}
    assert count(floors[0], tables_mail.message) == 0


def upload_states(floors: Sequence[Floor]) -> list[UploadState]:
    """Those that are gone first."""
    with floors[0].workshop.database.read() as connection:
        return sorted(require_upload(connection, floor.upload_id).state for floor in floors)
