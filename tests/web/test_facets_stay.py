"""What a search can be narrowed by stands beside every page of its hits, and leads back as well."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.mboxes import mbox_of, raw_message
from tests.web.visiting import Visit


@pytest.fixture
def long_list(here: Visit, monkeypatch: pytest.MonkeyPatch) -> Visit:
    monkeypatch.setattr("web.fragments.further.PAGE", 3)
    monkeypatch.setattr("web.fragments.results.PAGE", 3)
    here.take_in(mbox_of(raw_message(n, body=f"water {n}\n") for n in range(8)))
    return here


def next_of(page: str) -> str:
    found = re.search(r'<a[^>]*rel="next"[^>]*>', page)
    assert found
    address = re.search(r'href="([^"]*)"', found[0])
    assert address
    return unescape(address[1])


def facets_of(page: str) -> str:
    return page.split('id="facets"')[1].split("</aside>")[0]


def test_facets_and_chips_stand_beside_the_second_page(long_list: Visit) -> None:
    visitor = long_list.visitor()
    first = visitor.get("/search?q=water").text

    second = visitor.get(next_of(first)).text

    assert facets_of(second) == facets_of(first)
    assert 'class="chip" href="/search?q="' in second


def test_facets_of_many_hits_are_fetched_by_later_pages_too(
    long_list: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.fragments.facets.AT_ONCE", 2)
    visitor = long_list.visitor()

    second = visitor.get(next_of(visitor.get("/search?q=water&order=oldest").text)).text
    link = re.search(r'<a href="([^"]*facets=1)">', facets_of(second))

    assert 'hx-get="/fragments/facets?q=water' in facets_of(second)
    assert link
    assert "after=" in link[1]
    without_script = visitor.get(unescape(link[1])).text
    assert "2024" in facets_of(without_script) or "<h2>Year</h2>" in facets_of(without_script)
    # It is the same page, only with what was counted.
    assert without_script.split('class="hits')[1].split("</ol>")[0].count('id="m-') == 3


def test_a_value_that_narrows_already_leads_back_out(long_list: Visit) -> None:
    visitor = long_list.visitor()
    first = visitor.get("/search?q=water").text
    narrowing = re.search(r'<a href="(/search\?q=[^"]*from[^"]*)"', facets_of(first))
    assert narrowing

    narrowed = visitor.get(unescape(narrowing[1])).text
    out = re.search(r'<a href="([^"]*)" aria-current="true">', facets_of(narrowed))

    assert out
    assert unescape(out[1]) == "/search?q=water"
    assert 'aria-current="true"' not in facets_of(first)
