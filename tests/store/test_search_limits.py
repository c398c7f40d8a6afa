"""Pages, counts, and what a search does with too much or with malice; on both databases."""

from __future__ import annotations

import itertools
import unicodedata

import pytest

from store import finder
from store.bounded import SearchTooSlow, bounded
from store.cursor import Cursor
from store.database import Database
from store.query import parse
from store.results import Count, CursorError, Order, QueryError
from tests.store.asking import days_ago, found, found_or_refused, offsets
from tests.store.mails import NOW, a_message, keep, key


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("counted", [10_000, 3])
def test_pages_join_without_gap_or_overlap(
    database: Database, monkeypatch: pytest.MonkeyPatch, order: Order, counted: int
) -> None:
    # With the small limit, every search takes the way of those with many matches.
    monkeypatch.setattr(finder, "COUNTED", counted)
    keep(
        database,
        *(
            a_message(
                f"word {n}",
                subject="word" if n % 3 else "other",
                sent_at=None if n % 7 == 0 else days_ago(n % 5 * 200),
            )
            for n in range(23)
        ),
    )

    whole = offsets(database, "word", order=order)
    paged, after = [], None
    while True:
        page = found(database, "word", order=order, after=after, limit=4)
        paged += [hit.id for hit in page.hits]
        after = page.next
        if after is None:
            break

    assert paged == [key(offset * 1000) for offset in whole]
    assert len(set(whole)) == 23


def test_counts_are_exact_up_to_a_limit_and_say_so_beyond(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(database, *(a_message(f"hot water {n}") for n in range(12)))

    assert found(database, "water").count == Count(12, False)
    monkeypatch.setattr(finder, "COUNTED", 10)
    assert found(database, "water").count == Count(10, True)
    monkeypatch.setattr(finder, "CHECKED", 5)
    monkeypatch.setattr(finder, "_STEP", 4)
    # All that the page itself had to look at are counted.
    assert found(database, '"hot water"', limit=7).count == Count(8, True)
    assert found(database, '"hot water"', limit=2).count == Count(5, True)


def test_the_same_hits_come_in_the_same_order_when_there_are_too_many_to_sort(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(
        database,
        *(a_message(f"word {n}", sent_at=days_ago((n * 37) % 400)) for n in range(40)),
        a_message("word undated", sent_at=None),
    )
    few = offsets(database, "word")

    monkeypatch.setattr(finder, "COUNTED", 3)

    assert offsets(database, "word") == few
    assert offsets(database, "-nothing") == few
    assert offsets(database, "") == few


@pytest.mark.parametrize(
    "query",
    [
        "'; DROP TABLE message; --",
        "a & b | !c:*",
        "foo' | 'bar",
        'NEAR(a b) AND "tokens":x',
        "\x00null\x00",
        "\ud800lone",
        "\\ \\' %_",
        "a:b:c :d2024 :sfoo ::",
        "(" * 40 + "a" + ")" * 40,
        "-" * 5000 + "a",
        " OR ".join(f"w{n}" for n in range(150)),
        "label:' OR 1=1",
        "in:99999999999999999999",
        "larger:999999999999G",
        "ſtraße İstanbul ŉ",
        "id:<>",
        "after:9999y",
        "before:3000y",
        'subject:"a \\" b',
        '"C:\\"',
        "from:<>",
    ],
)
def test_hostile_queries_get_an_answer(database: Database, query: str) -> None:
    keep(database, a_message("nothing of the kind"))

    answer = found_or_refused(database, query)

    if isinstance(answer, QueryError):
        assert 0 <= answer.position <= len(query)
        assert answer.sentence.endswith(".")
    else:
        assert answer.count.value <= 1


@pytest.mark.parametrize(
    "query",
    [" ".join(["w"] * 201), '"' + "w " * 201 + '"', "w-" * 201, "결제시스템" * 41],
)
def test_a_query_of_too_many_words_is_refused_however_it_is_written(
    database: Database, query: str
) -> None:
    answer = found_or_refused(database, query)

    assert isinstance(answer, QueryError)
    assert "more than 200 things" in answer.sentence


def test_a_mistake_points_into_the_query_as_it_was_understood(database: Database) -> None:
    decomposed = unicodedata.normalize("NFD", "결제 ) boat")

    answer = found_or_refused(database, decomposed)

    assert isinstance(answer, QueryError)
    assert answer.query is not None
    assert answer.query[answer.position] == ")"


@pytest.mark.parametrize(
    "after",
    [
        "x",
        "MTo1OjE6MQ",
        "é",
        "=" * 9,
        "A" * 5000,
        "MTowOjk5OTk5OTk5OTk5OTk5OTk5OTk6MQ",
    ],
)
def test_a_cursor_that_was_tampered_with_is_refused(database: Database, after: str) -> None:
    keep(database, a_message("word"))

    with pytest.raises(CursorError, match="first page"):
        found(database, "word", after=after)


def test_a_cursor_before_everything_finds_nothing(database: Database) -> None:
    keep(database, a_message("word"))

    assert found(database, "word", after=str(Cursor(0, -5, 1))).hits == ()


@pytest.mark.parametrize(
    ("query", "position"),
    [
        ("boat (ship", 5),
        ("boat ship)", 9),
        ('one "two', 4),
        ("boat OR", 5),
        ("from:", 5),
        ("before:0000-99-99", 7),
        ("on:2024-02-30", 3),
        ("larger:big", 7),
        ("has:wings", 4),
        ("boat *", 5),
        ("bo*at", 2),
        ("(" * 51 + "a", 50),
        ("a " * 201, 400),
        ("x" * 10_001, 10_000),
    ],
)
def test_a_mistake_is_answered_with_the_character_at_fault(query: str, position: int) -> None:
    with pytest.raises(QueryError) as refused:
        parse(query, now=NOW)

    assert refused.value.position == position
    assert refused.value.sentence[0] == "“" or refused.value.sentence[0].isupper()
    assert refused.value.sentence.endswith(".")


def test_each_condition_is_a_chip_that_can_be_taken_away() -> None:
    chips = parse('from:ann  -"cold water" (a OR b) on:2024', now=NOW).chips

    assert [(chip.kind, chip.text, chip.excluded) for chip in chips] == [
        ("from", "from:ann", False),
        ("words", '-"cold water"', True),
        ("any", "(a OR b)", False),
        ("on", "on:2024", False),
    ]
    assert chips[1].without == "from:ann (a OR b) on:2024"


def test_a_search_that_takes_too_long_is_broken_off(database: Database) -> None:
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) "
        "SELECT count(*) FROM n"
    )
    with database.read() as connection:
        if database.dialect == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 50")

        with pytest.raises(SearchTooSlow), bounded(connection, seconds=0.05):
            connection.exec_driver_sql(endless)


def test_two_hundred_conditions_are_answered(database: Database) -> None:
    keep(database, a_message("w7 w8"))

    assert offsets(database, " OR ".join(f"(w{n} -x{n})" for n in range(100))) == [0]


def test_a_search_of_many_short_steps_is_ended_too(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.bounded.time.monotonic", itertools.count().__next__)

    def ask(times: int) -> None:
        with database.read() as connection, bounded(connection, seconds=3):
            for _ in range(times):
                connection.exec_driver_sql("SELECT 1")

    ask(1)
    with pytest.raises(SearchTooSlow):
        ask(10)


def test_a_page_that_ran_out_of_time_says_how_far_it_looked_and_goes_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finder, "LOOK_SECONDS", -1.0)
    monkeypatch.setattr(finder, "_STEP", 3)
    keep(
        database,
        *(a_message(f"cold water {n}" if n % 4 == 0 else f"water cold {n}") for n in range(11)),
    )

    pages = [found(database, '"cold water"')]
    while pages[-1].next:
        pages.append(found(database, '"cold water"', after=pages[-1].next))

    assert len(pages) > 3
    assert pages[0].looked_back_to is not None
    assert pages[-1].looked_back_to is None
    assert [hit.id for page in pages for hit in page.hits] == [key(n * 1000) for n in (8, 4, 0)]


@pytest.mark.parametrize(
    ("query", "at"),
    [("jen*kins", "*"), ("subject:jen*kins", "*"), ("boat AND jen*kins", "*"), ("AND", "A")],
)
def test_a_mistake_points_at_the_very_character(database: Database, query: str, at: str) -> None:
    answer = found_or_refused(database, query)

    assert isinstance(answer, QueryError)
    assert answer.position == query.index(at)


def test_a_lone_and_is_told_how_to_look_for_the_word(database: Database) -> None:
    keep(database, a_message("this and that"))

    refused = found_or_refused(database, "AND")
    found = found_or_refused(database, '"AND"')

    assert isinstance(refused, QueryError)
    assert "quotation marks" in refused.sentence
    assert not isinstance(found, QueryError)
    assert found.count.value == 1
