"""Errands say which file they are about, before and after it is gone."""

from __future__ import annotations

import re

import pytest

from store.errands import ErrandKind
from store.uploads import forget_upload, mark_deleting
from tests.jobs.asked import ask, carry_out
from tests.jobs.floor import Floor
from tests.mboxes import letters
from tests.web.visiting import Visit

NAME = "<b>letters & \u05d0more.mbox"
SHOWN = "<bdi>&lt;b&gt;letters &amp; \u05d0more.mbox</bdi>"
OF_A_JOB = (
    ErrandKind.READ_AGAIN,
    ErrandKind.PAUSE_MEMBERS,
    ErrandKind.CANCEL_MEMBERS,
    ErrandKind.RETRY_MEMBERS,
)


@pytest.fixture
def floor(here: Visit) -> Floor:
    return here.take_in(letters(3), filename=NAME)


def test_a_deletion_names_its_file_while_it_waits_and_when_it_has_ended(
    here: Visit, floor: Floor
) -> None:
    errand = ask(floor, ErrandKind.DELETE_UPLOAD, upload_id=floor.upload_id)
    visitor = here.visitor()

    for _ in ("waiting", "done"):
        for at in ("/errands", "/fragments/errands", f"/errands/{errand.id}"):
            assert visitor.get(at).text.count(SHOWN) == 1
        carry_out(floor, errand)


@pytest.mark.parametrize("kind", OF_A_JOB)
def test_an_errand_about_a_job_names_the_file_of_the_job(
    here: Visit, floor: Floor, kind: ErrandKind
) -> None:
    errand = ask(floor, kind, job_id=floor.job_id)
    visitor = here.visitor()

    page = visitor.get(f"/errands/{errand.id}").text

    assert SHOWN in visitor.get("/errands").text
    assert SHOWN in page
    assert f'href="/jobs/{floor.job_id}"' in page


def test_an_errand_leads_to_no_job_whose_file_was_deleted(here: Visit, floor: Floor) -> None:
    errand = ask(floor, ErrandKind.READ_AGAIN, job_id=floor.job_id)
    delete(here, floor.upload_id)

    page = here.visitor().get(f"/errands/{errand.id}").text

    assert SHOWN in page
    assert "Deleted since" in page
    assert "/jobs/" not in re.sub(r"<nav.*?</nav>", "", page, flags=re.DOTALL)


def delete(here: Visit, upload_id: int) -> None:
    with here.house.database.write() as connection:
        mark_deleting(connection, upload_id)
        forget_upload(connection, upload_id)
