"""The charsets that pages offer."""

from __future__ import annotations

import pytest

from mail.charset import decode_as
from mail.charset_label import codec_of
from tests.web.visiting import Visit
from web.charsets import GROUPS, charset_choice

OFFERED = [one.codec for group in GROUPS for one in group.charsets]
PAGES = ("/messages/1-0", "/messages/1-0/read-again", "/search/all?act=read&q=")


def test_each_charset_is_offered_once_and_can_be_read_with() -> None:
    assert len(set(OFFERED)) == len(OFFERED)
    for codec in OFFERED:
        assert codec_of(codec) == codec
        assert decode_as("abc".encode(codec), codec).text.endswith("abc")


@pytest.mark.parametrize(
    "label", ["EUC-JP", "KOI8-R", "ISO-8859-2", "windows-1251", "UTF-16", "big5", "euc-kr"]
)
def test_common_labels_are_on_the_list(label: str) -> None:
    choice = charset_choice(label)

    assert choice.chosen in OFFERED
    assert choice.named is None


@pytest.mark.parametrize("page", PAGES)
def test_every_page_that_asks_for_a_charset_offers_all_of_them(here: Visit, page: str) -> None:
    here.take_in(b"From a Mon Jan  1 00:00:00 2024\nSubject: One\n\nText.\n")

    text = here.visitor().get(page).text

    assert all(f'<option value="{codec}"' in text for codec in OFFERED)
    assert 'name="other_charset"' in text


def test_a_view_by_another_charset_says_so_and_leads_back(here: Visit) -> None:
    body = "안녕하세요, 회의 일정을 보내 드립니다.".encode("cp949")
    head = b"From a Mon Jan  1 00:00:00 2024\nContent-Type: text/plain; charset=iso-8859-1\n"
    here.take_in(head + b"Subject: One\n\n" + body + b"\n")
    visitor = here.visitor()

    kept = visitor.get("/messages/1-0?view=text").text
    other = visitor.get("/messages/1-0?view=text&charset=johab").text
    the_same = visitor.get("/messages/1-0?view=text&charset=euc-kr").text
    its_bytes = visitor.get("/messages/1-0?view=hex&charset=johab").text

    assert "Shown as Johab; kept as CP949." in other
    assert '<a href="/messages/1-0?view=text">Show it as it is kept</a>' in other
    assert all('id="shown-as"' not in page for page in (kept, the_same, its_bytes))
    said = "It says iso-8859-1, but its bytes do not fit that charset; they were read as cp949."
    assert said in kept


def test_a_charset_whose_guess_nobody_noted_is_told_as_found(here: Visit) -> None:
    here.take_in(b"From a Mon Jan  1 00:00:00 2024\nSubject: One\n\nText.\n")

    page = here.visitor().get("/messages/1-0?view=raw&charset=koi8-r").text

    assert "Shown as KOI8-R; kept as it was found." in page
