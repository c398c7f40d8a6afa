"""No view of a message weighs more than 200 kB, and what is beyond is a link away, whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.web import heavy_mail
from tests.web.visiting import Visit
from web.cuts import cuts_of

MOST_BYTES = 200_000
VIEWS = ("", "?view=html", "?view=text", "?view=headers", "?view=parts", "?view=raw", "?view=hex")
HOSTILE: dict[str, Callable[[], bytes]] = {
    "lines": lambda: heavy_mail.heavy_text(heavy_mail.NUMBERED),
    "one line": lambda: heavy_mail.heavy_text(heavy_mail.ONE_LINE),
    "no blank": lambda: heavy_mail.heavy_text("x" * 900_000),
    "korean": lambda: heavy_mail.heavy_text(heavy_mail.KOREAN),
    "quotes": lambda: heavy_mail.heavy_text('"&<>' * 110_000),
    "files": lambda: heavy_mail.many_files(500),
    "long names": lambda: heavy_mail.many_files(120, name=f"{'&' * 450}{{}}.txt"),
    "headers": lambda: heavy_mail.long_headers(),
    "html": lambda: heavy_mail.heavy_html("<p>Some <b>bold</b> words of it.</p>\n" * 9_000),
    "tables": lambda: heavy_mail.heavy_html(
        "<table><tr><td>" + "<p>a cell, quite long</p>" * 15_000
    ),
    "pictures": lambda: heavy_mail.many_pictures(number=3, size=150_000, times=3),
    "small pictures": lambda: heavy_mail.many_pictures(number=40, size=15_000, times=2),
    "talk": lambda: heavy_mail.long_talk(400),
}


def link(page: str, rel: str) -> str | None:
    """Where a link of that kind leads."""
    found = re.search(rf'<a rel="{rel}" href="([^"]*)"', page)
    return unescape(found[1]) if found else None


def onward_link(page: str) -> str | None:
    """Where the next page of the text is."""
    return link(page, "next")


def body(page: str) -> str:
    """What stands in the text of a page, as it is meant."""
    found = re.search(r"<pre[^>]*>\n?(.*?)</pre>", page, re.DOTALL)
    assert found
    return unescape(re.sub(r"</?mark[^>]*>", "", found[1]))


def beside(page: str) -> str | None:
    """Where the next page of a list beside the text is."""
    found = re.search(r'<a href="([^"]*)">Next page', page)
    return unescape(found[1]) if found else None


def every_page(
    reader: TestClient, address: str, *, onwards: Callable[[str], str | None] = onward_link
) -> Iterator[str]:
    """The pages of something, by their own links."""
    onward: str | None = address
    while onward:
        answer = reader.get(onward)
        assert answer.status_code == 200
        assert len(answer.content) < MOST_BYTES, onward
        yield answer.text
        onward = onwards(answer.text)


@pytest.mark.parametrize("kind", ["quotes", "headers", "files"])
def test_nor_is_one_that_was_opened_from_an_endless_query(here: Visit, kind: str) -> None:
    here.take_in(HOSTILE[kind]())
    reader = here.visitor()

    for query in ("도서관 " * 1_000, "quark OR " * 60 + "quark"):
        answer = reader.get(f"/messages/1-0?view=text&from={quote('q=' + quote(query))}")
        assert answer.status_code == 200
        assert len(answer.content) < MOST_BYTES
        assert "Back to the results" in answer.text


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_view_of_a_message_is_too_heavy(here: Visit, kind: str) -> None:
    here.take_in(HOSTILE[kind]())
    reader = here.visitor()
    asked = quote("q=" + "도서관 " * 300)

    for view in (*VIEWS, f"?view=text&from={asked}", f"?from={quote('q=quark')}"):
        answer = reader.get(f"/messages/1-0{view}")
        assert answer.status_code == 200
        assert len(answer.content) < MOST_BYTES, view
    assert len(reader.get("/messages/1-0/html").content) < MOST_BYTES


@pytest.mark.parametrize("kind", ["lines", "one line", "no blank", "korean", "quotes"])
@pytest.mark.parametrize("view", ["text", "raw"])
def test_no_character_is_lost_or_doubled_between_the_pages(
    here: Visit, kind: str, view: str
) -> None:
    here.take_in(HOSTILE[kind]())
    reader = here.visitor()

    pages = [body(page) for page in every_page(reader, f"/messages/1-0?view={view}")]

    raw = HOSTILE[kind]().decode().partition("\n")[2]
    whole = raw if view == "raw" else reader.get("/api/messages/1-0").json()["text"]
    assert len(pages) > 3
    assert "".join(pages) == whole


def test_a_page_of_a_text_says_where_it_is_and_leads_to_the_others(here: Visit) -> None:
    here.take_in(HOSTILE["lines"]())
    reader = here.visitor()

    first, second, *_, last = every_page(reader, "/messages/1-0?view=text")

    total = len(reader.get("/api/messages/1-0").json()["text"])
    told = re.search(r"characters 1–([\d,]+) of ([\d,]+)", first)
    assert told
    assert told[2] == f"{total:,}"
    assert body(first).endswith("of a very long letter\n")
    assert f"characters {int(told[1].replace(',', '')) + 1:,}–" in second
    assert f"–{total:,} of {total:,}" in last
    end = re.search(r'href="([^"]*)">Go to the end<', first)
    assert end
    assert body(reader.get(unescape(end[1])).text) == body(last)
    previous = link(second, "prev")
    assert previous
    assert body(reader.get(previous).text) == body(first)
    assert "/api/messages/1-0/raw" in first


def test_a_place_within_a_page_leads_to_the_page_and_one_behind_the_end_to_the_last(
    here: Visit,
) -> None:
    here.take_in(HOSTILE["lines"]())
    reader = here.visitor()
    for view in ("text", "raw"):
        pages = list(every_page(reader, f"/messages/1-0?view={view}"))

        within = body(reader.get(f"/messages/1-0?view={view}&at=7").text)
        behind = body(reader.get(f"/messages/1-0?view={view}&at=99999999999").text)

        assert (within, behind) == (body(pages[0]), body(pages[-1]))


def test_a_letter_of_several_characters_is_not_cut_apart() -> None:
    text = "e" + ("\u0301e" * 200_000)

    cuts = cuts_of(text)

    assert len(cuts) > 2
    assert all(text[cut] == "e" for cut in cuts)


KOREAN = "도서관의 책장은 무겁습니다\n"


@pytest.mark.parametrize(
    ("codec", "charset", "line"),
    [
        ("cp949", "cp949", KOREAN),
        ("cp949", "cp949", KOREAN.replace(" ", "<b>").replace("\n", ".")),
        ("iso2022_kr", "iso-2022-kr", KOREAN),
        ("iso2022_kr", "iso-2022-kr", KOREAN * 90),
        ("iso2022_jp", "iso-2022-jp", "図書館の本棚は重い\n"),
        ("iso2022_jp", "iso-2022-jp", "図書館の 本棚は 重い " * 100 + "\n"),
        ("utf-7", "utf-7", KOREAN),
        ("utf-16-le", "utf-16", KOREAN),
        ("utf-16-le", "utf-16", "\N{BOOKS}\N{LATIN CAPITAL LETTER C WITH DOT ABOVE}\n"),
        ("utf-16-le", "utf-16le", "\N{BOOKS}" * 90),
        ("utf-16-be", "utf-16be", KOREAN),
    ],
)
def test_bytes_of_another_charset_are_cut_between_letters(
    here: Visit, codec: str, charset: str, line: str
) -> None:
    words = line * (200_000 // len(line))
    # However long the headers are: what takes several bytes lies on a border or does not.
    for longer in range(4 if codec.startswith("utf-16") else 1):
        subject = b"Subject: Letter 1" + b"." * longer
        mbox = heavy_mail.heavy_text("CUT").replace(b"Subject: Letter 1", subject)
        here.take_in(mbox.replace(b"CUT", words.encode(codec)))
        reader, number = here.visitor(), longer + 1
        address = f"/messages/{number}-0?view=raw&charset={charset}"

        pages = [body(one) for one in every_page(reader, address)]

        assert len(pages) > 3
        assert words.strip() in "".join(pages)


@pytest.mark.parametrize("size", [65_536, 65_537, 65_539])
@pytest.mark.parametrize("charset", ["utf-16", "utf-32"])
def test_a_message_that_ends_where_a_block_does_is_shown(
    here: Visit, size: int, charset: str
) -> None:
    head = b"From: Ann <ann@example.org>\nSubject: short\n\n"
    separator = b"From ann@example.org Thu Jan  5 10:00:00 2023\n"
    here.take_in(separator + head + b"x" * (size - len(head) - 1) + b"\n")

    pages = list(every_page(here.visitor(), f"/messages/1-0?view=raw&charset={charset}"))

    assert "Subject: short" in pages[0]


def test_every_attachment_is_on_one_page_of_them(here: Visit) -> None:
    here.take_in(HOSTILE["files"]())
    reader = here.visitor()

    pages = list(every_page(reader, "/messages/1-0?files=0", onwards=beside))

    found = re.findall(r'href="/messages/1-0/parts/([\d.]+)" download', "".join(pages))
    assert len(found) == len(set(found)) == 500
    assert "1–" in pages[0]
    assert "of 500" in pages[0]


def test_every_part_is_on_one_page_of_the_tree(here: Visit) -> None:
    here.take_in(HOSTILE["files"]())
    reader = here.visitor()
    found: list[str] = []

    for page in every_page(reader, "/messages/1-0?view=parts"):
        tree = page.partition('class="cards-when-narrow tree"')[2].partition("</table>")[0]
        found += re.findall(r'href="/messages/1-0/parts/([\d.]+)" download', tree)

    assert len(found) == len(set(found)) == 501


def test_the_formatted_text_comes_in_pieces_and_none_is_lost(here: Visit) -> None:
    lines = "".join(f"<tr><td><p>row {number} here</p></td></tr>" for number in range(8_000))
    here.take_in(heavy_mail.heavy_html(f"<div><table><tbody>{lines}</tbody></table></div>"))
    reader = here.visitor()
    rows: list[str] = []

    for page in every_page(reader, "/messages/1-0?view=html"):
        frame = re.search(r'<iframe src="([^"]*)"', page)
        assert frame
        answer = reader.get(unescape(frame[1]))
        assert len(answer.content) < MOST_BYTES
        assert answer.text.count("<table") == answer.text.count("</table>") == 1
        rows += re.findall(r"row (\d+) here", answer.text)

    assert rows == [str(number) for number in range(8_000)]


def test_numbered_lists_go_on_with_their_numbers_in_the_next_piece(here: Visit) -> None:
    inner = "".join(f"<li>within {number}</li>" for number in range(1, 2_001))
    long = "<p>a long item</p>" * 9_000
    outer = "".join(f"<li>item {number}</li>" for number in range(7, 4_000))
    items = f"{outer}<li><ol>{inner}</ol></li><li>{long}</li><li>end</li>"
    here.take_in(heavy_mail.heavy_html(f'<ol start="7" type="i">{items}</ol>'))
    reader = here.visitor()
    numbers: dict[str, int] = {}

    for page in every_page(reader, "/messages/1-0?view=html"):
        frame = re.search(r'<iframe src="([^"]*)"', page)
        assert frame
        numbers.update(_numbered(reader.get(unescape(frame[1])).text))

    assert numbers.pop("end") == 4_002
    assert all(numbers[f"within {number}"] == number for number in range(1, 2_001))
    assert all(numbers[f"item {number}"] == number for number in range(7, 4_000))


def _numbered(markup: str) -> dict[str, int]:
    """What begins an item, and the number that a browser shows before it."""
    found: dict[str, int] = {}
    lists: list[int] = []
    for tag in re.finditer(r"<ol([^>]*)>|<li>([^<]*)|</ol>", markup):
        if tag[1] is not None:
            start = re.search(r' start="(\d+)"', tag[1])
            lists.append(int(start[1]) if start else 1)
        elif tag[2] is not None:
            found.setdefault(tag[2], lists[-1])
            lists[-1] += 1
        else:
            lists.pop()
    return found


def test_a_formatted_text_in_pieces_says_so_and_offers_the_whole(here: Visit) -> None:
    here.take_in(HOSTILE["html"]())

    page = here.visitor().get("/messages/1-0").text

    assert re.search(r"piece 1 of \d", page)
    assert 'href="/api/messages/1-0/raw' in page


def test_no_part_is_taken_out_of_a_message_of_nothing_but_boundaries(here: Visit) -> None:
    bomb = "--b\n\nx\n" * 160_000
    here.take_in(
        b"From ann@example.org Thu Jan  5 10:00:00 2023\nFrom: ann@example.org\n"
        b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        + f"{bomb}--b--\n\n".encode()
    )

    answer = here.visitor().get("/messages/1-0/parts/1.1")

    assert answer.status_code == 413
    assert "Download the whole message." in answer.text
    assert "attachment" not in answer.headers.get("content-disposition", "")


def test_a_part_with_very_many_dashes_is_taken_out_of_its_message(here: Visit) -> None:
    dump = b"-- a comment\n" * 120_000
    here.take_in(
        b"From ann@example.org Thu Jan  5 10:00:00 2023\nFrom: ann@example.org\n"
        b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="=_b"\n\n--=_b\n\nSee.\n'
        b"--=_b\nContent-Type: application/sql; name=dump.sql\n\n" + dump + b"\n--=_b--\n\n"
    )

    answer = here.visitor().get("/messages/1-0/parts/2")

    assert answer.status_code == 200
    assert answer.content.startswith(dump.strip())


def test_own_pictures_that_are_too_heavy_are_told_and_shown_when_asked(here: Visit) -> None:
    here.take_in(HOSTILE["pictures"]())
    reader = here.visitor()

    page, frame = reader.get("/messages/1-0").text, reader.get("/messages/1-0/html").text
    asked = re.search(r'href="([^"]*)">Show them<', page)
    assert asked
    shown = reader.get(unescape(asked[1])).text
    source = re.search(r'<iframe src="([^"]*)"', shown)

    assert "3 pictures of its own (450 kB) are too heavy" in page
    assert "data:image" not in frame
    assert source
    assert reader.get(unescape(source[1])).text.count("data:image/png") == 9
