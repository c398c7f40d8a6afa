"""The search page: facets, pages both ways, the way back to a hit, searches kept under a name."""

from __future__ import annotations

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from tests.mboxes import mbox_of, raw_message
from tests.web.make_sample import sample
from tests.web.test_lists import link
from tests.web.visiting import Visit


@pytest.fixture
def reader(here: Visit) -> TestClient:
    """Somebody signed in to a console that holds the sample."""
    here.take_in(sample(), filename="sample.mbox")
    return here.visitor()


def test_facets_count_and_narrow(reader: TestClient) -> None:
    page = reader.get("/search?q=library").text

    assert "Ada Brook" in page.split('class="facets')[1]
    narrowed = re.search(r'<a href="([^"]*)"><bdi>Ada Brook', page)
    assert narrowed
    assert "5 messages" in reader.get(narrowed[1].replace("&amp;", "&")).text


def test_an_address_that_was_asked_for_is_marked_where_only_its_name_would_stand(
    reader: TestClient,
) -> None:
    page = reader.get("/search?q=from:ada@library.example").text

    assert "<mark>ada@library.example</mark>" in page


def test_a_hit_among_the_recipients_shows_the_line_it_was_met_in(here: Visit) -> None:
    letter = raw_message(1, body="We row at noon.").replace(
        b"\nSubject:", b"\nCc: Bob <bob@harbour.example>, Dora <dora@harbour.example>\nSubject:", 1
    )
    here.take_in(letter)

    english = here.visitor().get("/search?q=dora").text
    korean = here.visitor(language="ko").get("/search?q=cc:bob@harbour.example").text

    assert re.search(r'class="met[^>]*>Cc: <bdi><mark>Dora</mark>', english)
    assert "Bob" not in english.split('class="hits')[1].split("</ol>")[0]
    assert re.search(r'class="met[^>]*>참조: <bdi>Bob &lt;<mark>bob@harbour.example</mark>', korean)


def test_results_page_back_to_where_one_was(
    reader: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.fragments.results.PAGE", 5)
    pages = [reader.get("/search?q=library&order=best").text]
    while 'rel="next"' in pages[-1]:
        pages.append(reader.get(link(pages[-1], rel="next")).text)

    back = [pages[-1]]
    while 'rel="prev"' in back[-1]:
        back.append(reader.get(link(back[-1], rel="prev")).text)

    assert len(pages) == 8
    assert [subjects(page) for page in reversed(back)] == [subjects(page) for page in pages]


def subjects(page: str) -> list[str]:
    """The hits of a page of results."""
    return re.findall(r'<li class="hit" id="m-([\d-]+)"', page)


def test_a_very_long_way_back_leads_over_the_first_page(
    reader: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.trail.KEPT", 2)
    monkeypatch.setattr("web.fragments.results.PAGE", 2)
    page = reader.get("/search?q=library").text
    for _ in range(5):
        page = reader.get(link(page, rel="next")).text

    for _ in range(2):
        page = reader.get(link(page, rel="prev")).text

    assert 'rel="prev"' not in page
    assert ">First page</a>" in page


def test_the_order_is_kept_when_a_search_is_narrowed_or_widened(reader: TestClient) -> None:
    page = reader.get("/search?q=boat+from:ada&order=best").text

    assert 'href="/search?q=boat&amp;order=best"' in page
    assert re.search(r'<a href="/search\?q=[^"]*&amp;order=best"><bdi>Ada Brook', page)


def test_a_message_leads_back_to_its_place_among_the_results(reader: TestClient) -> None:
    page = reader.get("/search?q=boat&order=best").text
    opened = re.search(r'class="subject" href="([^"]*)"', page)
    assert opened

    message = reader.get(unescape(opened[1])).text
    back = re.search(r'<a href="([^"]*)" data-back>Back to the results', message)
    tab = re.search(r'<a href="([^"]*view=headers[^"]*)"', message)

    assert back
    assert unescape(back[1]) == f"/search?q=boat&order=best#m-{subjects(page)[0]}"
    assert tab
    assert "Back to the results" in reader.get(unescape(tab[1])).text
    assert "Back to the results" not in reader.get("/messages/1-0?from=//evil.example").text


def test_what_is_typed_can_be_linked(reader: TestClient) -> None:
    answer = reader.get("/fragments/results", params={"q": "boat from:ada", "order": "best"})

    assert answer.headers["HX-Replace-Url"] == "/search?q=boat+from%3Aada%2A&order=best"


def test_the_facets_of_many_hits_come_after_the_hits(
    reader: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.fragments.facets.AT_ONCE", 10)
    page = reader.get("/search?q=library&order=best").text
    later = re.search(r'hx-get="(/fragments/facets[^"]*)"', page)
    without_script = re.search(r'<a href="(/search[^"]*)">Count by year', page)

    assert 'class="soft below"><bdi>ada@' not in page
    assert later
    assert without_script
    for address in (later[1], without_script[1]):
        counted = reader.get(unescape(address)).text
        assert re.search(r'&amp;order=best"><bdi>Ada Brook</bdi> <span', counted)
    assert reader.get("/fragments/facets?q=%22open").status_code == 400


def test_a_search_is_saved_under_a_name_and_removed(reader: TestClient) -> None:
    saved = reader.post("/searches", data={"name": "Boats", "q": "boat", "order": "newest"})
    page = reader.get(saved.headers["Location"]).text
    forget = re.search(r'action="(/searches/\d+/forget)"', page)

    assert ">Boats</a>" in page
    again = reader.post("/searches", data={"name": "Boats", "q": "boat", "order": "newest"})
    assert again.status_code == 400
    assert forget
    reader.post(forget[1])
    assert ">Boats</a>" not in reader.get("/search").text


def test_hits_of_one_conversation_stand_together(here: Visit) -> None:
    first, other = raw_message(1, subject="Tides in the harbour"), raw_message(2, subject="Tea")
    answer = raw_message(3, subject="Re: Tides in the harbour")
    here.take_in(mbox_of([first, other, answer]))
    reader = here.visitor()

    apart = reader.get("/search?q=letter").text
    together = reader.get("/search?q=letter&group=thread").text

    assert titles(apart) == ["Re: Tides in the harbour", "Tea", "Tides in the harbour"]
    assert titles(together) == ["Re: Tides in the harbour", "Tides in the harbour", "Tea"]
    assert "2 hits in this conversation" in together
    assert re.search(r'id="group"[^>]* checked', together)


def titles(page: str) -> list[str]:
    """The subjects of a page of results, as they stand."""
    return [
        re.sub(r"<[^>]*>", "", title)
        for title in re.findall(r'class="subject" href="[^"]*">(.*?)</a>', page)
    ]


def test_conversations_stay_together_wherever_the_page_leads(
    reader: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.fragments.results.PAGE", 5)

    page = reader.get("/search?q=library&group=thread").text
    following = link(page, rel="next")

    assert "group=thread" in following
    assert 'id="group" type="checkbox" name="group" value="thread" data-submit checked' in page
    assert re.search(r'href="/search\?q=[^"]*&amp;group=thread"><bdi>Ada Brook', page)
    opened = re.search(r'class="subject" href="([^"]*)"', page)
    assert opened
    assert "group=thread#m-" in reader.get(unescape(opened[1])).text


def test_the_more_exact_count_is_told_as_soon_as_it_is_known(
    reader: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.finder.CHECKED", 4)
    monkeypatch.setattr("store.finder._STEP", 2)
    monkeypatch.setattr("web.fragments.results.FIRST_LOOK_SECONDS", -1.0)

    page = reader.get("/search?q=body:library").text
    later = reader.get("/fragments/facets?q=body:library").text

    assert re.search(r'<b id="count" class="nowrap">(\d+ or more messages|None so far)', page)
    exact = re.search(r'<b id="count" class="nowrap" hx-swap-oob="true">(\d+ messages)', later)
    assert exact
    assert (
        f'<b id="count" class="nowrap">{exact[1]}'
        in reader.get("/search?q=body:library&facets=1").text
    )


@pytest.fixture
def slow_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that has looked at three messages has no time left."""
    monkeypatch.setattr("store.finder._STEP", 3)
    monkeypatch.setattr("store.finder.CHECKED", 3)
    monkeypatch.setattr("web.fragments.results.FIRST_LOOK_SECONDS", -1.0)
    monkeypatch.setattr("web.fragments.further.LOOK_SECONDS", -1.0)


def phrases(*numbers: int, of: int = 20) -> bytes:
    """An mbox of letters which all hold two words, those of some numbers side by side."""
    return mbox_of(
        raw_message(n, body="cold water\n" if n in numbers else "water, not cold\n")
        for n in range(of)
    )


def looks(reader: TestClient, address: str) -> list[str]:
    """The page, and what its foot fetches one after the other."""
    found = [reader.get(address).text]
    while asked := re.search(r'id="foot"[^>]* hx-get="([^"]*)"', found[-1]):
        found.append(reader.get(unescape(asked[1])).text)
    return found


@pytest.mark.usefixtures("slow_looks")
@pytest.mark.parametrize("grouped", ["", "&group=thread"])
def test_a_page_of_a_phrase_goes_on_looking_after_it_is_shown(here: Visit, grouped: str) -> None:
    here.take_in(phrases(2, 7, 19))
    page, *further = looks(here.visitor(), f'/search?q="cold water"{grouped}')

    assert len(further) > 3
    assert "Looking further back" in page
    assert "Nothing was found" not in "".join([page, *further])
    assert [title for one in [page, *further] for title in titles(one)] == [
        "Letter 19",
        "Letter 7",
        "Letter 2",
    ]
    assert "Look" not in further[-1].split('id="foot"')[1]
    counts = [one for one in further if 'id="count" class="nowrap" hx-swap-oob' in one]
    if not grouped:
        assert counts == further[-1:]
        assert ">3 messages</b>" in further[-1]


@pytest.mark.usefixtures("slow_looks")
def test_a_phrase_that_nobody_said_is_said_to_be_nowhere_only_at_the_end(here: Visit) -> None:
    here.take_in(phrases())
    pages = looks(here.visitor(), '/search?q="cold water"')

    assert ["Nothing was found" in page for page in pages] == [False] * (len(pages) - 1) + [True]
    assert ">0 messages</b>" in pages[-1]


@pytest.mark.usefixtures("slow_looks")
def test_a_full_page_of_a_phrase_leads_to_the_next(
    here: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.fragments.results.PAGE", 4)
    monkeypatch.setattr("web.fragments.further.PAGE", 4)
    here.take_in(phrases(*range(0, 20, 2)))
    reader = here.visitor()
    first = looks(reader, '/search?q="cold water"')
    following = reader.get(link(first[-1], rel="next")).text

    assert [title for one in first for title in titles(one)] == [
        f"Letter {n}" for n in (18, 16, 14, 12)
    ]
    assert titles(following)[:1] == ["Letter 10"]
    assert ">4 or more messages</b>" in first[-1]


@pytest.mark.usefixtures("slow_looks")
def test_a_count_that_a_further_look_knows_exactly_is_told_so(
    here: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.finder.CHECKED", 1000)
    monkeypatch.setattr("web.fragments.further.LOOK_SECONDS", 10.0)
    monkeypatch.setattr("web.fragments.further.PAGE", 4)
    here.take_in(phrases(*range(0, 20, 2)))
    _page, *further = looks(here.visitor(), '/search?q="cold water"')

    assert len(further) == 1
    assert ">10 messages</b>" in further[0]
    assert 'rel="next"' in further[0]


@pytest.mark.usefixtures("slow_looks")
def test_facets_come_also_for_hits_that_are_found_later(here: Visit) -> None:
    here.take_in(phrases(0))
    page = here.visitor().get('/search?q="cold water"').text

    assert not titles(page)
    assert re.search(r'id="facets"[^>]* hx-get=', page)


@pytest.mark.usefixtures("slow_looks")
def test_nobody_is_looked_for_without_end(here: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.fragments.further.LOOKS", 2)
    here.take_in(phrases(0))
    reader = here.visitor()
    _page, *further = looks(reader, '/search?q="cold water"')
    onward = re.search(r'<a href="([^"]*)">Look further back', further[-1])

    assert len(further) == 2
    assert onward
    assert "Letter 0" in reader.get(unescape(onward[1])).text


def test_a_foot_with_a_damaged_place_is_refused(reader: TestClient) -> None:
    assert reader.get("/fragments/further?q=boat&past=nowhere").status_code == 400
    assert reader.get("/fragments/further?q=(boat").status_code == 400


def test_all_years_are_told_the_older_ones_when_asked(here: Visit) -> None:
    letters_of = [
        raw_message(year, body="of old\n").replace(b" 2023 ", f" {year} ".encode())
        for year in range(2004, 2015)
    ]
    here.take_in(mbox_of(letters_of))

    shown = here.visitor().get("/search?q=old&facets=1").text.partition('id="facets"')[2]

    first, _, rest = shown.partition("<details><summary>3 more</summary>")
    assert [year in first for year in ("2014<", "2007<", "2006<")] == [True, True, False]
    assert all(f"{year}<" in rest for year in (2006, 2005, 2004))
