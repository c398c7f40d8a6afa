"""The words of the index are the words of a query."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mail.text import tokens
from store.document import document_of
from store.letters import PAIRED_LETTERS
from store.tokens import (
    INDEX_BYTES,
    TOKEN_CHARACTERS,
    index_text,
    index_tokens,
    value_tokens,
)
from tests.store.mails import a_message


@given(
    st.text() | st.text(alphabet="ab A0_-.결제시스템東京かカe\u0301\u0915\u093f⺀²İß\u1100\u00ad")
)
@example("온라인결제시스템은, 내일")
@example("a" * 200 + " é")
@example("\U0002ebe1㐀")  # no letter, though it lies among Han letters
@example("\u1100\u1161")
@example("0\0²")  # NUL is cut at, as in plain text
@example("“결제”는 “é”")  # typographic signs, cut off before anything is remembered
@example("시스템，온라인결제東京カ。내일은")  # too long to be remembered
@example("0\ud800²")
@example("Donau\u00addampf 온\u00ad라인")  # words are whole, wherever a line might be broken
def test_a_text_has_the_words_that_the_mail_core_finds_in_it(text: str) -> None:
    words = value_tokens(text)

    assert words >= set(tokens(text))
    # Besides those only single letters, the last of a run each.
    assert all(len(word) == 1 for word in words - set(tokens(text)))


WORDS = st.lists(
    st.sampled_from(
        ["x" * 63, "Y" * 64, "z" * 65, "w" * 200, "é" * 70, "결제를", "東京タワー", "가"]
    )
    | st.text(alphabet="ab A0_-.결제시스템東京かカ゛e\u0301\u0915\u093f⺀²İß\u1100\u00ad")
).map(" ".join)


@given(WORDS)
@example(" ".join(f"{number:032d}" for number in range(60_000)))  # cut to what an index holds
def test_the_text_to_be_indexed_has_the_tokens_of_a_message_and_no_others(text: str) -> None:
    document = document_of(a_message(text, subject=text[:100]))

    assert set(index_text(document).split(" ")) - {""} == set(index_tokens(document))


@given(st.characters(min_codepoint=0x80, max_codepoint=0xFFFF))
def test_the_letters_searched_in_pairs_are_those_the_mail_core_pairs(letter: str) -> None:
    paired = len(tokens(letter * 3)) == 2

    folded = tokens(letter) != [letter]  # it is another letter in NFC or in lower case
    assert folded or paired == bool(
        re.fullmatch(f"[{PAIRED_LETTERS}]", letter) and letter.isalnum()
    )


def test_a_text_of_too_many_words_is_cut_to_what_an_index_can_hold() -> None:
    endless = " ".join(f"{number:032d}" for number in range(60_000))
    document = document_of(a_message(endless, subject="findable"))

    words = list(index_tokens(document))

    assert sum(len(word.encode()) for word in words) <= INDEX_BYTES
    assert "findable" in words
    assert set(index_tokens(document)) == set(words)


def test_a_word_is_cut_where_the_mail_core_cuts_it() -> None:
    assert tokens("x" * 500 + " é") == ["x" * TOKEN_CHARACTERS, "é"]


@pytest.mark.parametrize("year", [1971, 2024, 9999])
def test_a_message_bears_the_marks_of_its_year_and_month(year: int) -> None:
    at = datetime(year, 2, 3, tzinfo=UTC)
    document = replace(document_of(a_message()), sort_at=int(at.timestamp()))

    assert {f":d{year}", f":d{year}02"} <= set(index_tokens(document))
