"""How mail is shown: whole, escaped everywhere, and never able to act."""

from __future__ import annotations

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from tests.mboxes import letters, mbox_of, raw_message
from tests.web.make_sample import sample
from tests.web.test_lists import link
from tests.web.visiting import Visit
from web.pages.part import disposition
from web.sanitise import MAX_OPEN_TAGS, sanitise


@pytest.fixture
def reader(here: Visit) -> TestClient:
    """Somebody signed in to a console that holds the sample."""
    here.take_in(sample(), filename="sample.mbox")
    return here.visitor()


def message_called(reader: TestClient, subject: str) -> str:
    """The address of a message of the sample."""
    hits = reader.get("/api/search", params={"q": f'subject:"{subject}"'}).json()["messages"]
    return f"/messages/{hits[0]['id']}"


def test_a_message_opens_from_the_search_with_its_hit_marked(reader: TestClient) -> None:
    page = reader.get("/search?q=parking").text
    found = re.search(r'class="subject" href="(/messages/\d+-\d+)[?"]', page)

    assert "<mark>parking</mark>" in page
    assert found
    assert "A boat for the heavy books" in reader.get(found[1]).text


def test_a_hit_tells_programs_where_its_date_came_from_and_whether_to_believe_it(
    here: Visit,
) -> None:
    by_separator = b"From ann@example.org Mon Jan  5 10:00:00 2015\nSubject: quark\n\nx\n\n"
    of_tomorrow = raw_message(1, subject="quark").replace(b"5 Jan 2023", b"5 Jan 2099")
    here.take_in(by_separator + of_tomorrow)

    hits = here.visitor().get("/api/search?q=quark").json()["messages"]

    assert {(hit["date"], hit["date_source"], hit["date_plausible"]) for hit in hits} == {
        ("2015-01-05T10:00:00+00:00", "separator", True),
        ("2099-01-05T10:00:01+00:00", "date", False),
    }


def test_korean_is_found_inside_a_longer_word_and_marked(reader: TestClient) -> None:
    page = reader.get("/search", params={"q": "결제"}).text

    assert "온라인<mark>결제</mark>시스템은" in page


def test_a_query_with_a_mistake_points_at_the_character(reader: TestClient) -> None:
    page = reader.get("/search", params={"q": 'boat "never'}).text

    assert "This quotation mark is never closed." in page
    assert "<mark>&#34;</mark>never" in page


def test_each_condition_can_be_taken_away(reader: TestClient) -> None:
    page = reader.get("/search", params={"q": "boat from:ada"}).text

    assert 'href="/search?q=boat"' in page
    assert 'href="/search?q=from%3Aada"' in page


def test_results_page_by_key(reader: TestClient) -> None:
    first = reader.get("/search?q=library").text

    second = reader.get(link(first, rel="next")).text
    seen = re.findall(r'class="subject" href="([^"]*)"', first)
    assert seen
    assert not set(seen) & set(re.findall(r'class="subject" href="([^"]*)"', second))


@pytest.mark.parametrize("view", ["html", "text", "headers", "raw", "hex"])
def test_a_message_can_be_looked_at_in_every_way(reader: TestClient, view: str) -> None:
    page = reader.get(message_called(reader, "Spring at the library"), params={"view": view})

    assert page.status_code == 200
    assert "Spring at the library" in page.text


def test_the_bytes_are_shown_with_their_place_in_the_file(reader: TestClient) -> None:
    page = reader.get("/messages/1-0?view=hex").text

    assert "0000000000  46 72 6f 6d 20 61 64 61" in page


def test_letters_can_be_read_with_another_charset(reader: TestClient) -> None:
    address = message_called(reader, "어린이 책 모임")

    wrong = reader.get(f"{address}?view=text&charset=latin-1").text
    right = reader.get(f"{address}?view=text&charset=cp949").text

    assert "고래 인형도" not in wrong
    assert "고래 인형도" in right
    assert "charset=klingon" in reader.get(f"{address}?charset=klingon").text


def test_html_is_framed_without_any_power(reader: TestClient) -> None:
    address = message_called(reader, "You have won a shelf")

    page = reader.get(address).text
    frame = reader.get(f"{address}/html")

    assert f'<iframe src="{address}/html" sandbox="allow-popups' in page
    policy = frame.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    for power in ("<script", "<form", "<iframe", "javascript:", "onerror", "onload", "position:"):
        assert power not in frame.text
    assert "You have won a shelf." in frame.text


def test_remote_pictures_wait_until_they_are_asked_for(reader: TestClient) -> None:
    address = f"{message_called(reader, 'Only formatted')}/html"

    blocked, asked = reader.get(address), reader.get(f"{address}?remote=1")

    assert "pictures.example" not in blocked.text
    assert "img-src data:;" in blocked.headers["Content-Security-Policy"]
    assert blocked.headers["X-Remote-Content"] == "1"
    assert "https://pictures.example/bakery.jpg" in asked.text
    assert "https:" in asked.headers["Content-Security-Policy"]


def test_pictures_of_the_message_itself_are_shown(reader: TestClient) -> None:
    frame = reader.get(f"{message_called(reader, 'The new stamp')}/html").text

    assert 'src="data:image/png;base64,iVBOR' in frame


def test_an_attachment_is_always_a_download_with_a_harmless_name(reader: TestClient) -> None:
    address = message_called(reader, "The plan of the wiring")
    page = reader.get(address).text
    download = re.search(r'href="(/messages/[^"]*/parts/[^"]*)"', page)

    assert download
    answer = reader.get(download[1])
    assert answer.content == b"wiring\n" * 40
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="wiring.html"')
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert reader.get(f"{address}/parts/9.9").status_code == 404


def test_a_korean_file_name_survives_the_download() -> None:
    header = disposition('서가 "배치".csv')

    assert header.isascii()
    assert header.endswith("UTF-8''%EC%84%9C%EA%B0%80%20%22%EB%B0%B0%EC%B9%98%22.csv")
    assert 'filename="__ ____.csv"' in header


def test_a_subject_that_turns_the_line_around_is_made_visible(reader: TestClient) -> None:
    page = reader.get("/search?q=subject:around").text

    assert "\u202e" not in page
    assert "\N{REPLACEMENT CHARACTER}gnorw" in page


def test_damage_is_shown_beside_the_message(reader: TestClient) -> None:
    page = reader.get(message_called(reader, "A day that never was")).text

    assert "for want of a usable Date" in page
    assert "What was wrong inside" in page


def test_a_duplicate_says_where_its_twin_lies(reader: TestClient) -> None:
    page = reader.get(message_called(reader, "Shelf numbers")).text

    assert "The same content was met in" in page
    assert page.split("was met in")[1].count("sample.mbox</bdi></a>") == 2


def test_markup_in_headers_is_only_text(here: Visit) -> None:
    evil = "<script>alert(1)</script>"
    here.take_in(mbox_of([raw_message(1, subject=f"{evil} quark", body=f"{evil}\n")]))
    reader = here.visitor()

    for path in ("/search?q=quark", "/messages/1-0", "/messages/1-0?view=raw"):
        page = reader.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


def test_a_message_whose_bytes_are_gone_says_so(here: Visit) -> None:
    floor = here.take_in(letters(1))
    here.house.spool.remove(floor.spool_name)
    reader = here.visitor()

    assert reader.get("/messages/1-0").status_code == 200
    assert reader.get("/messages/1-0?view=raw").status_code == 410


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<b>bold</b>", "<b>bold</b>"),
        ("<style>p{}</style>text", "text"),
        ('<a href="data:text/html,x">x</a>', '<a target="_blank" rel="noopener noreferrer">x</a>'),
        ('<img src="/etc/passwd">', "<img>"),
        ('<img src="data:image/svg+xml,x">', "<img>"),
        ('<p style="color:red;background:url(//x)">x</p>', '<p style="color:red">x</p>'),
        ("<svg><a href=javascript:x>y</a></svg>z", "z"),
        ("<base href=//x><meta http-equiv=refresh>z", "z"),
        ("<input autofocus onfocus=alert(1)>z", "z"),
    ],
)
def test_row_51_only_harmless_markup_is_kept(html: str, kept: str) -> None:
    (piece,) = sanitise(html, pictures={}, allow_remote=False).pieces

    assert piece.markup == kept


def test_a_body_that_is_too_deep_is_not_even_tried() -> None:
    clean = sanitise("<div>" * (MAX_OPEN_TAGS + 1), pictures={}, allow_remote=True)

    assert clean.too_large
    assert clean.pieces == ()


@pytest.mark.parametrize(
    "html",
    [
        "<a " + " ".join(f"a{number}" for number in range(100_000)) + ">x</a>",
        "<p>" + "".join(f"<b id={n}>" for n in range(1000)) + "</p>" + "<p>x</p>" * 9_000,
    ],
    ids=["attributes", "styles"],
)
def test_row_51_markup_that_would_hold_the_console_up_is_not_tried(html: str) -> None:
    assert sanitise(html, pictures={}, allow_remote=True).too_large


@pytest.mark.parametrize(
    ("kind", "begins"),
    [("mbox", b"From "), ("zip", b"PK"), ("jsonl", b"{"), ("csv", b"\xef\xbb\xbf")],
)
def test_what_a_search_finds_can_be_taken_away(
    reader: TestClient, kind: str, begins: bytes
) -> None:
    answer = reader.get(f"/search/export?q=boat&format={kind}")

    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].endswith(f'.{kind}"')
    assert answer.content.startswith(begins)
    assert reader.get("/search/export?q=boat&format=exe").status_code == 400
    assert reader.get("/search/export?q=%22open&format=csv").status_code == 400


def test_a_message_stands_in_its_conversation(reader: TestClient) -> None:
    page = reader.get("/messages/1-0").text

    assert "Conversation" in page
    assert page.count("Re: Moving the reading room") == 6


def test_attached_files_are_listed_by_size_and_the_link_keeps_it(
    here: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.take_in(sample(), filename="sample.mbox")
    monkeypatch.setattr("web.pages.attachments.PAGE", 1)
    client = here.visitor()

    first = client.get("/attachments?order=largest").text
    following = re.search(r'rel="next" href="([^"]*)"', first)
    told = client.get("/api/attachments?order=largest").json()["attachments"]

    assert following
    assert "order=largest" in following[1]
    assert '<option value="largest" selected>' in first
    assert told[0]["file_url"] in first
    assert told[1]["file_url"] in client.get(unescape(following[1])).text
    assert [one["size"] for one in told] == sorted((one["size"] for one in told), reverse=True)
    assert client.get("/api/attachments?order=x").status_code == 400
