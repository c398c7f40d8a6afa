"""The message page: every part, every defect in words, and the way to its bytes."""

from __future__ import annotations

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from mail.defect import DefectKind
from store.database import Database
from store.places import place_of_byte
from tests.mboxes import letters
from tests.web.make_sample import sample
from tests.web.test_pages_mail import message_called
from tests.web.visiting import Visit
from web.defect_words import KNOWN, defect_words
from web.language import Language, catalogue
from web.looks import frame_height


@pytest.fixture
def reader(here: Visit) -> TestClient:
    """Somebody signed in to a console that holds the sample."""
    here.take_in(sample(), filename="sample.mbox")
    return here.visitor()


def text(page: str) -> str:
    """What a page says, blanks evened out."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_the_whole_tree_of_parts_is_shown(reader: TestClient) -> None:
    page = reader.get(f"{message_called(reader, 'The new stamp')}?view=parts").text

    assert "multipart/related" in page
    assert "image/png" in page
    assert re.search(r'<a href="/messages/[\d-]+/parts/[\d.]+" download>', page)
    assert re.search(r"<code>[0-9a-f]{64}</code>", page)


def test_a_message_says_of_which_list_it_is_and_what_people_call_it(reader: TestClient) -> None:
    [address, *_] = [
        f"/messages/{hit['id']}"
        for hit in reader.get("/api/search", params={"q": 'list:"library team"'}).json()["messages"]
    ]

    found = reader.get(f"/api{address}").json()
    page = text(reader.get(address).text)

    assert (found["list_id"], found["list_description"]) == ("team.library.example", "Library team")
    assert "team.library.example Library team" in page


def test_a_message_says_where_its_bytes_are_and_who_read_them(here: Visit) -> None:
    floor = here.take_in(letters(3))

    page = here.visitor().get("/messages/1-0").text

    assert f'<a href="/jobs/{floor.job_id}"><bdi>letters.mbox' in page
    assert f'<a href="/jobs/{floor.job_id}?chunk=1#chunk">Chunk 1</a>' in page


def test_a_byte_that_no_chunk_holds_has_a_job_only(here: Visit) -> None:
    floor = here.take_in(letters(1), work=False)
    database: Database = here.house.database

    with database.read() as connection:
        found = place_of_byte(connection, upload_id=floor.upload_id, offset=0)
        nowhere = place_of_byte(connection, upload_id=99, offset=0)

    assert found is not None
    assert (found.job_id, found.seq) == (floor.job_id, None)
    assert nowhere is None


def test_defects_are_told_in_words_with_their_place(reader: TestClient) -> None:
    page = text(reader.get(message_called(reader, "A day that never was")).text)

    assert "date_" not in page
    assert "A date that cannot be read in Date" in page


def test_every_defect_there_is_has_words_in_both_languages() -> None:
    translate = catalogue(Language.KOREAN).gettext

    assert set(KNOWN) == set(DefectKind)
    for kind in DefectKind:
        words = defect_words(kind)
        assert translate(words.title) != words.title
        assert translate(words.meaning) != words.meaning


def test_a_defect_of_a_newer_version_is_shown_by_its_code() -> None:
    assert defect_words("moon_phase").title == "moon phase"


@pytest.mark.parametrize(
    ("lines", "pictures", "height"),
    [(1, 0, "tiny"), (10, 0, "small"), (30, 0, "middle"), (300, 0, "tall"), (1, 1, "small")],
)
def test_a_frame_is_as_high_as_its_text_is_long(lines: int, pictures: int, height: str) -> None:
    assert frame_height("a line\n" * lines, pictures=pictures) == height


def test_bytes_are_counted_from_one_and_with_the_separator_line(here: Visit) -> None:
    mbox = letters(1)
    here.take_in(mbox)

    page = here.visitor().get("/messages/1-0?view=hex").text

    assert f"bytes 1–{len(mbox):,} of {len(mbox):,}, with the separator line" in text(page)
    wide, narrow = re.findall(r'<pre tabindex="0" class="hex[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert [len(line.split("  ")[1].split()) for line in (wide, narrow)] == [16, 8]


def test_what_its_title_names_is_not_told_as_a_place_too(here: Visit) -> None:
    here.take_in(b"From a Mon Jan  1 00:00:00 2024\nSubject: One\n\nText.\n")

    page = text(here.visitor().get("/messages/1-0").text)

    assert "No Message-ID" in page
    assert "in Message-ID" not in page
    assert "in Date" not in page
