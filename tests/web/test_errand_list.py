"""The list of errands is narrowed by what, who, state and days, and pages by key within that."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from store.errands import ErrandKind, ErrandState, add_errand, end_errand
from tests.web.visiting import Visit

MARCH = datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def errands(here: Visit) -> Visit:
    """Nine, a day apart: of two kinds, of three people; the even ones are done."""
    with here.house.database.write() as connection:
        for number in range(9):
            now = MARCH + timedelta(days=number)
            kind = ErrandKind.EXPORT if number < 6 else ErrandKind.LABEL
            wanted = {"query": f"q{number}", "format": "mbox", "labelled": False, "label": "x"}
            added = add_errand(connection, kind, wanted, by=f"person {number % 3}", now=now)
            if number % 2 == 0:
                end_errand(connection, added, state=ErrandState.DONE, now=now, result={})
    return here


def listed(page: str) -> list[int]:
    found = re.findall(r'<td class="lead"><a href="/errands/(\d+)">', page)
    return [int(number) - 1 for number in found]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [8, 7, 6, 5, 4, 3, 2, 1, 0]),
        ("kind=label", [8, 7, 6]),
        ("who=person+1", [7, 4, 1]),
        ("state=waiting&kind=export", [5, 3, 1]),
        ("since=2024-03-03&until=2024-03-04", [3, 2]),
        ("who=nobody", []),
        ("kind=export&who=person+0&state=waiting&until=2024-03-05", [3]),
    ],
)
def test_errands_are_narrowed(errands: Visit, query: str, numbers: list[int]) -> None:
    visitor = errands.visitor()

    assert listed(visitor.get(f"/errands?{query}").text) == numbers
    assert listed(visitor.get(f"/fragments/errands?{query}").text) == numbers


def test_a_narrowed_list_pages_by_key_and_keeps_to_it(
    errands: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.fragments.errands.PAGE", 2)
    visitor = errands.visitor()
    page = visitor.get("/errands?kind=export&until=2024-03-05").text
    met = listed(page)

    while further := re.search(r'href="(/errands\?[^"]*before=[^"]*)"', page):
        assert "kind=export" in further[1]
        page = visitor.get(unescape(further[1])).text
        met += listed(page)

    assert met == [4, 3, 2, 1, 0]


def test_states_and_the_live_part_keep_what_else_was_chosen(errands: Visit) -> None:
    page = unescape(errands.visitor().get("/errands?kind=export&who=person+1").text)

    assert 'href="/errands?state=done&kind=export&who=person+1"' in page
    assert 'hx-get="/fragments/errands?kind=export&who=person+1"' in page
    assert '<option value="export" selected>' in page
    assert '<option value="person 1" selected>' in page


def test_a_view_of_errands_is_kept(errands: Visit) -> None:
    visitor = errands.visitor()
    data = {"name": "Labels", "page": "errands", "query": "kind=label"}

    assert visitor.post("/views", data=data).headers["Location"] == "/errands?kind=label"
    assert 'href="/errands?kind=label">Labels</a>' in visitor.get("/errands").text


def test_hostile_values_are_escaped_or_passed_over(errands: Visit) -> None:
    page = errands.visitor().get("/errands?who=<script>&kind=<b>&since=0000-00-00").text

    assert "<script>&" not in page
    assert '<option value="&lt;script&gt;" selected>' in page
