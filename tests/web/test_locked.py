"""An archive with encrypted files says what can be done, and gives back what it is."""

from __future__ import annotations

import pytest

from store.accounts import Role
from store.states import JobState
from tests.archives import mail, with_flag, zip_of
from tests.jobs.floor import Floor
from tests.web.test_pages_archives import text_of
from tests.web.visiting import Visit

ENCRYPTED = 1
LOCKED = with_flag(zip_of({"secret.mbox": mail(1)}), ENCRYPTED)


@pytest.fixture
def locked(here: Visit) -> Floor:
    """An archive of which every file needs a password."""
    floor = here.take_in(LOCKED, filename="비밀 1.zip")
    assert floor.job().state is JobState.FAILED
    return floor


def test_an_encrypted_archive_says_what_is_kept_and_what_to_do(here: Visit, locked: Floor) -> None:
    page = here.visitor().get(f"/jobs/{locked.job_id}").text
    notice = page.partition('id="locked"')[2].partition("</div>")[0]

    assert "1 file in this archive is encrypted" in notice
    assert "Unpack the archive on a machine of yours" in notice
    assert "Nothing came out of it." in notice
    for act in ("/upload", f"/jobs/{locked.job_id}/file", f"/jobs/{locked.job_id}/delete"):
        assert f'href="{act}"' in notice


def test_who_may_only_look_is_offered_no_act_there(here: Visit, locked: Floor) -> None:
    viewer = here.visitor(Role.VIEWER)
    page = viewer.get(f"/jobs/{locked.job_id}").text

    assert 'id="locked"' in page
    assert "/file" not in page
    assert viewer.get(f"/jobs/{locked.job_id}/file").status_code == 403


def test_of_an_archive_that_is_partly_encrypted_what_came_out_is_kept(here: Visit) -> None:
    both = bytearray(zip_of({"open.mbox": mail(2), "secret.mbox": mail(1)}))
    # The flag of the last entry, in its own header and in the directory.
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        both[both.rfind(mark) + at] |= ENCRYPTED
    floor = here.take_in(bytes(both), filename="both.zip")

    notice = text_of(here.visitor().get(f"/fragments/progress/{floor.job_id}").text)

    assert floor.job().status is JobState.INCOMPLETE
    assert "1 file in this archive is encrypted" in notice
    assert "1 file that is not encrypted was taken in and can be searched." in notice
    assert "deleting it takes their mail along" in notice


def test_an_archive_without_encrypted_files_says_nothing_of_passwords(here: Visit) -> None:
    floor = here.take_in(zip_of({"a.mbox": mail(1)}), filename="a.zip")

    assert "password" not in text_of(here.visitor().get(f"/fragments/progress/{floor.job_id}").text)


def test_a_file_is_given_back_as_it_came(here: Visit, locked: Floor) -> None:
    answer = here.visitor().get(f"/jobs/{locked.job_id}/file")

    assert answer.content == LOCKED
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert "UTF-8''%EB%B9%84%EB%B0%80%201.zip" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_a_file_that_is_not_in_the_spool_is_not_given(here: Visit, locked: Floor) -> None:
    here.house.spool.remove(locked.spool_name)

    answer = here.visitor().get(f"/jobs/{locked.job_id}/file")

    assert answer.status_code == 410
    assert (
        "/file" not in here.visitor().get(f"/jobs/{locked.job_id}").text.partition('id="about"')[0]
    )
    assert here.visitor().get("/jobs/" + "0" * 32 + "/file").status_code == 404
