"""Acts on archives that meet other acts: each takes the jobs in the order of their uploads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from store import wishes_inside
from store.clock import utc_now
from store.database import Database
from store.uploads import UploadKind
from store.wishes_inside import Wish, first_step, jobs_inside, next_step
from tests.archives import mail, zip_of
from tests.jobs.floor import Floor
from tests.jobs.meeting import floor_on, meanwhile


@pytest.fixture
def floor(postgres_database: Database, tmp_path: Path) -> Floor:
    return floor_on(postgres_database, tmp_path)


def test_pausing_an_archive_inside_while_all_are_paused_does_not_end_in_a_deadlock(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor.hand_in(zip_of({"inner.zip": zip_of({"a.mbox": mail(1)})}), filename="x.zip")
    floor.plan()
    floor.plan()
    with floor.workshop.database.read() as connection:
        inside = jobs_inside(connection, floor.job_id)
    (inner,) = [job_id for job_id, state in inside if state.is_over]
    act, ends = wishes_inside._act, list[Callable[[], object]]()

    def pause_inner() -> None:
        with floor.workshop.database.write() as connection:
            first_step(connection, inner, Wish.PAUSE, now=utc_now())

    def meet(connection: Connection, row: Any, doing: Any) -> int:
        did = act(connection, row, doing)
        if row.kind == UploadKind.MAIL and not ends:
            # Whoever pauses the archive inside has taken its letter; now all are paused.
            ends.append(meanwhile(floor, pause_all))
        return did

    def pause_all() -> None:
        with floor.workshop.database.write() as connection:
            next_step(connection, floor.job_id, Wish.PAUSE, after=0, now=utc_now())

    monkeypatch.setattr(wishes_inside, "_act", meet)
    pause_inner()
    ends[0]()

    assert floor.run() == []
