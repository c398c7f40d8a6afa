"""The count above the hits is true, while a search still looks and where rows are conversations."""

from __future__ import annotations

import re

import pytest

from tests.mboxes import mbox_of, raw_message
from tests.web.make_sample import sample
from tests.web.visiting import Visit


def words_of(page: str) -> str:
    """What a page says, in one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_a_search_that_still_looks_does_not_say_0_or_more(
    here: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.finder._STEP", 3)
    monkeypatch.setattr("store.finder.CHECKED", 3)
    monkeypatch.setattr("web.fragments.results.FIRST_LOOK_SECONDS", -1.0)
    here.take_in(mbox_of(raw_message(n, body="water, not cold\n") for n in range(20)))

    page = here.visitor().get('/search?q="cold water"').text

    assert '<b id="count" class="nowrap">None so far</b>' in page
    assert "0 or more" not in page


@pytest.mark.parametrize(
    ("query", "said"),
    [("boat", "3 messages in 2 conversations"), ("library", "messages grouped by conversation")],
)
def test_a_count_over_conversations_says_that_the_rows_are_such(
    here: Visit, query: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.fragments.results.PAGE", 4)
    here.take_in(sample(), filename="sample.mbox")

    grouped = here.visitor().get(f"/search?q={query}&group=thread").text
    alone = here.visitor().get(f"/search?q={query}").text

    assert said in words_of(grouped)
    assert said not in words_of(alone)


@pytest.mark.parametrize(
    ("language", "said"), [("en", r"Found in [1-9]\d* ms\. As of"), ("ko", "ms")]
)
def test_how_long_an_answer_took_and_when_it_was_given_is_told(
    here: Visit, language: str, said: str
) -> None:
    here.take_in(sample(), filename="sample.mbox")
    visitor = here.visitor(language=language)

    for address in ("/search?q=boat", "/fragments/results?q=boat"):
        page = visitor.get(address).text
        results = page.split('id="results"')[1].split('class="hits')[0]
        assert re.search(said, words_of(results))
        assert '<time datetime="' in results
    assert "Found in" not in visitor.get("/search").text


@pytest.mark.parametrize(("more", "said"), [(False, "3 messages"), (True, "3 or more messages")])
def test_a_count_that_is_not_exact_is_said_to_be_none(
    here: Visit, monkeypatch: pytest.MonkeyPatch, more: bool, said: str
) -> None:
    if more:
        for place in ("store.finder", "store.facets", "store.arrangement"):
            monkeypatch.setattr(f"{place}.COUNTED", 3)
    here.take_in(mbox_of(raw_message(n, body="water\n") for n in range(4 if more else 3)))

    page = here.visitor().get("/search?q=water").text

    assert re.search(r'<b id="count"[^>]*>([^<]*)</b>', page)[1] == said  # type: ignore[index]
