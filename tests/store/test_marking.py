"""Where the words of a query stand in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.expression import Words
from store.marking import first_of, pattern
from store.query import parse
from tests.store.mails import NOW


def phrase(text: str) -> Words:
    found = parse(f'"{text}"', now=NOW).expression
    assert isinstance(found, Words)
    return found


@given(
    st.text(alphabet="ab결제 .-_", max_size=40),
    st.sampled_from(["a a", "a", "ab b", "결제 a", "제"]),
)
def test_the_quick_search_finds_what_the_pattern_finds(text: str, words: str) -> None:
    wanted = phrase(words)

    found, expected = first_of(wanted, text), pattern(wanted).search(text)

    assert (found and found.span()) == (expected and expected.span())


@pytest.mark.parametrize("text", ["ba a a", "a  a", "x-a a"])
def test_a_phrase_is_found_behind_a_beginning_that_only_looks_like_it(text: str) -> None:
    assert first_of(phrase("a a"), text)
