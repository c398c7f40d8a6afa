"""A job tells of the defects of its messages, and what its quarantined messages are about."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.database import Database
from tests.mboxes import letters
from tests.web.test_pages_workers import words_of
from tests.web.visiting import Visit, visit
from web.fragments import progress

BAD = (
    b"From ann@example.org Mon Jan  1 00:00:00 2024\n"
    b"From: Ann <ann@example.org>\nTo: bob@example.org\nSubject: Broken one\n"
    b"Date: never\nMIME-Version: 1.0\nContent-Type: text/plain; charset=no-such\n\nHi \xff\n\n"
)


def test_the_page_of_a_job_says_how_many_messages_have_defects(here: Visit) -> None:
    floor = here.take_in(letters(3) + BAD)

    html = here.visitor().get(f"/jobs/{floor.job_id}").text

    assert "With defects 1 look at them" in words_of(html)
    link = f"/search?q=in:{floor.upload_id}+has:defect"
    assert f'href="{link}"' in html
    found = here.visitor().get(link).text
    assert "Broken one" in found
    assert "1 message" in words_of(found)


def test_a_file_without_defects_says_none(here: Visit) -> None:
    floor = here.take_in(letters(3))

    page = words_of(here.visitor().get(f"/jobs/{floor.job_id}").text)

    assert "With defects 0" in page
    assert "With defects 0 look at them" not in page


def test_of_very_many_messages_there_is_a_link_and_no_count(
    here: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "DEFECTS_COUNTED", 2)
    floor = here.take_in(letters(3) + BAD)

    page = words_of(here.visitor().get(f"/jobs/{floor.job_id}").text)

    assert "With defects look for them" in page


@pytest.fixture
def strict(database: Database, tmp_path: Path) -> Visit:
    """A console that quarantines what is not small, over either database."""
    return visit(database, tmp_path, MAX_MESSAGE_BYTES="65536")


def test_quarantined_messages_are_told_by_subject_sender_and_date(strict: Visit) -> None:
    big = (
        b"From ann@example.org Mon Jan  1 00:00:00 2024\n"
        b"From: Ann Lee <ann@example.org>\nTo: bob@example.org\nSubject: <i>Plans</i> for May\n"
        b"Date: Tue, 2 Jan 2024 10:00:00 +0000\n\n" + b"word \n" * 20000 + b"\n"
    )
    floor = strict.take_in(letters(2) + big)
    visitor = strict.visitor()

    for address in (f"/jobs/{floor.job_id}", f"/jobs/{floor.job_id}/report"):
        html = visitor.get(address).text
        assert "&lt;i&gt;Plans&lt;/i&gt; for May" in html, address
        assert "Ann Lee" in words_of(html), address
        assert "ann@example.org" in words_of(html), address
        assert "2 Jan 2024" in words_of(html), address
    (told,) = visitor.get(f"/api/jobs/{floor.job_id}/report").json()["quarantined"]
    assert told["subject"] == "<i>Plans</i> for May"
    assert told["sender"] == "ann@example.org"
    assert told["sent_at"] == "2024-01-02T10:00:00+00:00"
