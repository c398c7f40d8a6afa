"""What the database adds up of chunks is what the chunks add up to, whatever is done to them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, func, insert, select, text, update

from store.block_sums import ADDED, BLOCK, KEY, block_of, first_that_stands, fold, standings_from
from store.chunk_cells import chunks_that_stand, map_of
from store.database import Database
from store.migrate import alembic_config
from store.read_anew import rewind_chunks
from store.states import ChunkState
from store.tables import chunk
from store.tables_watch import block_sum
from store.wishes import retry_job
from tests.store.many_chunks import add_job

Sums = dict[tuple[Any, ...], tuple[int, ...]]


def kept(connection: Connection) -> Sums:
    """What the database says."""
    rows = connection.execute(
        select(*KEY, *(func.sum(column) for column in ADDED)).group_by(*KEY)
    ).all()
    found = {tuple(row[: len(KEY)]): tuple(int(one) for one in row[len(KEY) :]) for row in rows}
    return {key: sums for key, sums in found.items() if any(sums)}


def reckoned(connection: Connection) -> Sums:
    """What the chunks themselves add up to."""
    found: dict[tuple[Any, ...], Counter[int]] = {}
    for row in connection.execute(select(chunk)):
        rescued = row.state == ChunkState.DONE and row.failed_before
        tries = 2 if rescued else min(row.attempts, 2)
        key = (row.job_id, block_of(row.seq), row.state, tries)
        adds = (
            *(1, row.stop - row.start, row.position - row.start),
            *(row.messages, row.duplicates, row.quarantined, row.expected_messages or 0),
        )
        found.setdefault(key, Counter()).update(dict(enumerate(adds)))
    return {key: tuple(sums[one] for one in range(len(ADDED))) for key, sums in found.items()}


ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ("state", "attempts", "position", "messages", "forget", "add", "fold", "failed")
        ),
        st.integers(0, 3 * BLOCK),
        st.integers(0, 3 * BLOCK),
        st.sampled_from(list(ChunkState)),
    ),
    max_size=12,
)


def act(connection: Connection, job_id: str, one: tuple[str, int, int, ChunkState]) -> None:
    """Do to some chunks what workers and people do."""
    kind, low, high, state = one
    these = (chunk.c.job_id == job_id, chunk.c.seq.between(low, high))
    match kind:
        case "state":
            connection.execute(update(chunk).where(*these).values(state=state))
        case "attempts":
            connection.execute(update(chunk).where(*these).values(attempts=high % 4))
        case "failed":
            failed = [None, True, False][low % 3]
            connection.execute(update(chunk).where(*these).values(failed_before=failed))
        case "position":
            connection.execute(update(chunk).where(*these).values(position=chunk.c.start + low % 9))
        case "messages":
            more = {"messages": chunk.c.messages + 3, "duplicates": low, "quarantined": high % 2}
            connection.execute(update(chunk).where(*these).values(**more, expected_messages=low))
        case "forget":
            connection.execute(delete(chunk).where(*these))
        case "add":
            connection.execute(delete(chunk).where(chunk.c.job_id == job_id, chunk.c.seq == low))
            row = connection.execute(select(chunk).limit(1)).mappings().first()
            if row is not None:
                same = {name: row[name] for name in row if name not in ("id", "seq")}
                connection.execute(insert(chunk).values({**same, "job_id": job_id, "seq": low}))
        case "fold":
            fold(connection, limit=3)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(acts=ACTS)
def test_the_sums_are_those_of_the_chunks_whatever_is_done_to_them(
    database: Database, acts: list[tuple[str, int, int, ChunkState]]
) -> None:
    for one in acts:
        with database.write() as connection:
            if connection.execute(select(chunk.c.id).limit(1)).first() is None:
                job_id = add_job(connection, chunks=2 * BLOCK + 7)
            else:
                job_id = connection.execute(select(func.max(chunk.c.job_id))).scalar_one()
            act(connection, job_id, one)
    with database.read() as connection:
        assert kept(connection) == reckoned(connection)


def fail_and_break_off(connection: Connection) -> None:
    """What a worker does that dies before its commit."""
    connection.execute(update(chunk).values(state=ChunkState.FAILED))
    raise KeyError


def test_what_is_undone_was_never_added(database: Database) -> None:
    with database.write() as connection:
        job_id = add_job(connection, chunks=5)
    with pytest.raises(KeyError), database.write() as connection:
        fail_and_break_off(connection)
    with database.read() as connection:
        assert kept(connection) == reckoned(connection)
        assert first_that_stands(connection, job_id, (ChunkState.FAILED,)) is None


def test_many_rows_are_made_one_and_nothing_stays_of_what_is_deleted(database: Database) -> None:
    with database.write() as connection:
        job_id = add_job(connection, chunks=BLOCK)
    for seq in range(1, 31):
        with database.write() as connection:
            connection.execute(
                update(chunk).where(chunk.c.seq == seq).values(state=ChunkState.DONE, attempts=1)
            )
    with database.write() as connection:
        while fold(connection, limit=1):
            pass
        rows = connection.execute(select(func.count()).select_from(block_sum)).scalar_one()
        assert rows == 3  # the plan, those done, those that wait
        assert kept(connection) == reckoned(connection)
        connection.execute(delete(chunk).where(chunk.c.job_id == job_id))
        while fold(connection):
            pass
        assert connection.execute(select(block_sum)).all() == []


def test_from_a_chunk_on_is_told_apart_within_a_block(database: Database) -> None:
    with database.write() as connection:
        job_id = add_job(connection, chunks=3 * BLOCK)
        late = (chunk.c.seq > 150, chunk.c.seq <= 260)
        connection.execute(update(chunk).where(*late).values(state=ChunkState.FAILED))
    with database.read() as connection:
        found = {
            (one.is_plan, one.is_from, one.state): one.chunks
            for one in standings_from(connection, job_id, 170)
        }
        assert first_that_stands(connection, job_id, (ChunkState.FAILED,)) == 151
    assert found == {
        (True, False, ChunkState.DONE): 1,
        (False, False, ChunkState.WAITING): 150,
        (False, False, ChunkState.FAILED): 19,
        (False, True, ChunkState.FAILED): 91,
        (False, True, ChunkState.WAITING): 40,
    }


def test_a_map_of_very_many_chunks_is_that_of_its_blocks(database: Database) -> None:
    chunks = 12 * BLOCK + 5
    with database.write() as connection:
        job_id = add_job(connection, chunks=chunks)
        one = chunk.c.seq == 4 * BLOCK + 1
        connection.execute(update(chunk).where(one).values(state=ChunkState.FAILED))
        two = (chunk.c.seq == 1, chunk.c.seq > 0)
        connection.execute(update(chunk).where(*two).values(attempts=1))
    with database.read() as connection:
        cells, tally = map_of(connection, job_id, chunks=chunks, most=7)
    assert [(cell.first, cell.last) for cell in cells] == [
        *((first, first + 199) for first in range(1, 1200, 200)),
        (1201, chunks),
    ]
    assert [cell.state for cell in cells] == [
        "retrying",
        "waiting",
        "failed",
        *["waiting"] * 4,
    ]
    assert cells[0].troubled == 1
    assert {(one.state, one.chunks) for one in tally} == {
        ("failed", 1),
        ("retrying", 1),
        ("waiting", chunks - 2),
    }


@pytest.mark.parametrize("most", [1000, 4])
def test_what_a_persons_retry_saved_is_told_from_what_went_well(
    database: Database, most: int
) -> None:
    chunks = 5 * BLOCK
    failed = (chunk.c.seq > 0, chunk.c.seq <= 3)
    with database.write() as connection:
        job_id = add_job(connection, chunks=chunks)
        connection.execute(update(chunk).values(state=ChunkState.DONE, attempts=1))
        connection.execute(update(chunk).where(*failed).values(state=ChunkState.FAILED))
        retry_job(connection, job_id)
        connection.execute(update(chunk).where(*failed).values(state=ChunkState.DONE, attempts=1))
    with database.write() as connection:
        cells, tally = map_of(connection, job_id, chunks=chunks, most=most)
        found = chunks_that_stand(connection, job_id, "recovered", limit=9)
        rewind_chunks(connection, job_id, from_seq=1)
        connection.execute(update(chunk).values(state=ChunkState.DONE, attempts=1))
        again = chunks_that_stand(connection, job_id, "recovered", limit=9)

    assert cells[0].state == "recovered"
    assert {(one.state, one.chunks) for one in tally} == {("recovered", 3), ("done", chunks - 3)}
    assert found == [1, 2, 3]
    assert again == []


def test_the_sums_stay_true_when_the_memory_of_failures_is_taken_back(database: Database) -> None:
    with database.write() as connection:
        job_id = add_job(connection, chunks=7)
        connection.execute(
            update(chunk).values(state=ChunkState.DONE, attempts=1, failed_before=True)
        )
        saved = len(chunks_that_stand(connection, job_id, "recovered", limit=99))
    with database.write() as connection:
        command.downgrade(alembic_config(connection), "0013")
        tries = {key[-1] for key in kept(connection)}
        connection.execute(text("UPDATE chunk SET attempts = 0"))
        command.upgrade(alembic_config(connection), "head")
        connection.execute(update(chunk).where(chunk.c.seq == 3).values(failed_before=True))

    with database.read() as connection:
        assert saved == 7
        assert tries == {1}
        assert kept(connection) == reckoned(connection)
        assert chunks_that_stand(connection, job_id, "recovered", limit=9) == [3]
