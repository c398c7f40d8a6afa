"""Postgres' numbers for words: one for each, the same for everybody, whoever dies on the way."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Connection

from store.database import Database
from store.sql import vocabulary
from store.sql.tree import word_range
from store.sql.vocabulary import numbers_of
from store.sql.wire import int4

WORDS = [f"word{number}" for number in range(300)]


def kept(database: Database) -> dict[str, bytes]:
    """What the table says."""
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT word, id FROM word")
        return {row.word: int4(row.id) for row in rows}


def given_so_far(database: Database) -> int:
    """The last number that was given, to a word or in vain."""
    with database.read() as connection:
        sequence = "SELECT last_value FROM pg_sequences WHERE sequencename = 'word_id_seq'"
        return int(connection.exec_driver_sql(sequence).scalar_one())


def test_every_word_has_one_number_that_the_next_process_is_told_too(
    postgres_database: Database,
) -> None:
    numbers = dict(numbers_of(postgres_database, set(WORDS)))
    another = Database(postgres_database.url)

    told = numbers_of(another, {*WORDS, "new", "결제", ":s결제"})

    another.close()
    assert len(set(numbers.values())) == len(WORDS)
    assert {word: told[word] for word in WORDS} == numbers
    assert kept(postgres_database) == told
    assert given_so_far(postgres_database) == len(WORDS) + 3


def test_processes_that_meet_the_same_new_words_agree_on_their_numbers(
    postgres_database: Database,
) -> None:
    told: list[Mapping[str, bytes]] = []

    def one_of_several(first: int) -> None:
        database = Database(postgres_database.url)
        for at in range(0, 200, 10):
            words = set(WORDS[at : at + 10 + first])
            numbers = numbers_of(database, words)
            told.append({word: numbers[word] for word in words})
        database.close()

    threads = [threading.Thread(target=one_of_several, args=(50 * n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    true = kept(postgres_database)
    assert len(told) == 60
    assert all(true[word] == number for one in told for word, number in one.items())


def test_a_number_that_was_not_committed_is_not_remembered(
    postgres_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = vocabulary._add

    def add_and_die(connection: Connection, new: list[str]) -> dict[str, int]:
        add(connection, new)
        raise InterruptedError

    with monkeypatch.context() as patch:
        patch.setattr(vocabulary, "_add", add_and_die)
        with pytest.raises(InterruptedError):
            numbers_of(postgres_database, {"lost"})

    assert kept(postgres_database) == {}
    assert numbers_of(postgres_database, {"found", "lost"}) == kept(postgres_database)


def test_what_a_process_remembers_is_bounded(
    postgres_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vocabulary, "REMEMBERED", 20)

    for at in range(0, 300, 7):
        words = set(WORDS[at : at + 7])
        numbers = numbers_of(postgres_database, words)
        assert words <= numbers.keys()
        assert len(numbers) <= 20

    assert {word: numbers[word] for word in words} == {
        word: number for word, number in kept(postgres_database).items() if word in words
    }


letters = st.characters(exclude_categories=["Cs"], max_codepoint=0x10FFFE)


@given(st.text(letters, min_size=1), st.text(letters))
@example("가", "가나")
@example("\ud7ff", "\ue000")
@example("a", "b")
def test_the_words_that_begin_so_are_a_range(beginning: str, word: str) -> None:
    low, high = word_range(beginning)

    # Postgres compares bytes of UTF-8, which sort as the letters' numbers do.
    assert (low <= word < high) == word.startswith(beginning)
    assert low <= beginning + word < high
