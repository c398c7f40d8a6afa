"""The orders in which a reader can have the hits of a search."""

from __future__ import annotations

import re
from html import unescape

import pytest

from store import arrangement
from tests.mboxes import mbox_of, raw_message
from tests.web.visiting import Visit

RIGHT = {
    "": [4, 3, 2, 1, 0],
    "oldest": [0, 1, 2, 3, 4],
    "largest": [3, 0, 1, 4, 2],
    "sender": [2, 4, 1, 0, 3],
}
SENDERS = ("bea@b.example", "ann@b.example", "Ann@a.example", "Carl@c.example", "ann@b.example")
LENGTHS = (300, 200, 10, 400, 100)


def letters() -> bytes:
    made = []
    for number, sender in enumerate(SENDERS):
        one = raw_message(number, subject=f"nr{number}", body="word " + "x" * LENGTHS[number])
        one = re.sub(rb"\nFrom: [^\n]*", f"\nFrom: {sender}".encode(), one, count=1)
        date = f"\nDate: {number + 1} Mar 2024 10:00:00 +0000".encode()
        one, changed = re.subn(rb"\nDate: [^\n]*", date, one, count=1)
        assert changed
        made.append(one)
    return mbox_of(made)


def shown(page: str) -> list[int]:
    hits = page.split('class="hits')[1].split("</ol>")[0]
    found = re.findall(r'<a class="subject"[^>]*>.*?nr(\d).*?</a>', hits, re.DOTALL)
    return [int(number) for number in found]


@pytest.mark.parametrize("group", ["", "&group=thread"])
@pytest.mark.parametrize("query", ["word", "", "larger%3A1"])
@pytest.mark.parametrize("order", RIGHT)
def test_a_list_comes_in_the_order_that_is_chosen(
    here: Visit, order: str, query: str, group: str
) -> None:
    here.take_in(letters())
    visitor = here.visitor()

    answer = visitor.get(f"/api/search?q={query}{group}&order={order or 'newest'}").json()

    assert [int(one["subject"][2:]) for one in answer["messages"]] == RIGHT[order]
    assert answer["among_newest"] is None
    if query:
        page = visitor.get(f"/search?q={query}{group}&order={order or 'newest'}").text
        assert shown(page) == RIGHT[order]
        assert not order or f'<option value="{order}" selected' in page


@pytest.mark.parametrize("order", ["oldest", "largest", "sender"])
def test_pages_and_messages_lead_on_in_the_order_of_the_list(
    here: Visit, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    monkeypatch.setattr("web.fragments.further.PAGE", 2)
    monkeypatch.setattr("web.fragments.results.PAGE", 2)
    monkeypatch.setattr("web.neighbours.PAGE", 2)
    here.take_in(letters())
    visitor = here.visitor()

    page = visitor.get(f"/search?q=word&order={order}").text
    met = shown(page)
    while further := re.search(r'href="(/search\?[^"]*)" rel="next"', page) or re.search(
        r'rel="next" href="(/search\?[^"]*)"', page
    ):
        page = visitor.get(unescape(further[1])).text
        met += shown(page)

    assert met == RIGHT[order]


def test_only_the_newest_of_very_many_are_arranged_and_the_page_says_so(
    here: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrangement, "COUNTED", 3)
    here.take_in(letters())
    visitor = here.visitor()

    by_size = visitor.get("/search?q=word&order=largest").text
    korean = here.visitor(language="ko").get("/search?q=word&order=sender").text

    assert shown(by_size) == [3, 4, 2]
    assert "Only the newest 3 are arranged by size" in by_size
    assert "3개만" in korean
    assert visitor.get("/api/search?q=word&order=sender").json()["among_newest"] == 3


def test_a_search_is_kept_with_its_order(here: Visit) -> None:
    here.take_in(letters())
    visitor = here.visitor()

    kept = visitor.post("/searches", data={"q": "word", "order": "oldest", "name": "old"})

    assert "order=oldest" in kept.headers["location"]
