"""The law of searching: both databases answer what a plain look at every message would answer.

For generated mail and generated queries, SQLite, PostgreSQL and a model without any index give
the same messages in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mail.defect import Defect
from mail.envelope import Address
from mail.message import Message
from store import candidates, finder
from store.checking import holds
from store.database import Database
from store.document import document_of
from store.expression import DeletedInSource, Sized, conditions_in
from store.messages import delete_range
from store.query import parse
from store.results import Count, Order
from store.search import search
from store.sql import numbered, sqlite
from store.tables_mail import UNDATED
from tests.store.asking import found
from tests.store.mails import NOW, a_message, keep, key

WORDS = (
    *("apple", "pear", "Apfel", "naïve", "결제", "온라인결제시스템은", "시스템", "결", "東京"),
    *("東京都", "我们", "x1", "2024", "a", "ab", "abc", "İstanbul", "straße"),
)
LENGTH = 1000

texts = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
addresses = st.builds(
    Address,
    st.none() | st.sampled_from(("Ann Apple", "김결제", "東京 太郎")),
    st.sampled_from(("ann@example.org", "pear@example.com", "a.b@x1.example")),
)
times = st.none() | st.datetimes(
    min_value=datetime(2023, 11, 1),  # noqa: DTZ001  (the zone is drawn)
    max_value=datetime(2024, 2, 28),  # noqa: DTZ001
    timezones=st.just(UTC),
)
messages = st.builds(
    a_message,
    texts,
    subject=st.none() | texts,
    sender=st.none() | addresses,
    to=st.lists(addresses, max_size=2),
    cc=st.lists(addresses, max_size=1),
    bcc=st.lists(addresses, max_size=1),
    sent_at=times,
    plausible=st.booleans(),
    filenames=st.lists(st.sampled_from(WORDS), max_size=1),
    list_id=st.none() | st.just("pear.example.org"),
    list_description=st.none() | texts,
    defects=st.lists(st.just(Defect(kind="k", where="w", what="w")), max_size=1),
    deleted_in_source=st.integers(0, 5).map(lambda number: number == 0),
)

terms = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(WORDS).map(lambda word: word[:2] + "*"),
    texts.filter(bool).map(lambda text: f'"{text}"'),
    st.tuples(
        st.sampled_from(("from", "to", "cc", "bcc", "subject", "body", "filename", "list")),
        st.sampled_from((*WORDS, '"apple pear"', "ann@example.org", "ab*")),
    ).map(":".join),
    st.sampled_from(
        (
            *("has:attachment", "has:defect", "date:unknown", "on:2024", "after:2024-01-15"),
            *("before:2023-12", "is:deleted", "larger:1", "smaller:1", "larger:1G"),
        )
    ),
)
queries = st.recursive(
    terms,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: f"({two[0]} OR {two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]} {two[1]})"),
        inner.map(lambda one: f"-{one}"),
    ),
    max_leaves=6,
)


def expected(kept: Sequence[Message], query: str) -> list[int]:
    """What a look at every message finds, newest first."""
    expression = parse(query, now=NOW).expression
    conditions = conditions_in(expression)
    hide_deleted = not any(isinstance(one, DeletedInSource) for one in conditions)
    found = []
    for number, message in enumerate(kept):
        known = {
            one: message.deleted_in_source
            if isinstance(one, DeletedInSource)
            else isinstance(one, Sized) and _fits(LENGTH - 40, one)
            for one in conditions
        }
        document = document_of(message)
        if (not hide_deleted or not message.deleted_in_source) and holds(
            expression, document, known
        ):
            found.append((document.sort_at, key(number * LENGTH)))
    return [found_key for _, found_key in sorted(found, reverse=True)]


def oldest_first(kept: Sequence[Message], right: list[int]) -> list[int]:
    """The same the other way round, but for mail without a date, which comes last here as well."""
    times = {key(at * LENGTH): document_of(one).sort_at for at, one in enumerate(kept)}
    return sorted(right, key=lambda found: (times[found] == UNDATED, times[found], found))


def _fits(size: int, wanted: Sized) -> bool:
    return (wanted.above is None or size > wanted.above) and (
        wanted.below is None or size < wanted.below
    )


def answer(database: Database, query: str, order: Order = Order.NEWEST) -> list[int]:
    with database.read() as connection:
        return [hit.id for hit in search(connection, query, order=order, limit=500, now=NOW).hits]


def empty(database: Database) -> None:
    with database.write() as connection:
        while delete_range(connection, upload_id=1, start=0, stop=1 << 39, limit=500):
            pass


def distinct(kept: Sequence[Message]) -> list[Message]:
    """Copies are found once, which the model does not know of."""
    return list({message.digest: message for message in kept}.values())


@pytest.mark.parametrize(
    ("counted", "words_beside", "looked_into"),
    [(10_000, 2_000, 10_000), (2, 2_000, 10_000), (10_000, 0, -1), (10_000, 0, 10_000)],
    ids=["few", "many", "wide, found first", "wide, looked for"],
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(mail=st.lists(messages, max_size=8), asked=st.lists(queries, min_size=1, max_size=6))
def test_both_databases_and_a_plain_look_find_the_same_in_the_same_order(
    sqlite_database: Database,
    postgres_database: Database,
    counted: int,
    words_beside: int,
    looked_into: int,
    mail: list[Message],
    asked: list[str],
) -> None:
    kept = distinct(mail)
    databases = (sqlite_database, postgres_database)
    with pytest.MonkeyPatch.context() as patch:
        # With the small limit, searches take the way of those with many matches, and beginnings
        # that of those with very many words; with none beside others, that of those with many.
        patch.setattr(finder, "COUNTED", counted)
        patch.setattr(numbered, "WORDS_OF_A_BEGINNING", counted)
        patch.setattr(numbered, "WORDS_BESIDE_OTHERS", words_beside)
        patch.setattr(numbered, "LOOKED_INTO", looked_into)
        patch.setattr(sqlite, "WORDS_OF_A_BEGINNING", counted)
        if counted == 2:
            patch.setattr(candidates, "VERY_MANY", -1)
        for database in databases:
            empty(database)
            keep(database, *kept, length=LENGTH)
        for query in asked:
            right = expected(kept, query)

            assert [answer(database, query) for database in databases] == [right, right], query
            counts = [found(database, query).count for database in databases]
            assert counts[0] == counts[1], query
            assert counts[0] in (Count(len(right), False), Count(counted, True)), query
            assert counts[0].more <= (len(right) > counted), query
            oldest = oldest_first(kept, right)
            assert [answer(database, query, Order.OLDEST) for database in databases] == [
                oldest,
                oldest,
            ], query
            best = [answer(database, query, Order.BEST) for database in databases]
            assert best[0] == best[1], query
            assert sorted(best[0]) == sorted(right), query
