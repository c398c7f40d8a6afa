"""The ledger adds up, or says where it does not."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from store.clock import utc_now
from store.database import Database
from store.ledger import Entry, EntryKind, add_entries, balance, entries_of, runs
from store.uploads import open_upload


def entry(start: int, length: int, kind: EntryKind = EntryKind.MESSAGE) -> Entry:
    counts = kind not in (EntryKind.PREAMBLE, EntryKind.TRAILER)
    return Entry(start=start, length=length, kind=kind, messages=1 if counts else 0)


def new_upload(connection: Connection) -> int:
    return open_upload(
        connection, filename="a.mbox", declared_size=None, by="test", now=utc_now()
    ).id


def test_a_ledger_without_gaps_balances(database: Database) -> None:
    with database.write() as connection:
        upload_id = new_upload(connection)
        add_entries(
            connection,
            upload_id,
            [
                entry(0, 10, EntryKind.PREAMBLE),
                entry(10, 20),
                entry(30, 5),
                entry(35, 5, EntryKind.DUPLICATE),
                entry(40, 60, EntryKind.TRAILER),
            ],
        )

        books = balance(connection, upload_id, size=100)

    assert books.balances
    assert books.messages == 3
    assert books.bytes_by_kind[EntryKind.MESSAGE] == 25


def test_touching_messages_share_one_entry(database: Database) -> None:
    with database.write() as connection:
        upload_id = new_upload(connection)
        add_entries(connection, upload_id, [entry(0, 10), entry(10, 10), entry(20, 10)])

        (only,) = entries_of(connection, upload_id)

    assert (only.start, only.length, only.messages) == (0, 30, 3)


def test_gaps_are_named_at_the_front_in_the_middle_and_at_the_end(database: Database) -> None:
    with database.write() as connection:
        upload_id = new_upload(connection)
        add_entries(connection, upload_id, [entry(5, 10), entry(20, 10)])

        books = balance(connection, upload_id, size=50)

    assert not books.balances
    assert books.gaps == ((0, 5), (15, 5), (30, 20))


def test_an_empty_ledger_is_one_gap(database: Database) -> None:
    with database.write() as connection:
        books = balance(connection, new_upload(connection), size=7)

    assert books.gaps == ((0, 7),)


def test_an_overlap_does_not_balance(database: Database) -> None:
    with database.write() as connection:
        upload_id = new_upload(connection)
        add_entries(connection, upload_id, [entry(0, 10), entry(8, 2)])

        assert not balance(connection, upload_id, size=10).balances


lengths = st.lists(
    st.tuples(st.integers(1, 1000), st.sampled_from(EntryKind)), min_size=1, max_size=60
)


@given(lengths)
def test_joining_entries_keeps_bytes_messages_and_order(
    parts: list[tuple[int, EntryKind]],
) -> None:
    entries, at = [], 0
    for length, kind in parts:
        entries.append(entry(at, length, kind))
        at += length

    joined = runs(entries)

    assert sum(one.length for one in joined) == at
    assert sum(one.messages for one in joined) == sum(one.messages for one in entries)
    assert all(left.stop == right.start for left, right in pairwise(joined))
    assert all(left.kind is not right.kind for left, right in pairwise(joined))
