"""When a worker took its job is told by its own clock and its beats; claims by the database's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from store.claims import WorkerIdentity, claim_next
from store.clock import utc_now
from store.states import EngineName
from store.tables import attempt
from tests.jobs.floor import Floor
from tests.mboxes import letters
from tests.web.hall import Hall
from tests.web.visiting import Visit

OURS, PLAIN = "node-1-4711-0fa9c1", "named-by-hand"


def claimed(floor: Floor, *, begun_ago: float, heard_ago: float, name: str = OURS) -> None:
    """The worker has ended an attempt; further chunks wait."""
    worker = WorkerIdentity(
        engine=EngineName.RQ, name=name, host="node-1", pid=5822, version="0.1.0"
    )
    with floor.workshop.database.write() as connection:
        found = claim_next(connection, worker=worker, now=utc_now(), lease_seconds=60)
    assert found is not None
    floor.finish_claimed(found)
    now = utc_now()
    begun, heard = (now - timedelta(seconds=ago) for ago in (begun_ago, heard_ago))
    told = {"started_at": begun, "seen_at": heard, "ended_at": heard}
    with floor.workshop.database.write() as connection:
        connection.execute(update(attempt).where(attempt.c.worker == name).values(told))


def told_of(there: Visit) -> dict[str, Any]:
    (told,) = there.visitor().get("/api/health").json()["workers"]
    return dict(told)


@pytest.mark.parametrize("clock_ahead", [-120, -20, -1, 0, 1, 20, 120])
@pytest.mark.parametrize(("heard_ago", "state"), [(2, "idle"), (80, "stuck")])
def test_a_claim_for_a_job_is_seen_whatever_the_workers_clock_says(
    hall: Hall, there: Visit, heard_ago: float, state: str, clock_ahead: int
) -> None:
    claimed(there.take_in(letters(3), work=False), begun_ago=89.6, heard_ago=heard_ago)
    hall.enlist(OURS, state="busy", beat_ago=-clock_ahead, kept_seconds=70 - clock_ahead)
    hall.give_bell(OURS, ago=90, clock_ahead=clock_ahead)
    hall.wait(1)

    told = told_of(there)

    assert told["state"] == state
    if state == "stuck":
        since = datetime.fromisoformat(told["claims_nothing"]["since"])
        assert abs((utc_now() - since).total_seconds() - heard_ago) < 15


def test_a_claim_is_seen_also_where_the_last_beat_is_a_little_overdue(
    hall: Hall, there: Visit
) -> None:
    claimed(there.take_in(letters(3), work=False), begun_ago=89.6, heard_ago=2, name=PLAIN)
    hall.enlist(PLAIN, state="busy", beat_ago=31, kept_seconds=90)
    hall.give_bell(PLAIN, ago=90, beat_ago=31)
    hall.wait(1)

    assert told_of(there)["state"] == "idle"


@pytest.mark.parametrize(
    ("ago", "heard_ago", "state"), [(170, None, "stuck"), (170, 2, "idle"), (20, None, "idle")]
)
def test_a_worker_that_is_to_beat_seldom_is_judged_by_how_often_it_does(
    hall: Hall, there: Visit, ago: float, heard_ago: float | None, state: str
) -> None:
    """As `rq worker --job-monitoring-interval 300`."""
    floor = there.take_in(letters(3), work=False)
    if heard_ago is not None:
        claimed(floor, begun_ago=ago - 0.4, heard_ago=heard_ago, name=PLAIN)
    hall.enlist(PLAIN, state="busy", beat_ago=ago, kept_seconds=360)
    hall.give_bell(PLAIN, ago=ago, beat_ago=ago)
    hall.wait(1)

    assert told_of(there)["state"] == state


def test_where_it_has_beaten_on_its_job_its_beats_are_no_farther_apart(
    hall: Hall, there: Visit
) -> None:
    """Its clock is four minutes late, which looks like an entry that is kept for longer."""
    there.take_in(letters(3), work=False)
    hall.enlist(PLAIN, state="busy", beat_ago=240, kept_seconds=90 + 240)
    hall.give_bell(PLAIN, ago=10, clock_ahead=-240)
    hall.wait(1)

    assert told_of(there)["state"] == "idle"
