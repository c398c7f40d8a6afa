"""Taking a message apart on a page: bounded, whatever its MIME is made of."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from store.database import Database
from tests.web.test_page_weights import body
from tests.web.visiting import Visit, visit

SEPARATOR = b"From ann@example.org Thu Jan  5 10:00:00 2023\n"
# Each line may be the boundary of any of a hundred multiparts.
BOUNDARIES = (
    SEPARATOR
    + b"From: ann@example.org\nContent-Type: multipart/mixed; boundary=b0\n\n"
    + b"".join(
        b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (one, one + 1)
        for one in range(100)
    )
    + b"--b100\nContent-Type: text/html\n\n<p>hello</p>\n"
    + b"-\n--b" * 4_000_000
    + b"\n\n"
)


@pytest.mark.parametrize("view", ["html", "parts"])
def test_boundaries_by_the_million_do_not_hold_the_console_up(here: Visit, view: str) -> None:
    here.take_in(BOUNDARIES)
    reader = here.visitor()

    begun = time.process_time()
    pages = [reader.get(f"/messages/1-0?view={view}"), reader.get("/messages/1-0/html")]
    taken = time.process_time() - begun

    assert [one.status_code for one in pages] == [200, 200]
    assert taken < 2
    assert "too large" in "".join(one.text for one in pages)


def test_a_long_message_is_read_by_another_charset_all_the_same(here: Visit) -> None:
    words = "도서관의 책장은 무겁습니다\n"
    raw = SEPARATOR + b"Subject: long\n\n" + words.encode("cp949") * 60_000 + b"\n"
    here.take_in(raw)

    page = here.visitor().get("/messages/1-0?view=text&charset=cp949").text

    assert body(page).startswith(words)


def test_what_takes_too_long_by_another_charset_is_ended_and_said(
    sqlite_database: Database, tmp_path: Path
) -> None:
    here = visit(sqlite_database, tmp_path, MESSAGE_SECONDS="1")
    here.take_in(BOUNDARIES)

    begun = time.process_time()
    page = here.visitor().get("/messages/1-0?view=text&charset=cp949").text

    assert time.process_time() - begun < 1
    assert "It could not be read so: " in page
