"""The orders of a list of hits, each of which can be gone through a page at a time."""

from __future__ import annotations

import pytest

from mail.envelope import Address
from store import arrangement, finder
from store.cursor import Cursor, cursor_from
from store.database import Database
from store.results import CursorError, Order
from store.search import search_keys
from store.threaded import thread_keys
from tests.store.asking import days_ago, found, offset_of, offsets
from tests.store.mails import NOW, a_message, keep

SENDERS = ("carol@example.org", "Ann@example.org", "bob@example.org")
LENGTHS = (300, 900, 500, 900, 200, 800, 400)
QUERIES = ("", "word", '"word 결제"', "from:example.org", "larger:1", "word OR -word")
# The third has no date, the last has no sender; else each is younger than the one before.
RIGHT = {
    Order.NEWEST: [6, 5, 4, 3, 1, 0, 2],
    Order.OLDEST: [0, 1, 3, 4, 5, 6, 2],
    Order.BEST: [6, 5, 4, 3, 1, 0, 2],
    Order.LARGEST: [3, 1, 5, 2, 6, 0, 4],
    Order.SENDER: [4, 1, 5, 2, 3, 0, 6],
}


def keep_seven(database: Database) -> None:
    for number, length in enumerate(LENGTHS):
        letter = a_message(
            f"word 결제 {number}",
            subject=f"Letter {number}",
            sender=None if number == 6 else Address(None, SENDERS[number % 3]),
            sent_at=None if number == 2 else days_ago(700 - 100 * number),
            message_id=f"<{number}@example.org>",
        )
        keep(database, letter, start=number * 1000, length=length)


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("query", QUERIES)
def test_every_kind_of_search_comes_in_every_order(
    database: Database, query: str, order: Order
) -> None:
    keep_seven(database)
    right = [one for one in RIGHT[order] if one != 6 or query != "from:example.org"]

    assert offsets(database, query, order=order) == right
    assert found(database, query, order=order).among_newest is None


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("counted", [10_000, 2])
def test_pages_by_key_give_each_once_and_in_order(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    order: Order,
    counted: int,
) -> None:
    monkeypatch.setattr(finder, "COUNTED", counted)  # with few counted, time goes by windows
    keep_seven(database)
    whole = [hit.id for hit in found(database, query, order=order).hits]
    paged: list[int] = []
    by_search: list[int] = []
    threads: list[int] = []
    with database.read() as connection:
        for ask, gone_through in ((search_keys, paged), (thread_keys, threads)):
            after: str | None = None
            while True:
                some, after = ask(connection, query, order=order, after=after, limit=2, now=NOW)
                gone_through += [one[0] if isinstance(one, tuple) else one for one in some]
                if after is None:
                    break
    after = None
    while (page := found(database, query, order=order, after=after, limit=3)) and page.hits:
        by_search += [hit.id for hit in page.hits]
        if (after := page.next) is None:
            break

    assert paged == by_search == threads == whole


def test_only_the_newest_of_very_many_are_arranged_by_size_and_that_is_said(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrangement, "COUNTED", 3)
    keep_seven(database)

    page = found(database, "word", order=Order.LARGEST)

    assert offsets(database, "word", order=Order.LARGEST) == [5, 6, 4]
    assert page.among_newest == 3
    assert page.count.value == 7


@pytest.mark.parametrize("order", [Order.LARGEST, Order.SENDER])
@pytest.mark.parametrize("query", ['"word 결제"', "body:word"])
def test_pages_of_those_looked_at_one_by_one_are_of_one_list_however_slow_the_machine(
    database: Database, monkeypatch: pytest.MonkeyPatch, query: str, order: Order
) -> None:
    monkeypatch.setattr(finder, "_STEP", 2)
    monkeypatch.setattr(finder, "LOOK_SECONDS", -1.0)
    keep_seven(database)
    some = found(database, query, order=order, limit=1)
    monkeypatch.setattr(finder, "LOOK_SECONDS", 1e6)
    every = found(database, query, order=order, limit=1)
    newer = a_message("word 결제 newer", sent_at=days_ago(0), sender=Address(None, "aa@a.org"))
    keep(database, newer, start=8_000, length=950)
    monkeypatch.setattr(finder, "LOOK_SECONDS", -1.0)  # a page that is as slow looks as far

    few, all_of_them = [some], [every]
    for pages in (few, all_of_them):
        while pages[-1].next:
            pages.append(found(database, query, order=order, after=pages[-1].next, limit=1))

    # Two of the newest were looked at; what came in later stands before the first.
    assert [offset_of(hit) for page in few for hit in page.hits] == [
        one for one in RIGHT[order] if one in (6, 5)
    ]
    assert few[0].among_newest == 2
    assert [offset_of(hit) for page in all_of_them for hit in page.hits] == RIGHT[order]
    assert {page.among_newest for page in all_of_them} == {None}


@pytest.mark.parametrize("order", [Order.LARGEST, Order.SENDER])
def test_where_time_ran_out_before_a_match_it_is_not_said_that_there_is_none(
    database: Database, monkeypatch: pytest.MonkeyPatch, order: Order
) -> None:
    monkeypatch.setattr(finder, "_STEP", 2)
    monkeypatch.setattr(finder, "LOOK_SECONDS", -1.0)
    old = a_message("red boat", sent_at=days_ago(90))
    keep(database, old, *(a_message("boat red", sent_at=days_ago(day)) for day in range(9)))

    page = found(database, '"red boat"', order=order)

    assert (page.hits, page.among_newest, page.next) == ((), 0, None)
    assert page.count.more


@pytest.mark.parametrize("order", [Order.LARGEST, Order.SENDER])
def test_what_was_looked_at_is_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch, order: Order
) -> None:
    monkeypatch.setattr(finder, "_STEP", 2)
    monkeypatch.setattr(finder, "CHECKED", 3)
    keep_seven(database)

    count = found(database, '"word 결제"', order=order).count

    assert (count.value, count.more) == (7, False)


@pytest.mark.parametrize("order", [Order.LARGEST, Order.SENDER])
def test_a_conversation_stands_where_its_first_of_those_arranged_stands(
    database: Database, monkeypatch: pytest.MonkeyPatch, order: Order
) -> None:
    monkeypatch.setattr(arrangement, "COUNTED", 2)
    for number in range(4):
        letter = a_message(
            f"word {number}",
            sent_at=days_ago(10 - number),
            message_id=f"<{number}@example.org>",
            references=["<0@example.org>"] if number else [],
            sender=Address(None, f"{number}@example.org"),
        )
        keep(database, letter, start=number * 1000, length=900 - number)

    with database.read() as connection:
        threads, after = thread_keys(connection, "word", order=order, after=None, limit=5, now=NOW)

    assert [[key % (1 << 40) // 1000 for key in one] for one in threads] == [[2, 3]]
    assert after is None


@pytest.mark.parametrize(
    "cursor",
    [
        Cursor("0a:b@example.org", -5, 1),
        Cursor(-900, 5, 1),
        Cursor("1", 0, 0),
        Cursor("1:2:3", 0, 7, (-(1 << 63) + 1, 0)),
        Cursor(4, -5, 6, (-7, 8)),
    ],
)
def test_a_cursor_of_any_order_travels_in_an_address(cursor: Cursor) -> None:
    assert cursor_from(str(cursor)) == cursor


@pytest.mark.parametrize(
    ("order", "cursor"),
    [
        (Order.NEWEST, Cursor(-900, 5, 1)),
        (Order.OLDEST, Cursor("0ann@example.org", 5, 1)),
        (Order.LARGEST, Cursor("0ann@example.org", 5, 1)),
        (Order.SENDER, Cursor(0, 5, 1)),
        (Order.NEWEST, Cursor(1 << 63, 5, 1)),
    ],
)
def test_a_cursor_of_another_order_is_refused(
    database: Database, order: Order, cursor: Cursor
) -> None:
    keep_seven(database)

    with pytest.raises(CursorError):
        found(database, "word", order=order, after=str(cursor))
