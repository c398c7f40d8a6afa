"""Hits grouped by conversation: each once over all pages, by its first hit, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mail.message import Message
from store import threaded
from store.conversations import conversation_of
from store.database import Database
from store.results import Order
from store.search import search
from store.threaded import search_threads
from tests.store.mails import NOW, a_message, keep, key
from tests.store.test_agreement import distinct, empty

Answer = list[tuple[tuple[int, ...], int]]


def pages(database: Database, query: str, *, limit: int, order: Order = Order.NEWEST) -> Answer:
    """All pages: (keys of the hits shown, number of hits) of each conversation."""
    found: Answer = []
    after: str | None = None
    while True:
        with database.read() as connection:
            page = search_threads(connection, query, order=order, after=after, limit=limit, now=NOW)
        assert len(page.threads) <= limit
        found += [(tuple(hit.id for hit in one.hits), one.number) for one in page.threads]
        if (after := page.next) is None:
            return found


def expected(database: Database, query: str, *, order: Order = Order.NEWEST) -> Answer:
    """By looking at every hit and asking for its whole conversation."""
    with database.read() as connection:
        hits = [hit.id for hit in search(connection, query, order=order, limit=500, now=NOW).hits]
        grouped: dict[frozenset[int], list[int]] = {}
        for hit in hits:
            members = frozenset(one.id for one in conversation_of(connection, hit))
            grouped.setdefault(members, []).append(hit)
    return [(tuple(ids[: 1 + threaded.SHOWN_BELOW]), len(ids)) for ids in grouped.values()]


names = st.sampled_from("abcdefgh")


@st.composite
def letters(draw: st.DrawFn) -> Message:
    return a_message(
        draw(st.sampled_from(("apple", "pear", "apple pear", "plum"))) + f" {draw(names)}",
        message_id=draw(st.none() | names),
        in_reply_to=draw(st.lists(names, max_size=1)),
        references=draw(st.lists(names, max_size=2)),
        subject=draw(st.sampled_from(("A long walk", "Re: A long walk", "apple", None))),
        thread_id=draw(st.none() | st.sampled_from(("7", "8"))),
        sent_at=NOW - timedelta(days=draw(st.integers(0, 200))),
    )


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    mail=st.lists(letters(), max_size=14),
    query=st.sampled_from(("apple", "", "-plum", '"apple pear"', "pear OR plum")),
    order=st.sampled_from(Order),
    limit=st.integers(1, 4),
    block=st.sampled_from((1, 2, 50)),
)
def test_however_paged_each_conversation_stands_once_with_all_its_hits(
    sqlite_database: Database,
    postgres_database: Database,
    mail: list[Message],
    query: str,
    order: Order,
    limit: int,
    block: int,
) -> None:
    answers = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threaded, "BLOCK", block)
        for database in (sqlite_database, postgres_database):
            empty(database)
            keep(database, *distinct(mail))
            answers.append(pages(database, query, limit=limit, order=order))

            assert answers[-1] == expected(database, query, order=order)
    assert answers[0] == answers[1]


def test_a_conversation_that_is_too_large_is_said_to_be_in_pieces(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threaded, "LARGEST_GATHERED", 5)
    keep(database, *(a_message(f"apple {number}", references=["root"]) for number in range(12)))

    with database.read() as connection:
        page = search_threads(connection, "apple", limit=3, now=NOW)

    assert not page.threads_are_whole


def test_when_time_runs_out_the_page_says_how_far_it_looked_and_goes_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threaded, "LOOK_SECONDS", -1.0)
    monkeypatch.setattr(threaded, "BLOCK", 2)
    mail = [a_message(f"apple {one}", sent_at=NOW - timedelta(days=one)) for one in range(7)]
    keep(database, *mail)

    with database.read() as connection:
        first = search_threads(connection, "apple", limit=5, now=NOW)

    assert [one.hits[0].id for one in first.threads] == [key(0), key(1000)]
    assert first.looked_back_to == NOW - timedelta(days=1)
    assert len(pages(database, "apple", limit=5)) == 7
