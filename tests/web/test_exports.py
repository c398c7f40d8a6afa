"""Exports that are made beside: asked for, followed, fetched, and nobody else's."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from jobs.errands import run_errand
from store.accounts import Role
from store.errands import next_errand
from tests.mboxes import letters
from tests.web.visiting import Visit


def carry_out(here: Visit) -> None:
    workshop = here.house.workshop
    with workshop.database.read() as connection:
        errand = next_errand(connection)
    assert errand is not None
    run_errand(workshop, errand, still_mine=lambda: True)


def ask(browser: TestClient, **wish: object) -> str:
    answer = browser.post("/api/exports", json={"query": "", "format": "mbox"} | wish)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["status_url"])


def test_an_export_is_followed_to_its_file_by_programs(here: Visit) -> None:
    here.take_in(letters(3))
    browser = here.visitor(Role.VIEWER)
    where = ask(browser)

    waiting = browser.get(where).json()
    early = browser.get(f"{where}/file")
    carry_out(here)
    over = browser.get(where).json()
    file = browser.get(over["file_url"])

    assert (waiting["status"], waiting["file_url"], early.status_code) == ("waiting", None, 409)
    assert (over["status"], over["messages_done"], over["messages_total"]) == ("done", 3, 3)
    assert len(file.content) == over["bytes"]
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert browser.delete(where).status_code == 204
    assert browser.get(f"{where}/file").status_code == 410


def test_an_export_is_for_who_asked_and_for_administrators(here: Visit) -> None:
    where = ask(here.visitor(Role.OPERATOR))
    carry_out(here)

    assert here.visitor(Role.ADMIN).get(f"{where}/file").status_code == 200
    assert here.visitor(Role.VIEWER).get(f"{where}/file").status_code == 404
    assert here.visitor(Role.VIEWER).get(where).status_code == 404


def test_what_an_export_asks_for_is_shown_to_nobody_else(here: Visit) -> None:
    owner, other = here.visitor(Role.OPERATOR), here.visitor(Role.VIEWER)
    number = ask(owner, query="subject:harbour").rpartition("/")[2]

    assert "subject:harbour" in owner.get(f"/errands/{number}").text
    assert "subject:harbour" not in other.get(f"/errands/{number}").text
    assert owner.get(f"/api/errands/{number}").status_code == 200
    assert other.get(f"/api/errands/{number}").status_code == 404


@pytest.mark.parametrize(
    "wish",
    [
        {"format": "exe"},
        {"query": '"open'},
        {"query": "x" * 5000},
        {"labelled": "yes"},
        {"query": 1},
    ],
)
def test_an_export_that_makes_no_sense_is_refused(here: Visit, wish: dict[str, object]) -> None:
    answer = here.visitor().post("/api/exports", json={"format": "mbox"} | wish)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_page_leads_from_the_hits_to_the_file(here: Visit) -> None:
    here.take_in(letters(3))
    browser = here.visitor()
    page = browser.get("/search?q=letter").text
    assert "Prepare 3 messages as a file" in page

    asked = browser.post("/exports", data={"q": "letter", "format": "csv"})
    carry_out(here)
    errand = browser.get(asked.headers["Location"]).text

    link = re.search(r'href="(/errands/\d+/file)"', errand)
    assert link
    assert browser.get(link[1]).content.startswith(b"\xef\xbb\xbf")


def test_an_export_whose_mbox_is_gone_says_so(here: Visit) -> None:
    floor = here.take_in(letters(3))
    floor.workshop.spool.path(floor.spool_name).unlink()

    assert here.visitor().get("/search/export?q=letter&format=mbox").status_code == 410
