"""A search that finds nothing says which names in it stand for nothing."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote

import pytest

from store.query_hints import unknown_fields
from tests.mboxes import letters, raw_message
from tests.web.test_errand_files import delete
from tests.web.visiting import Visit


def said(here: Visit, query: str, *, language: str = "en") -> str:
    """What the page of a search says, blanks evened out."""
    page = here.visitor(language=language).get(f"/search?q={quote(query)}").text
    return " ".join(unescape(re.sub(r"<[^>]+>", "", page)).split())


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("frm:ann", ("frm",)),
        ('boat -Frm:"ann lee" (sbj:x OR frm:y)', ("Frm", "sbj", "frm")),
        ("보낸사람:김", ("보낸사람",)),
        ("frm: ann", ("frm",)),
        ("from:ann subject:re:boat label:work:urgent", ()),
        ("https://example.org/a:b 10:30 오전10:30 C:\\mail c:mail", ()),
        ('"frm:ann" ratio::', ("ratio",)),
    ],
)
def test_a_word_before_a_colon_that_is_no_field(query: str, names: tuple[str, ...]) -> None:
    assert unknown_fields(query) == names


def test_a_search_without_hits_says_that_there_is_no_such_field(here: Visit) -> None:
    here.take_in(letters(1))

    english, korean = said(here, "frm:ann"), said(here, "frm:ann", language="ko")

    assert (
        "“frm:” is no field and was looked for as words; the fields are subject, from, to,"
        in english
    )
    assert "“frm:” 항목은 없어" in korean
    assert "“frm:”, “sbj:” are no fields" in said(here, "frm:ann sbj:x")


def test_a_search_with_hits_says_nothing_of_the_kind(here: Visit) -> None:
    here.take_in(raw_message(1, body="Note: frm:ann is what he wrote.\n"))

    assert "is no field" not in said(here, "frm:ann")
    assert "is no field" not in said(here, "nowhere")


def test_a_file_that_nobody_sent_is_named(here: Visit) -> None:
    floor = here.take_in(letters(1), filename="letters.mbox")

    assert "No file here has “attic” in its name." in said(here, "in:attic")
    assert "No file here has the number 77." in said(here, "in:77")
    assert "이름에 “attic” 글자가 들어간 파일이 없습니다." in said(here, "in:attic", language="ko")
    for known in (f"in:{floor.upload_id} nowhere", "in:LETTERS nowhere"):
        assert "No file here" not in said(here, known)


def test_a_last_word_of_which_there_is_only_a_beginning_is_offered_as_one(here: Visit) -> None:
    here.take_in(raw_message(1, body="A thermal camera.\n"))
    offered = 'href="/search?q=camera%20ther%2A"'

    assert offered in here.visitor().get("/search?q=camera ther").text
    # While somebody types it is looked for as one already.
    assert "Letter 1" in here.visitor().get("/fragments/results?q=camera ther").text
    assert "1 message" in said(here, "camera ther*")
    # There too, for whoever typed it has seen what begins so.
    assert 'href="/search?q=from%3Aexa%2A"' in here.visitor().get("/search?q=from:exa").text
    for whole in ('"camera ther"', "camera body:ther", "결제", "ther -nothing", "x"):
        assert "only begins so" not in said(here, whole)


def test_programs_are_told_the_same_and_only_where_nothing_is_found(here: Visit) -> None:
    here.take_in(letters(1))
    visitor = here.visitor()

    def asked(query: str) -> dict[str, list[str]] | None:
        hints: dict[str, list[str]] | None = (
            visitor.get("/api/search", params={"q": query}).json().get("hints")
        )
        return hints

    assert asked("frm:ann in:attic") == {"no_fields": ["frm"], "no_files": ["attic"]}
    assert asked("nowhere") == {"no_fields": [], "no_files": []}
    assert asked("letter") is None


def test_a_number_that_no_file_can_have_is_looked_for_in_names(here: Visit) -> None:
    here.take_in(letters(1))

    assert "No file here has “20240101” in its name." in said(here, "in:20240101")


def test_a_deleted_file_is_no_file_any_more(here: Visit) -> None:
    floor = here.take_in(letters(1), filename="letters.mbox")
    delete(here, floor.upload_id)

    assert "No file here has “letters” in its name." in said(here, "in:letters nowhere")


def test_mail_without_a_date_is_counted_in_the_readers_language(here: Visit) -> None:
    dated = raw_message(1)
    here.take_in(re.sub(rb"\nDate: .*\n", b"\n", dated.replace(b"Thu Jan  5 10:00:00 2023", b"-")))

    korean = said(here, "letter", language="ko")

    assert "알 수 없음 1" in korean
    assert "unknown" not in korean


def test_who_asks_for_a_header_line_is_told_what_is_kept(here: Visit) -> None:
    here.take_in(letters(1))

    english, korean = said(here, "header:list-id"), said(here, "header:list-id", language="ko")

    assert "Of the other header lines nothing is kept" in english
    assert "found by list:" in english
    assert "다른 헤더 줄" in korean
    assert "other header lines" not in said(here, "frm:ann")
