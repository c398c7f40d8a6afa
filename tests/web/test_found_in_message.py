"""What a message shows of the search it was opened from, and of pictures, people and times."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote

import pytest

from tests.mboxes import mbox_of, raw_message
from tests.web.heavy_mail import NUMBERED, heavy_html, heavy_text
from tests.web.make_sample import sample
from tests.web.test_message_page import text
from tests.web.visiting import Visit
from web.looks import Look
from web.message_links import MessageLinks


def opened(query: str) -> str:
    """The first message as a search leads to it."""
    return f"/messages/1-0?view=text&from={quote('q=' + quote(query))}"


def marked(page: str) -> list[str]:
    """What is marked on a page."""
    return [unescape(one) for one in re.findall(r"<mark>(.*?)</mark>", page)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("heavy", ["Heavy", "heavy"]),
        ("hea*", ["Hea", "hea", "hea"]),
        ('"heavy books"', ["heavy, books"]),
        ("결제", ["결제"]),
        ("heavy -books", ["Heavy", "heavy"]),
        ("subject:heavy", ["Heavy"]),
        ("from:ann", ["Ann"]),
        ("heav", []),
        ('"never ends', []),
    ],
)
def test_the_words_that_were_found_are_marked(here: Visit, query: str, found: list[str]) -> None:
    body = "They are heavy, books. 온라인결제시스템은 heavyweight.\n"
    here.take_in(heavy_text(body).replace(b"Subject: Letter 1", b"Subject: Heavy things"))

    assert marked(here.visitor().get(opened(query)).text) == found


def test_words_are_marked_in_formatted_text_and_never_in_a_tag(here: Visit) -> None:
    here.take_in(heavy_html('<p title="a boat">The boat &lt;b&gt; <a href="https://boat.example">'))
    reader = here.visitor()
    asked = f"?from={quote('q=boat OR b')}"

    page = reader.get(f"/messages/1-0{asked}").text
    source = re.search(r'<iframe src="([^"]*)"', page)
    assert source
    frame = reader.get(unescape(source[1])).text

    assert marked(frame) == ["boat", "b"]
    assert '<p title="a boat">The <mark>boat</mark> &lt;<mark>b</mark>&gt;' in frame
    assert "2 hits of the search in this text" in page


def test_without_a_search_nothing_is_marked(here: Visit) -> None:
    here.take_in(raw_message(1))

    assert "<mark>" not in here.visitor().get("/messages/1-0").text


def test_hits_on_other_pages_of_a_text_are_counted_and_a_link_away(here: Visit) -> None:
    here.take_in(heavy_text(f"{NUMBERED}at last a zebrafish\n"))
    reader = here.visitor()

    page = reader.get(opened("zebrafish")).text

    assert marked(page) == []
    assert "1 hit of the search in this text" in page
    onward = re.search(r'href="([^"]*)">Go to the first<', page)
    assert onward
    assert marked(reader.get(unescape(onward[1])).text) == ["zebrafish"]


@pytest.mark.parametrize(
    ("hits", "said", "here_first"),
    [
        (600, "600 hits of the search in this text, marked", None),
        (1_500, "1,500 hits of the search in this text, marked", 600),
        (2_000, "2,000 hits of the search in this text, marked", 600),
        (2_001, "More than 2,000 hits of the search in this text, the first marked", 600),
    ],
)
def test_it_is_said_how_many_of_very_many_hits_are_marked(
    here: Visit, hits: int, said: str, here_first: int | None
) -> None:
    here.take_in(heavy_text("boat and sea\n" * hits))

    page = here.visitor().get(opened("boat")).text

    assert len(marked(page)) == (here_first or hits)
    assert said in page
    assert ("of those on this page the first 600" in page) == (here_first is not None)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<p>boat</p>" * 700, "The first 600 hits of the search in this text are marked"),
        ("<p>boat</p>" * 600, "600 hits of the search in this text, marked"),
        (f"<pre>{'boat ' * 120}</pre>", "120 hits of the search in this text, marked"),
        (
            f"<pre>{'boat ' * 599}</pre><pre>{'boat ' * 300}</pre><p>boat</p>",
            "The first 600 hits of the search in this text are marked",
        ),
        (
            f"<pre>{'boat ' * 600}</pre><p>sea</p><p>boat</p>",
            "The first 600 hits of the search in this text are marked",
        ),
    ],
)
def test_of_very_many_hits_in_a_formatted_text_it_is_said_which_are_marked(
    here: Visit, body: str, said: str
) -> None:
    here.take_in(heavy_html(body))
    reader = here.visitor()

    page = reader.get(f"/messages/1-0?from={quote('q=boat')}").text
    source = re.search(r'<iframe src="([^"]*)"', page)
    assert source
    shown = marked(reader.get(unescape(source[1])).text)

    assert said in page
    assert len(shown) == int(re.findall(r"\d+", said)[0])


def test_remote_pictures_are_counted_and_their_hosts_named(here: Visit) -> None:
    shown = "".join(
        f'<img src="https://{host}/{number}.png">'
        for number, host in enumerate(("b.example", "a.example", "b.example"))
    )
    here.take_in(heavy_html(f"<p>Look:</p>{shown}"))
    reader = here.visitor()

    page = text(reader.get("/messages/1-0").text)
    asked = reader.get("/messages/1-0?remote=1").text

    assert "3 remote pictures from 2 hosts, not loaded: a.example , b.example" in page
    assert "Load remote pictures" in page
    assert "Hide remote pictures" in asked


def test_nothing_is_said_of_remote_pictures_where_there_are_none(here: Visit) -> None:
    here.take_in(heavy_html("<p>No picture at all.</p>"))

    assert "remote picture" not in here.visitor().get("/messages/1-0").text.lower()


def test_an_address_leads_to_what_else_its_owner_sent_or_got(here: Visit) -> None:
    here.take_in(mbox_of([raw_message(1), raw_message(2)]))
    reader = here.visitor()

    page = reader.get("/messages/1-0").text
    links = [unescape(one) for one in re.findall(r'href="(/search\?q=(?:from|to)[^"]*)"', page)]

    assert links == ["/search?q=from%3Aann1%40example.org", "/search?q=to%3Abob%40example.org"]
    assert "2 messages" in text(reader.get(links[1]).text)
    assert "/search?q=in%3A1" in page


def test_times_say_when_that_is_in_utc(here: Visit) -> None:
    here.take_in(sample(), filename="sample.mbox")
    reader = here.visitor()
    reader.cookies.set("zone", "Asia/Seoul")

    page = reader.get("/messages/1-0").text

    times = re.findall(r'<time datetime="([^"]*)" title="([^"]*UTC)">([^<]*)<', page)
    assert times
    at, title, shown = times[0]
    assert at[:19] == title.removesuffix(" UTC").replace(" ", "T")
    assert "KST" in shown


def test_the_conversation_opens_at_this_message_and_pages_by_fifty(here: Visit) -> None:
    first = raw_message(1, subject="The boat")
    answers = [
        raw_message(number, subject="Re: The boat").replace(
            b"\nMessage-ID", b"\nIn-Reply-To: <1@letters.example.org>\nMessage-ID", 1
        )
        for number in range(2, 60)
    ]
    here.take_in(mbox_of([first, *answers]))
    reader = here.visitor()
    offset = len(first) + sum(map(len, answers[:-1]))

    page = reader.get(f"/messages/1-{offset}").text

    assert 'aria-current="true"><bdi>Re: The boat' in page
    assert "59 of 59" in page or "–59 of 59" in page
    previous = re.search(r'href="([^"]*)">Previous page', page)
    assert previous
    assert 'href="/messages/1-0"' in reader.get(unescape(previous[1])).text


def test_far_on_among_the_results_a_message_still_knows_its_search() -> None:
    trail = "&".join(f"trail={number}~{'x' * 40}" for number in range(20))
    far = MessageLinks(
        path="/messages/1-0", came_from=f"q=meeting&order=sender&after=9~z&{trail}", charset=None
    )
    endless = MessageLinks(path="/messages/1-0", came_from=f"q={'word+' * 200}", charset=None)

    assert far.carried == "q=meeting&order=sender"
    assert "from=q%3Dmeeting" in far.to(Look.TEXT)
    assert endless.carried == ""
