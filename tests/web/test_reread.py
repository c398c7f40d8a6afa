"""The pages around reading one message again, and through the bytes of a long one."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

import pytest

from store.accounts import Role
from store.database import Database
from tests.mboxes import mbox_of, raw_message
from tests.web.visiting import Visit, visit

LARGE = raw_message(7, subject="A heavy one", body="heavy quarkseven\n" * 6000)
HUGE = raw_message(9, subject="Heavier still", body="heavy quarknine\n" * 40_000)
KOREAN = raw_message(8, body="PLACE\n").replace(b"PLACE", "도서관 책상".encode("cp949"))


@pytest.fixture
def strict(database: Database, tmp_path: Path) -> Visit:
    """A console that sets large messages aside, over either database."""
    return visit(database, tmp_path, MAX_MESSAGE_BYTES="65536")


def test_a_quarantined_message_offers_to_be_read_again_and_is(strict: Visit) -> None:
    floor, visitor = strict.take_in(mbox_of([raw_message(1), LARGE])), strict.visitor()
    page = visitor.get(f"/jobs/{floor.job_id}").text
    link = re.search(r'href="(/messages/[\d-]+/read-again)"', page)
    assert link

    asked = visitor.get(link[1]).text
    narrow = visitor.post(link[1], data={"charset": "cp949"})
    done = visitor.post(link[1], data={"wide": "yes"})

    assert "the message takes the place of its quarantine" in asked
    assert narrow.status_code == 409
    assert "nothing was changed" in narrow.text
    assert "messages above 65,536 bytes are not read whole" in narrow.text
    followed = visitor.get(done.headers["Location"]).text
    assert "stored as it was read" in followed
    assert "heavy quarkseven" in followed
    assert "Quarantined messages" not in visitor.get(f"/jobs/{floor.job_id}").text
    assert "had a message read again" in visitor.get(f"/audit?subject=job:{floor.job_id}").text


def test_of_a_message_whose_headers_alone_were_read_it_is_not_said_that_it_has_no_text(
    strict: Visit,
) -> None:
    strict.take_in(LARGE)

    page = strict.visitor().get("/messages/1-0").text

    assert "Its body was not read." in page
    assert "There is no text in this message." not in page
    assert page.lower().count("only the headers were read") == 1


def test_what_is_too_much_even_so_stays_quarantined(strict: Visit) -> None:
    strict.take_in(HUGE)

    answer = strict.visitor().post("/messages/1-0/read-again", data={"wide": "yes"})

    assert answer.status_code == 409
    assert "messages above 262,144 bytes" in answer.text


def test_a_charset_that_is_looked_at_can_be_kept_and_undone(strict: Visit) -> None:
    strict.take_in(KOREAN)
    visitor = strict.visitor()

    looked = visitor.get("/messages/1-0?view=text&charset=cp1252").text
    visitor.post("/messages/1-0/read-again", data={"charset": "cp1252"})
    kept = visitor.get("/messages/1-0").text
    visitor.post("/messages/1-0/read-again", data={"charset": ""})
    back = visitor.get("/messages/1-0").text

    assert "Keep cp1252" in looked
    assert "It is stored as read with cp1252" in kept
    assert "µµ¼" in kept
    assert "Back to the charset as found" in kept
    assert "도서관 책상" in back
    assert "It is stored as read with" not in back


def test_viewers_are_not_asked_and_nobody_reads_by_a_charset_that_is_none(strict: Visit) -> None:
    strict.take_in(KOREAN)
    viewer = strict.visitor(Role.VIEWER)

    assert "read-again" not in viewer.get("/messages/1-0?charset=cp1252").text
    assert viewer.get("/messages/1-0/read-again").status_code == 403
    assert viewer.post("/messages/1-0/read-again").status_code == 403
    refused = strict.visitor().post("/messages/1-0/read-again", data={"charset": "klingon"})
    assert refused.status_code == 400


def test_every_byte_of_a_long_message_can_be_looked_at_page_by_page(here: Visit) -> None:
    here.take_in(LARGE)
    visitor = here.visitor()
    seen, address = bytearray(), "/messages/1-0?view=hex"

    while address:
        page = visitor.get(address).text
        lines = re.findall(r"[0-9a-f]{10}  ((?:[0-9a-f]{2} ?){1,16})", page)
        seen += bytes.fromhex("".join(lines))
        further = re.search(r'rel="next" href="([^"]*)"', page)
        address = further[1].replace("&amp;", "&") if further else ""

    assert bytes(seen) == LARGE
    assert visitor.get("/messages/1-0?view=hex&at=99999999").status_code == 200


MIXED = raw_message(8, subject="=?utf-8?b?7ZWc6riA?= number 7", body="PLACE\n" * 30).replace(
    b"PLACE", "가나다".encode("cp949")
)


def test_how_a_message_would_read_is_shown_beforehand_and_changes_nothing(strict: Visit) -> None:
    strict.take_in(MIXED)
    visitor = strict.visitor()
    before = visitor.get("/messages/1-0").text

    shown = visitor.get("/messages/1-0/read-again?look=yes&charset=euc-jp").text
    right = visitor.get("/messages/1-0/read-again?look=yes&charset=cp949").text

    assert "So it would read" in shown
    assert "selected>EUC-JP · 日本語" in shown
    assert "가나다" not in shown
    assert "가나다\n가나다" in right
    assert "한글 number 7" in right
    assert right.count("가나다") < 30
    assert visitor.get("/messages/1-0").text == before
    assert "had a message read again" not in visitor.get("/audit").text


def test_how_a_message_would_read_cannot_always_be_told(strict: Visit) -> None:
    strict.take_in(LARGE)

    answer = strict.visitor().get("/messages/1-0/read-again?look=yes&charset=cp949")

    assert answer.status_code == 409
    assert "messages above 65,536 bytes are not read whole" in answer.text
    assert "So it would read" not in answer.text


@pytest.mark.parametrize("name", ["EUC-JP", "win-1251", "ks_c_5601-1987", "mac-greek"])
def test_a_charset_may_be_named_that_is_not_on_the_list(strict: Visit, name: str) -> None:
    strict.take_in(KOREAN)
    visitor = strict.visitor()

    done = visitor.post("/messages/1-0/read-again", data={"charset": "", "other_charset": name})

    assert done.status_code == 303
    assert "It is stored as read with" in visitor.get("/messages/1-0").text
    assert "selected" in visitor.get("/messages/1-0/read-again").text


@pytest.mark.parametrize("name", ["klingon", "base64", "rot13", "undefined", "<b>", "x" * 61])
def test_what_is_no_charset_is_said_beside_its_field(strict: Visit, name: str) -> None:
    strict.take_in(KOREAN)
    visitor = strict.visitor()

    answers = [
        visitor.post("/messages/1-0/read-again", data={"other_charset": name}),
        visitor.get("/messages/1-0/read-again", params={"look": "yes", "other_charset": name}),
    ]

    for answer in answers:
        assert answer.status_code == 400
        assert 'id="no-charset" role="alert">There is no such charset.' in answer.text
        assert 'aria-invalid="true"' in answer.text
        assert "<b>" not in answer.text.partition('id="other-charset"')[2].partition("</div>")[0]
    for view in ("text", "headers", "raw", "html"):
        asked = {"view": view, "other_charset": name}
        page = visitor.get("/messages/1-0", params=asked)
        assert page.status_code == 200
        told = page.text.partition('id="passed-over"')[2].partition("</p>")[0]
        assert f"other_charset={escape(name)[:40]}" in told
