"""Acts on archives that meet other acts: each takes the jobs in the order of their uploads."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Row, select, update

from store import retrying, tables, wishes_inside
from store.clock import utc_now
from store.database import Database
from store.errands import ErrandKind
from store.inside import jobs_inside
from store.rests import rests_of
from store.retrying import put_back
from store.states import ChunkState, JobState
from store.uploads import UploadKind
from store.wish_acts import Wish, act
from store.wishes import reopen, retry_chunk
from store.wishes_inside import first_step, next_step
from tests.archives import mail, zip_of
from tests.jobs.asked import ask, carry_out
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
    ends: list[Callable[[], object]] = []

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

    monkeypatch.setattr(wishes_inside, "act", meet)
    pause_inner()
    ends[0]()

    assert floor.run() == []


@pytest.fixture
def planned(floor: Floor) -> Floor:
    """An archive of eight files whose chunks wait."""
    files = {f"{number}.mbox": mail(number) for number in range(8)}
    floor.hand_in(zip_of(files), filename="x.zip")
    for _ in range(1 + len(files)):
        floor.plan()
    return floor


def chunks_by_upload(floor: Floor) -> list[Row[int, str]]:
    """(id, job_id) of what waits."""
    with floor.workshop.database.read() as connection:
        return list(
            connection.execute(
                select(tables.chunk.c.id, tables.chunk.c.job_id)
                .where(tables.chunk.c.state == ChunkState.WAITING)
                .order_by(tables.chunk.c.upload_id, tables.chunk.c.id)
            )
        )


def test_retrying_all_failures_while_an_archive_is_paused_does_not_end_in_a_deadlock(
    planned: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of two jobs the one whose name comes later has the lower upload.
    two = next(
        pair for pair in combinations(chunks_by_upload(planned), 2) if pair[0][1] > pair[1][1]
    )
    with planned.workshop.database.write() as connection:
        connection.execute(
            update(tables.chunk)
            .where(tables.chunk.c.id.in_([row.id for row in two]))
            .values(state=ChunkState.FAILED, error="no such luck", ended_at=utc_now())
        )
    ends: list[Callable[[], object]] = []

    def pause() -> None:
        with planned.workshop.database.write() as connection:
            first_step(connection, planned.job_id, Wish.PAUSE, now=utc_now())

    def meet(connection: Connection, job_id: str) -> None:
        reopen(connection, job_id)
        if not ends:
            ends.append(meanwhile(planned, pause))

    monkeypatch.setattr(retrying, "reopen", meet)

    assert carry_out(planned, ask(planned, ErrandKind.RETRY_FAILED)).done == 2
    ends[0]()
    assert planned.run() == []


def test_stopping_a_retry_while_its_archive_is_cancelled_does_not_end_in_a_deadlock(
    planned: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    errand = ask(planned, ErrandKind.RETRY_FAILED)
    first, *_, last = chunks_by_upload(planned)
    with planned.workshop.database.write() as connection:
        connection.execute(
            update(tables.chunk)
            .where(tables.chunk.c.id.in_([first.id, last.id]))
            .values(errand_id=errand.id)
        )
        # The last was planned before the first.
        connection.execute(
            update(tables.chunk).where(tables.chunk.c.id == last.id).values(id=first.id - 1000)
        )
    ends: list[Callable[[], object]] = []

    def stop() -> None:
        with planned.workshop.database.write() as connection:
            put_back(connection, errand.id, now=utc_now(), limit=100)

    def meet(connection: Connection, row: Any, doing: Any) -> int:
        did = act(connection, row, doing)
        if row.id == first.job_id:
            ends.append(meanwhile(planned, stop))
        return did

    monkeypatch.setattr(wishes_inside, "act", meet)
    with planned.workshop.database.write() as connection:
        first_step(connection, planned.job_id, Wish.CANCEL, now=utc_now())
    ends[0]()

    assert planned.run() == []


def test_a_file_begins_again_without_waiting_for_whoever_holds_its_archive(floor: Floor) -> None:
    floor.hand_in(zip_of({"a.mbox": mail(1), "b.mbox": mail(2)}), filename="x.zip")
    floor.run()
    failed = tables.chunk.c.seq > 0
    with floor.workshop.database.write() as connection:
        (job_id, _), *_ = jobs_inside(connection, floor.job_id)
        mine = failed & (tables.chunk.c.job_id == job_id)
        chunk_id = connection.execute(select(tables.chunk.c.id).where(mine)).scalar_one()
        connection.execute(update(tables.chunk).where(mine).values(state=ChunkState.FAILED))
        of_it = update(tables.job).where(tables.job.c.id == job_id)
        connection.execute(of_it.values(state=JobState.FAILED))

    def retry() -> None:
        with floor.workshop.database.write() as connection:
            assert retry_chunk(connection, chunk_id)

    with floor.workshop.database.write() as connection:
        held = select(tables.job.c.id).where(tables.job.c.id == floor.job_id).with_for_update()
        connection.execute(held).all()
        meanwhile(floor, retry)()

    with floor.workshop.database.read() as connection:
        assert set(rests_of(connection, [job_id, floor.job_id])) == {job_id, floor.job_id}
