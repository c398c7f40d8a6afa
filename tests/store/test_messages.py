"""What becomes of readings in the database, on both databases."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from queue import SimpleQueue

import pytest
from sqlalchemy import Connection, func, select

from store import removing
from store import tables_mail as tables
from store.contents import hold_contents
from store.database import Database
from store.messages import Kind, Quarantine, delete_range, settle_index
from store.search import search
from store.tables import metadata
from tests.store.mails import NOW, a_message, keep, key

KILLER = Quarantine(cause="killed", detail="It killed two workers.")
END = 1 << 39


def count(database: Database, table: str) -> int:
    with database.read() as connection:
        found = select(func.count()).select_from(metadata.tables[table])
        return int(connection.execute(found).scalar_one())


def delete_all(database: Database, *, upload_id: int, limit: int = 2) -> int:
    removed, step = 0, 1
    while step:
        with database.write() as connection:
            step = delete_range(connection, upload_id=upload_id, start=0, stop=END, limit=limit)
        removed += step
    return removed


def tokens_kept(database: Database) -> int:
    """Messages that the full-text index finds by the mark of their year."""
    with database.read() as connection:
        match = (
            "SELECT count(*) FROM message_search JOIN word ON word.id = ANY(tokens) "
            "WHERE word = ':d2024'"
            if database.dialect == "postgresql"
            else "SELECT count(*) FROM message_tokens WHERE message_tokens MATCH '\":d2024\"'"
        )
        return int(connection.exec_driver_sql(match).scalar_one())


def test_two_batches_and_a_deletion_of_the_same_contents_do_not_wait_for_ever(
    postgres_database: Database,
) -> None:
    uploads, written, faults = iter(range(1, 10_000)), SimpleQueue[int](), list[Exception]()
    end = time.monotonic() + 6

    def write(seed: int) -> None:
        pick, database = random.Random(seed), Database(postgres_database.url)
        while time.monotonic() < end and not faults:
            upload_id = next(uploads)
            numbers = pick.sample(range(60), 25)
            batch = [a_message(f"content {n}", digest=bytes((n,)) * 32) for n in numbers]
            try:
                keep(database, *batch, upload_id=upload_id)
            except Exception as fault:  # noqa: BLE001  (shown at the end)
                faults.append(fault)
            written.put(upload_id)
            while written.qsize() > 6 and time.monotonic() < end:
                time.sleep(0.001)
        database.close()

    def delete() -> None:
        while time.monotonic() < end and not faults:
            try:
                delete_all(postgres_database, upload_id=written.get(timeout=1), limit=500)
            except Exception as fault:  # noqa: BLE001
                faults.append(fault)

    with ThreadPoolExecutor(3) as pool:
        done = [pool.submit(write, 1), pool.submit(write, 2), pool.submit(delete)]
    assert [one.exception() for one in done] == [None] * 3
    assert not faults


def test_a_message_is_kept_with_its_text_and_its_tokens(database: Database) -> None:
    assert keep(database, a_message("Up the hill"), a_message("Down again")) == (
        Kind.MESSAGE,
        Kind.MESSAGE,
    )

    assert count(database, "message_text") == 2
    assert tokens_kept(database) == 2


def test_row_18_the_same_content_is_a_duplicate_within_a_batch_and_across_uploads(
    database: Database,
) -> None:
    one = a_message("Once")

    assert keep(database, one, one) == (Kind.MESSAGE, Kind.DUPLICATE)
    assert keep(database, one, upload_id=2) == (Kind.DUPLICATE,)

    assert count(database, "message") == 3
    assert count(database, "message_text") == 1
    assert tokens_kept(database) == 1


def test_a_message_nobody_could_read_is_kept_as_quarantined(database: Database) -> None:
    assert keep(database, KILLER, a_message()) == (Kind.QUARANTINED, Kind.MESSAGE)

    assert count(database, "message") == 2
    assert count(database, "message_search") == 1


def test_deleting_an_upload_leaves_nothing_of_it(database: Database) -> None:
    keep(database, *(a_message(f"Letter {n}", labels=["Travel"]) for n in range(5)), KILLER)

    assert delete_all(database, upload_id=1) == 6

    for table in ("message", "message_text", "message_search", "content", "message_label"):
        assert count(database, table) == 0
    assert tokens_kept(database) == 0


def test_when_a_first_copy_goes_another_takes_its_place(database: Database) -> None:
    one = a_message("Kept twice", filenames=["map.pdf"], labels=["Travel"])
    keep(database, one, one, upload_id=1)
    keep(database, one, upload_id=2)

    delete_all(database, upload_id=1, limit=1)

    assert count(database, "message") == 1
    assert count(database, "message_label") == 1
    assert tokens_kept(database) == 1
    with database.read() as connection:
        for column in (
            tables.message_text.c.id,
            tables.attachment.c.message_id,
            tables.content.c.message_id,
            tables.message_label.c.first_id,
        ):
            assert connection.execute(select(column)).scalar_one() == key(0, upload_id=2)
    assert keep(database, one, upload_id=3) == (Kind.DUPLICATE,)


def test_a_copy_that_takes_the_place_of_another_is_found_by_what_it_says_itself(
    database: Database,
) -> None:
    one, same = a_message("Twice", deleted_in_source=True), b"1" * 32
    keep(database, replace(one, digest=same))
    by_list = a_message("Twice", list_id="walks.example.org", list_description="Long hikes")
    keep(database, replace(by_list, digest=same), upload_id=2)
    forget_words(database, "%hikes")
    assert (hits(database, "twice"), hits(database, "list:hikes is:deleted")) == (0, 0)

    delete_all(database, upload_id=1)

    assert (hits(database, "twice"), hits(database, "list:hikes")) == (1, 1)
    assert hits(database, 'list:"long hikes" -is:deleted') == 1
    delete_all(database, upload_id=2)
    assert tokens_kept(database) == 0


def test_a_copy_with_fewer_words_leaves_none_of_the_first_behind(database: Database) -> None:
    by_list = a_message("Twice", list_id="walks.example.org", list_description="Long hikes")
    keep(database, replace(by_list, digest=b"1" * 32))
    keep(database, a_message("Twice", digest=b"1" * 32), upload_id=2)

    delete_all(database, upload_id=1)
    before = (hits(database, "twice"), hits(database, "hikes"))
    delete_all(database, upload_id=2)
    keep(database, a_message("Another"), upload_id=2)

    assert before == (1, 0)
    assert (hits(database, "another"), hits(database, "hikes")) == (1, 0)


def forget_words(database: Database, like: str) -> None:
    """Postgres: as if copies had been stored before words had numbers."""
    if database.dialect == "postgresql":
        with database.write() as connection:
            connection.exec_driver_sql("DELETE FROM word WHERE word LIKE %(like)s", {"like": like})


def hits(database: Database, query: str) -> int:
    with database.read() as connection:
        return len(search(connection, query, now=NOW).hits)


def test_a_range_can_be_read_again_after_it_was_removed(database: Database) -> None:
    keep(database, a_message("First"), a_message("Second"))
    delete_all(database, upload_id=1)

    assert keep(database, a_message("First"), a_message("Second")) == (Kind.MESSAGE, Kind.MESSAGE)
    assert tokens_kept(database) == 2


def test_what_the_index_gathered_is_found_before_and_after_it_is_put_in_order(
    database: Database,
) -> None:
    keep(database, a_message("Up the hill"))
    assert tokens_kept(database) == 1

    with database.write() as connection:
        settle_index(connection)

    assert tokens_kept(database) == 1
    if database.dialect == "postgresql":
        with database.write() as connection:
            left = connection.exec_driver_sql(
                "SELECT gin_clean_pending_list('ix_message_search_tokens')"
            ).scalar_one()
        assert left == 0


def test_a_copy_that_takes_the_first_ones_place_while_it_is_deleted_leaves_no_labels(
    postgres_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for upload_id in (1, 2):
        keep(postgres_database, a_message("Once", labels=["Walks"]), upload_id=upload_id)

    def hold_late(connection: Connection, digests: Iterable[bytes | None]) -> list[int]:
        monkeypatch.setattr(removing, "hold_contents", hold_contents)
        # The first one goes after the copy was looked at, and before its content is held.
        assert delete_all(postgres_database, upload_id=1) == 1
        return hold_contents(connection, digests)

    monkeypatch.setattr(removing, "hold_contents", hold_late)

    assert delete_all(postgres_database, upload_id=2) == 1
    assert count(postgres_database, "message") == 0
    assert count(postgres_database, "message_label") == 0
