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
