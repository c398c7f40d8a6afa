"""What one process did of late is counted together, though it goes on under a new name."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from jobs.reports import PREFIX
from store.clock import utc_now
from store.states import EngineName, Outcome
from store.tables import attempt
from tests.mboxes import letters
from tests.web.hall import Hall, flat
from tests.web.visiting import Visit

NOW_CALLED, BEFORE, OTHER = "node-3-4711-0fa9c1", "node-3-4711-99ab01", "node-3-47110-99ab01"


def made(there: Visit, *names: str, outcome: Outcome = Outcome.DONE) -> None:
    """Attempts, begun a quarter of an hour ago, at one chunk: one of each of these workers."""
    there.take_in(letters(3))
    begun = {"started_at": utc_now() - timedelta(minutes=15), "engine": EngineName.RQ}
    with there.house.database.write() as connection:
        row = connection.execute(select(attempt).where(attempt.c.number == 1)).mappings().first()
        assert row is not None
        connection.execute(attempt.delete())
        for number, name in enumerate(names, start=1):
            more = {"id": f"a{number}", "number": number, "worker": name, "outcome": outcome}
            connection.execute(insert(attempt).values({**row, **more}))
        connection.execute(update(attempt).values(begun))


def report(hall: Hall, *, age: float) -> None:
    """The worker is there, born just now, and tells how old its process is."""
    hall.enlist(NOW_CALLED, hostname="node-3", birth=utc_now().isoformat())
    told = {"worker_pid": "4711", "worker_memory": "1", "worker_age": str(age)}
    hall.redis.hset(PREFIX + NOW_CALLED, items=flat({"at": utc_now().isoformat(), **told}))
    hall.wait(1)


def counted(there: Visit) -> dict[str, int]:
    (told,) = there.visitor().get("/api/health").json()["workers"]
    return dict(told["chunks_last_hour"])


def test_chunks_of_the_same_process_under_its_former_name_are_counted(
    hall: Hall, there: Visit
) -> None:
    made(there, BEFORE, BEFORE, NOW_CALLED, OTHER)
    report(hall, age=3000)

    assert counted(there) == {"done": 3, "failed": 0}


def test_those_of_a_process_before_it_with_the_same_number_are_not(
    hall: Hall, there: Visit
) -> None:
    """A container that was started anew is of the same host, and its first process is number 1."""
    made(there, BEFORE, BEFORE, NOW_CALLED)
    report(hall, age=60)

    assert counted(there) == {"done": 1, "failed": 0}


@pytest.mark.parametrize("names", [(BEFORE, NOW_CALLED), (BEFORE, BEFORE)])
def test_a_chunk_at_which_it_failed_under_both_names_counts_once(
    hall: Hall, there: Visit, names: tuple[str, ...]
) -> None:
    made(there, *names, outcome=Outcome.FAILED)
    report(hall, age=3000)

    assert counted(there) == {"done": 0, "failed": 1}
