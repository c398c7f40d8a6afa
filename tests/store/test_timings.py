"""How long work waited and ran, on both databases alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from store import tables
from store.clock import utc_now
from store.states import Outcome
from store.timings import timings, timings_since
from tests.jobs.fixtures import make_floor
from tests.jobs.floor import Floor
from tests.mboxes import letters

__all__ = ["make_floor"]

MakeFloor = Callable[..., Floor]


def with_attempts(make: MakeFloor, *, seconds: list[float]) -> Floor:
    """A floor whose attempts waited ten seconds and ran for so many each."""
    floor = make(CHUNK_BYTES="2048")
    floor.hand_in(letters(len(seconds) * 8, body_lines=40))
    floor.run()
    began = utc_now() - timedelta(minutes=5)
    ids = [id_ for (id_,) in floor.rows(tables.attempt, "id")][: len(seconds)]
    with floor.workshop.database.write() as connection:
        connection.execute(update(tables.job).values(created_at=began))
        connection.execute(
            update(tables.attempt).values(outcome=Outcome.CANCELLED)  # all others
        )
        for id_, took in zip(ids, seconds, strict=True):
            started = began + timedelta(seconds=10)
            connection.execute(
                update(tables.attempt)
                .where(tables.attempt.c.id == id_)
                .values(
                    outcome=Outcome.DONE,
                    started_at=started,
                    ended_at=started + timedelta(seconds=took),
                )
            )
    return floor


def test_percentiles_are_of_the_attempts_that_ended_by_themselves(make_floor: MakeFloor) -> None:
    floor = with_attempts(make_floor, seconds=[float(number) for number in range(1, 21)])

    with floor.workshop.database.read() as connection:
        found = timings(connection, since=utc_now() - timedelta(hours=1))

    assert found.ran is not None
    assert found.waited is not None
    assert found.ran.count == 20
    assert [found.ran.p50, found.ran.p95, found.ran.p99] == pytest.approx([10, 19, 20], abs=0.01)
    assert found.waited.p99 == pytest.approx(10, abs=0.01)
    assert not found.is_cut


def test_of_a_time_without_attempts_nothing_is_told(make_floor: MakeFloor) -> None:
    floor = with_attempts(make_floor, seconds=[1.0, 2.0])

    with floor.workshop.database.read() as connection:
        found = timings(connection, since=utc_now() + timedelta(seconds=1))

    assert (found.waited, found.ran) == (None, None)


def test_of_a_busy_time_only_the_newest_attempts_are_looked_at(
    make_floor: MakeFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.timings.LOOKED_AT_MOST", 3)
    floor = with_attempts(make_floor, seconds=[1.0, 2.0, 3.0, 4.0])

    with floor.workshop.database.read() as connection:
        found = timings(connection, since=utc_now() - timedelta(hours=1))

    assert found.is_cut
    assert found.ran is not None
    assert found.ran.count == 3


def test_a_first_attempt_that_was_tried_again_since_tells_no_waiting(
    make_floor: MakeFloor,
) -> None:
    floor = with_attempts(make_floor, seconds=[1.0, 2.0, 3.0])
    # Let go on after a week; then the first attempts began at once and one of them failed.
    resumed = utc_now() - timedelta(minutes=5)
    with floor.workshop.database.write() as connection:
        week_ago = {"created_at": resumed - timedelta(days=7)}
        connection.execute(update(tables.job).values(week_ago))
        connection.execute(update(tables.chunk).values(not_before=resumed))
        failed = select(tables.attempt.c.chunk_id).order_by(tables.attempt.c.id).limit(1)
        connection.execute(
            update(tables.chunk)
            .where(tables.chunk.c.id.in_(failed))
            .values(not_before=resumed + timedelta(minutes=1))
        )

    with floor.workshop.database.read() as connection:
        found = timings(connection, since=utc_now() - timedelta(hours=1))

    assert found.waited is not None
    assert found.waited.count == 2
    assert found.waited.p99 == pytest.approx(10, abs=1)
    assert found.ran is not None
    assert found.ran.count == 3


def test_stretches_that_are_read_at_once_tell_what_each_tells_alone(
    make_floor: MakeFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = with_attempts(make_floor, seconds=[1.0, 2.0, 3.0, 60.0])
    now = utc_now()
    # Two of the four are of hours ago.
    with floor.workshop.database.write() as connection:
        seen = select(tables.attempt.c.id).where(tables.attempt.c.outcome == Outcome.DONE)
        ids = sorted(connection.execute(seen).scalars())
        for id_, hours in zip(ids, (5, 3, 0, 0), strict=True):
            at = now - timedelta(hours=hours, seconds=30)
            row = tables.attempt.c.id == id_
            connection.execute(update(tables.attempt).where(row).values(seen_at=at))
    sinces = [now - timedelta(hours=hours) for hours in (1, 4, 24)]

    for most in (5_000, 4, 3, 2, 1):
        monkeypatch.setattr("store.timings.LOOKED_AT_MOST", most)
        with floor.workshop.database.read() as connection:
            at_once = timings_since(connection, sinces)
            alone = tuple(timings(connection, since=since) for since in sinces)
        assert at_once == alone

    assert at_once[0].is_cut
