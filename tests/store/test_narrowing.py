"""Facets, saved searches, attached files and conversations; on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from mail.envelope import Address
from store.attachments import FileOrder, list_files
from store.conversations import conversation_of, conversations_of
from store.database import Database
from store.expression import InUpload, Not
from store.facets import facets
from store.finder import Finder
from store.matching import Names
from store.results import CursorError, Order, QueryError
from store.saved import SavedSearchError, forget_search, save_search, saved_searches
from store.search import search
from store.sql import room_of
from store.tables_mail import attachment
from tests.store.mails import NOW, a_message, keep, key

BOB = Address("Bob", "Bob@example.net")


def count_of(database: Database, query: str) -> int:
    with database.read() as connection:
        return search(connection, query, now=NOW).count.value


@pytest.mark.parametrize("guessed", [0, 1_000_000])
def test_facets_count_the_hits_and_lead_to_just_those(
    database: Database, monkeypatch: pytest.MonkeyPatch, guessed: int
) -> None:
    # However many the planner takes them for, and so whichever way they are gone through.
    with database.read() as connection:
        index = type(room_of(connection.dialect.name).index_of(connection))
    monkeypatch.setattr(index, "guess", lambda _self, _tree: guessed)
    keep(
        database,
        a_message("one", sent_at=datetime(2022, 5, 1, tzinfo=UTC), labels=["A b"]),
        a_message("two", sent_at=datetime(2023, 5, 1, tzinfo=UTC), sender=BOB),
        a_message("three", sent_at=datetime(2023, 6, 1, tzinfo=UTC), sender=BOB, labels=["A b"]),
        a_message("four", sent_at=None, sender=None),
    )
    keep(database, a_message("five", sent_at=datetime(2023, 7, 1, tzinfo=UTC)), upload_id=2)

    with database.read() as connection:
        found = facets(connection, "one OR two OR three OR four OR five", now=NOW)

    assert [(one.value, one.count) for one in found.years] == [
        ("2023", 3),
        ("2022", 1),
        ("unknown", 1),
    ]
    assert {(one.value, one.count) for one in found.senders} == {
        ("bob@example.net", 2),
        ("ann@example.org", 2),
    }
    assert [(one.value, one.count) for one in found.labels] == [("A b", 2)]
    assert [(one.value, one.count) for one in found.uploads] == [("1", 4), ("2", 1)]
    for value in (*found.years, *found.senders, *found.labels, *found.uploads):
        assert count_of(database, value.query) == value.count, value


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("after:2022-12-31 before:2023-01-02", 2),  # two months
        ("on:2023-01", 2),
        ("on:2023", 3),
        ("after:2022-01-31 before:2023-01-31", 2),  # so many that years are asked for
        ("after:2001 before:2024", 5),  # so many years that they are not
        ("after:2024 before:2001", 0),
        ("after:2023-01 after:2023-06 before:2024 before:2023-12-31", 0),
    ],
)
def test_words_within_a_time_are_cut_at_its_ends(
    database: Database, asked: str, wanted: int
) -> None:
    days = [(2002, 7, 1), (2022, 12, 31), (2023, 1, 1), (2023, 1, 31), (2023, 12, 31)]
    dated = [
        a_message(f"boat {at}", sent_at=datetime(*day, tzinfo=UTC)) for at, day in enumerate(days)
    ]
    keep(database, *dated, a_message("boat", sent_at=None))

    assert count_of(database, f"boat {asked}") == wanted
    assert count_of(database, f"{asked} -nowhere") == wanted


def test_files_by_the_thousand_that_do_not_lie_together_are_searched(database: Database) -> None:
    for upload_id in (1, 2, 3):
        keep(database, a_message(f"boat {upload_id}"), upload_id=upload_id)
    odd = Names(labels={}, uploads={"odd": tuple(range(1, 40_000, 2))})

    with database.read() as connection:
        inside = Finder(connection, InUpload("odd"), odd)
        outside = Finder(connection, Not(InUpload("odd")), odd)
        found = [[row.id for row in finder.in_time()] for finder in (inside, outside)]

    assert found == [[key(0, upload_id=3), key(0, upload_id=1)], [key(0, upload_id=2)]]


ODD_LABELS = ['a "b" c', "-minus", "back\\slash", "(round)", "OR", "Work", "work"]


def test_facets_lead_to_just_what_they_count_however_odd_the_name(database: Database) -> None:
    here = Address("Root", "root@localhost")
    keep(
        database,
        *(a_message(f"w {label}", labels=[label], digest=label.encode()) for label in ODD_LABELS),
        a_message("w both", labels=["Work", "work"]),
        a_message("w here", sender=here),
        a_message("w not here", sender=Address("Root", "root@localhost.example.org")),
        a_message("w twice", digest=b"twice"),
    )
    keep(database, a_message("w twice", digest=b"twice"), upload_id=2)

    with database.read() as connection:
        found = facets(connection, "w", now=NOW)

    assert ("Work", 3) in [(one.value, one.count) for one in found.labels]
    assert [(one.value, one.count) for one in found.uploads] == [("1", 11), ("2", 1)]
    for value in (*found.senders, *found.labels, *found.uploads):
        assert count_of(database, value.query) == value.count, value


def test_a_search_is_kept_under_a_name_for_its_owner_alone(database: Database) -> None:
    with database.write() as connection:
        one = save_search(
            connection, owner="ann", name=" My  walks ", query="walk", order=Order.BEST, now=NOW
        )

    with database.write() as connection:
        assert [kept.name for kept in saved_searches(connection, owner="ann")] == ["My walks"]
        assert saved_searches(connection, owner="bob") == ()
        assert not forget_search(connection, owner="bob", search_id=one.id)
        assert forget_search(connection, owner="ann", search_id=one.id)
        assert saved_searches(connection, owner="ann") == ()


def test_a_saved_search_needs_a_free_name_and_a_sound_query(database: Database) -> None:
    with database.write() as connection:
        save_search(connection, owner="a", name="x", query="y", order=Order.NEWEST, now=NOW)

        for name in ("x", "", "n" * 101):
            with pytest.raises(SavedSearchError):
                save_search(
                    connection, owner="a", name=name, query="y", order=Order.NEWEST, now=NOW
                )
        with pytest.raises(QueryError):
            save_search(connection, owner="a", name="z", query="(", order=Order.NEWEST, now=NOW)
        assert len(saved_searches(connection, owner="a")) == 1


def test_attached_files_are_listed_once_per_content_newest_first(database: Database) -> None:
    keep(
        database,
        a_message("a", filenames=["map.pdf", "지도 1.pdf"]),
        a_message("b", filenames=["map.pdf"]),
        a_message("c", filenames=["100%.pdf"]),
    )

    with database.read() as connection:
        everything = list_files(connection)
        assert [(one.filename, one.messages) for one in everything.files] == [
            ("100%.pdf", 1),
            ("map.pdf", 2),
            ("지도 1.pdf", 1),
        ]
        assert everything.next is None
        assert [one.filename for one in list_files(connection, name="지도").files] == ["지도 1.pdf"]
        assert [one.filename for one in list_files(connection, name="%").files] == ["100%.pdf"]
        assert list_files(connection, content_types=["image/"]).files == ()
        assert len(list_files(connection, content_types=["application/PDF"]).files) == 3


@pytest.mark.parametrize("order", FileOrder)
def test_attached_files_page_without_gap_or_overlap(database: Database, order: FileOrder) -> None:
    keep(database, *(a_message(f"{n}", filenames=[f"{n}.a", f"{n}.b"]) for n in range(5)))
    with database.write() as connection:
        # Of four sizes, so that pages end between files of one size.
        sized = update(attachment).values(size=attachment.c.message_id % 4)
        connection.execute(sized)

    seen, after, sizes, places = [], None, [], []
    with database.read() as connection:
        while True:
            page = list_files(connection, order=order, limit=3, after=after)
            seen += [one.filename for one in page.files]
            sizes += [one.size for one in page.files]
            places += [(one.message_id, one.path) for one in page.files]
            after = page.next
            if after is None:
                break
        with pytest.raises(CursorError):
            list_files(connection, order=order, after="nonsense")
        with pytest.raises(CursorError):
            # A place in a list of another order.
            list_files(
                connection, order=order, after="1~1" if order is FileOrder.LARGEST else "1~1~1"
            )

    assert len(seen) == len(set(seen)) == 10
    if order is FileOrder.LARGEST:
        assert sizes == sorted(sizes, reverse=True)
    else:
        assert places == sorted(places, reverse=order is FileOrder.NEWEST)


def thread(database: Database, offset: int) -> list[tuple[int, int]]:
    with database.read() as connection:
        found = conversation_of(connection, key(offset * 1000))
    return [((one.id & (1 << 40) - 1) // 1000, one.depth) for one in found]


def at(hours: int) -> datetime:
    return NOW + timedelta(hours=hours)


def test_references_answers_and_gmail_ids_make_one_conversation(database: Database) -> None:
    keep(
        database,
        a_message("4", message_id="d", in_reply_to=["c"], sent_at=at(4)),
        a_message("1", message_id="a", sent_at=at(1), thread_id="77"),
        a_message("3", message_id="c", in_reply_to=["b"], sent_at=at(3)),
        a_message("2", message_id="b", references=["a"], in_reply_to=["a"], sent_at=at(2)),
        a_message("x", message_id="x", sent_at=at(9)),
        a_message("5", message_id="e", thread_id="77", sent_at=at(5)),
    )

    expected = [(1, 0), (3, 1), (2, 2), (0, 3), (5, 0)]
    assert thread(database, 0) == expected
    assert thread(database, 1) == expected
    assert thread(database, 4) == [(4, 0)]


def test_a_parent_that_is_missing_still_holds_its_answers_together(database: Database) -> None:
    keep(
        database,
        a_message("one", message_id="b", references=["gone"], sent_at=at(1)),
        a_message("two", message_id="c", references=["gone", "b"], sent_at=at(2)),
    )

    assert thread(database, 0) == [(0, 0), (1, 1)]


def test_subjects_join_answers_only_as_a_last_resort(database: Database) -> None:
    keep(
        database,
        a_message("0", subject="Daily report", sent_at=at(0)),
        a_message("1", subject="Daily report", sent_at=at(24)),
        a_message("2", subject="Re: Daily report", sent_at=at(25)),
        a_message("3", subject="Re: Daily report", sent_at=at(24 * 90)),
    )

    assert thread(database, 0) == [(0, 0)]
    assert thread(database, 2) == [(1, 0), (2, 0)]
    assert thread(database, 3) == [(3, 0)]


def test_hits_are_grouped_by_conversation_on_demand(database: Database) -> None:
    keep(
        database,
        a_message("0", message_id="a"),
        a_message("1", message_id="z"),
        a_message("2", message_id="b", references=["a"]),
    )

    with database.read() as connection:
        groups, is_whole = conversations_of(connection, [key(2000), key(1000)], at_most=100)

    together, alone = frozenset({key(2000), key(0)}), frozenset({key(1000)})
    assert (groups, is_whole) == ({key(2000): together, key(1000): alone}, True)


def test_messages_are_found_by_the_type_and_the_content_of_their_files(database: Database) -> None:
    keep(
        database,
        a_message("one", filenames=["map.pdf"]),
        a_message("two", filenames=["map.pdf", "지도.pdf"]),
        a_message("three"),
    )
    with database.read() as connection:
        [first] = list_files(connection, name="지도").files

    assert count_of(database, "type:pdf") == 2
    assert count_of(database, "type:application/pdf -two") == 1
    assert count_of(database, "type:image") == 0
    assert count_of(database, "type:image OR three") == 1
    assert count_of(database, f"sha256:{first.sha256}") == 1
    assert count_of(database, f'sha256:{first.sha256} "two"') == 1


@pytest.mark.parametrize("query", ["type:nonsense", "type:", "sha256:abc", "sha256:" + "g" * 64])
def test_a_type_that_is_none_is_a_mistake(database: Database, query: str) -> None:
    with pytest.raises(QueryError):
        count_of(database, query)
