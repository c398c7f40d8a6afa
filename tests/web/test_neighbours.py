"""From one hit of a search to the next, in the order of its list, and back to where one is."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from store.database import Database
from tests.mboxes import letters
from tests.web.make_sample import sample
from tests.web.visiting import Visit, visit

LISTS = [
    "/search?q=library",
    "/search?q=library&order=best",
    "/search?q=library&group=thread",
    "/search?q=library&order=best&group=thread",
    '/search?q=library -"no such words"',
    "/search?q=in:1&group=thread",
]


@pytest.fixture
def reader(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """Somebody signed in to a console that holds the sample, with short pages."""
    for module in ("web.fragments.results", "web.fragments.further", "web.neighbours"):
        monkeypatch.setattr(f"{module}.PAGE", 5)
    # On a machine with other work to do, too.
    monkeypatch.setattr("web.neighbours.ENOUGH_SECONDS", 60)
    place = visit(database, tmp_path)
    place.take_in(sample(), filename="sample.mbox")
    return place.visitor()


def link(page: str, rel: str) -> str | None:
    found = re.search(rf'<a rel="{rel}" href="([^"]*)"', page)
    return unescape(found[1]) if found else None


def name_in(address: str) -> str:
    return address.partition("?")[0].rpartition("/")[2]


def pages_of(reader: TestClient, address: str) -> list[str]:
    pages = [reader.get(address).text]
    while further := link(pages[-1], "next"):
        pages.append(reader.get(further).text)
    return pages


def hits_in(page: str) -> list[str]:
    """The addresses of the messages of a page."""
    return [unescape(one) for one in re.findall(r'class="subject" href="([^"]*)"', page)]


@pytest.mark.parametrize("address", LISTS)
def test_from_the_first_hit_to_the_last_and_back_each_is_met_once_in_order(
    reader: TestClient, address: str
) -> None:
    pages = pages_of(reader, address)
    listed = [name_in(one) for page in pages for one in hits_in(page)]
    assert len(pages) > 2

    at: str | None = hits_in(pages[0])[0]
    onward: list[str] = []
    last = ""
    while at:
        onward.append(name_in(at))
        last, at = at, link(reader.get(at).text, "next")
    at, backward = last, list[str]()
    while at:
        backward.append(name_in(at))
        at = link(reader.get(at).text, "prev")

    # Of a long conversation the list shows the first hits only; each can be gone to.
    assert [name for name in onward if name in listed] == listed
    assert len(set(onward)) == len(onward)
    assert backward == onward[::-1]
    if "group" not in address:
        assert onward == listed


@pytest.mark.parametrize("address", LISTS)
def test_the_way_back_leads_to_the_page_on_which_the_hit_stands(
    reader: TestClient, address: str
) -> None:
    at: str | None = hits_in(reader.get(address).text)[0]
    for _ in range(12):
        assert at
        at = link(reader.get(at).text, "next")
    assert at

    back = re.search(r'href="([^"]*)" data-back', reader.get(at).text)

    assert back
    page, _, anchor = unescape(back[1]).partition("#")
    assert f'id="{anchor}"' in reader.get(page).text
    assert link(reader.get(page).text, "prev")


def test_a_hit_that_new_mail_has_moved_to_the_next_page_still_has_its_neighbours(
    here: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("web.fragments.results", "web.fragments.further", "web.neighbours"):
        monkeypatch.setattr(f"{module}.PAGE", 5)
    here.take_in(letters(12), filename="old.mbox")
    reader = here.visitor()
    opened = hits_in(reader.get("/search?q=quark4 OR quark5 OR quark6 OR letter").text)[3]
    before = link(reader.get(opened).text, "prev")
    later = letters(8).replace(b"2023", b"2024").replace(b"quark", b"quirk")
    here.take_in(later, filename="new.mbox")

    page = reader.get(opened).text

    assert name_in(link(page, "prev") or "") == name_in(before or "")
    assert link(page, "next")


def test_a_message_that_no_search_led_to_has_no_neighbours(reader: TestClient) -> None:
    opened = hits_in(reader.get(LISTS[0]).text)[0]

    page = reader.get(opened.partition("?")[0]).text

    assert 'rel="next"' not in page
    assert "data-back" not in page


@pytest.mark.parametrize("came_from", ["q=(", "q=library&after=zz", "q=nothingatall"])
def test_a_search_that_cannot_be_walked_is_no_reason_not_to_show_the_message(
    reader: TestClient, came_from: str
) -> None:
    opened = hits_in(reader.get(LISTS[0]).text)[0].partition("?")[0]

    answer = reader.get(f"{opened}?from={quote(came_from)}")

    assert answer.status_code == 200
    assert 'rel="next"' not in answer.text
    assert "Back to the results" in answer.text


def test_where_it_takes_too_long_the_message_is_shown_without_neighbours(
    reader: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = hits_in(reader.get(LISTS[0]).text)[1]
    monkeypatch.setattr("web.neighbours.ENOUGH_SECONDS", -1)

    page = reader.get(opened).text

    assert link(page, "next") is None
    assert link(page, "prev") is None
    assert "Back to the results" in page
