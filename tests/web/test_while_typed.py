"""Results while somebody types: the last word is a beginning so far, and the page says so."""

from __future__ import annotations

import pytest

from store.query_hints import while_typed
from tests.mboxes import mbox_of, raw_message
from tests.web.visiting import Visit


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("libr", "libr*"),
        ("boat libr", "boat libr*"),
        ("-libr boa", "-libr boa*"),
        ("libr ", "libr "),
        ("li", "li"),
        ("l", "l"),
        ("libr*", "libr*"),
        ("lunch OR", "lunch OR"),
        ('"cold wat', '"cold wat'),
        ("from:ann", "from:ann*"),
        ("boat Subject:libr", "boat Subject:libr*"),
        ("from:an", "from:an"),
        ("from:ann@exa", "from:ann@exa"),
        ("from:민수", "from:민수"),
        ("body:libr", "body:libr"),
        ("label:work", "label:work"),
        ("after:2024", "after:2024"),
        ("larger:500", "larger:500"),
        ("http:libr", "http:libr"),
        ("도서관", "도서관"),
        ("도서ㄱ", "도서"),
        # Letters alone are left as they are: a condition must not lose its word.
        ("ㄷ", "ㄷ"),
        ("ㅋㅋㅋ", "ㅋㅋㅋ"),
        ("boat ㄷ", "boat ㄷ"),
        ("from:ㄱ", "from:ㄱ"),
        ("from:김ㅁ", "from:김"),
        ("회의 OR ㄱ", "회의 OR ㄱ"),
        ('"회의 도ㄱ', '"회의 도ㄱ'),
        ("-ㄱ", "-ㄱ"),
        ("lunch NOT", "lunch NOT"),
        ("библ", "библ*"),
        ("", ""),
    ],
)
def test_what_is_looked_for_while_something_is_typed(typed: str, asked: str) -> None:
    assert while_typed(typed) == asked


def test_a_word_half_typed_finds_what_begins_so_and_says_so(here: Visit) -> None:
    here.take_in(mbox_of([raw_message(1, body="the library"), raw_message(2, body="a boat")]))
    visitor = here.visitor()

    typing = visitor.get("/fragments/results?q=libr")
    submitted = visitor.get("/search?q=libr").text

    assert "Letter 1" in typing.text
    assert "Letter 2" not in typing.text
    assert "is looked for as the beginning of a word" in typing.text
    assert typing.headers["HX-Replace-Url"] == "/search?q=libr%2A"
    # Whoever opens a hit comes to the next of the same hits.
    assert "from=q%3Dlibr%252A" in typing.text
    assert "Nothing was found" in submitted
    assert "/search?q=libr%2A" in submitted


def test_a_sender_half_typed_is_found_in_that_place_alone(here: Visit) -> None:
    here.take_in(mbox_of([raw_message(1, body="from here"), raw_message(2, body="a boat")]))
    visitor = here.visitor()

    typing = visitor.get("/fragments/results?q=boat+from:exa")
    elsewhere = visitor.get("/fragments/results?q=from:her")

    assert "Letter 2" in typing.text
    assert "Letter 1" not in typing.text
    assert "“<bdi>from:exa</bdi>…” is looked for as the beginning" in typing.text
    assert "Nothing was found" in elsewhere.text


def test_a_syllable_that_is_being_put_together_does_not_empty_the_page(here: Visit) -> None:
    here.take_in(mbox_of([raw_message(1, body="우리 도서관입니다")]))
    visitor = here.visitor(language="ko")

    for typed in ("도", "도ㅅ", "도서", "도서ㄱ", "도서관", "도서관ㅇ"):
        if len(typed.rstrip("ㅅㄱㅇ")) > 1:
            assert "Letter 1" in visitor.get("/fragments/results", params={"q": typed}).text, typed
