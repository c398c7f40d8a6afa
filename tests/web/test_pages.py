"""What people see: every page in both languages, nothing that runs, nothing that is lost."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from store.accounts import Role
from store.database import Database
from tests.mboxes import letters, mbox_of, raw_message
from tests.web.make_sample import SAMPLE, sample
from tests.web.visiting import Visit, visit
from web import words
from web.catalogue import ROOT

PAGES = (
    "/",
    "/upload",
    "/jobs",
    "/jobs?state=finished",
    "/search",
    "/search?q=library",
    "/search?q=%22never+closed",
    "/workers",
    "/failures",
    "/attachments",
    "/audit",
    "/settings",
)
PLEASE_WEIGH_LESS_THAN = 200_000
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_in_every_language(here: Visit, path: str, language: str) -> None:
    here.take_in(sample(), filename="sample.mbox")

    answer = here.visitor(language=language).get(path)

    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert len(answer.content) < PLEASE_WEIGH_LESS_THAN


@pytest.mark.parametrize("path", PAGES)
def test_an_empty_console_has_every_page_too(here: Visit, path: str) -> None:
    assert here.visitor().get(path).status_code == 200


def test_pages_are_the_same_on_both_databases(database: Database, tmp_path: Path) -> None:
    here = visit(database, tmp_path)
    floor = here.take_in(sample(), filename="sample.mbox")
    visitor = here.visitor()

    for path in (*PAGES, f"/jobs/{floor.job_id}?chunk=1", "/messages/1-0", "/messages/1-13253"):
        assert visitor.get(path).status_code == 200
    assert "38 messages" in visitor.get("/search?q=library").text


def test_an_empty_console_offers_the_sample_to_those_who_may_import_it(here: Visit) -> None:
    offer = 'action="/sample"'

    assert offer in here.visitor(Role.OPERATOR).get("/").text
    assert offer not in here.visitor(Role.VIEWER).get("/").text


def test_the_sample_is_what_its_script_writes() -> None:
    assert SAMPLE.read_bytes() == sample()


def test_importing_the_sample_leads_to_its_job(here: Visit) -> None:
    answer = here.visitor().post("/sample")
    again = here.visitor().post("/sample")

    assert re.fullmatch(r"/jobs/[0-9a-f]{32}", answer.headers["Location"])
    assert again.headers["Location"] == answer.headers["Location"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/jobs/unknown", 404),
        (f"/jobs/{'0' * 32}", 404),
        (f"/fragments/progress/{'0' * 32}", 404),
        ("/messages/1-1", 404),
        ("/messages/nonsense", 404),
        ("/messages/99999999999-0", 404),
        ("/nowhere", 404),
        ("/jobs?before=nonsense", 200),
        ("/jobs?before=2020-01-01T00:00:00~x", 200),
        ("/jobs?after=12~x&sort=size", 200),
        ("/jobs?since=yesterday", 200),
        ("/jobs?until=9999-12-31", 200),
        ("/jobs?sort=beauty&by=%00&q=%00", 200),
        ("/audit?before=many", 200),
        ("/search?q=x&after=nonsense", 200),
        ("/jobs?state=asleep", 200),
    ],
)
def test_a_wrong_address_gets_a_page_that_says_so(here: Visit, path: str, status: int) -> None:
    here.take_in(letters(1))

    answer = here.visitor().get(path)

    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert ('id="passed-over"' in answer.text) is (status == 200)


def test_jobs_page_by_key(here: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.fragments.jobs.PAGE", 2)
    for number in range(3):
        here.take_in(mbox_of([raw_message(number)]), filename=f"{number}.mbox", work=False)
    visitor = here.visitor()

    first = visitor.get("/jobs").text
    further = re.search(r'rel="next" href="([^"]*)"', first)

    assert "2.mbox" in first
    assert "0.mbox" not in first
    assert further
    second = visitor.get(further[1].replace("&amp;", "&")).text
    assert "0.mbox" in second
    assert "2.mbox" not in second


def test_nothing_from_a_file_name_runs(here: Visit) -> None:
    here.take_in(letters(1), filename=f"{EVIL}.mbox")
    visitor = here.visitor()

    for path in ("/", "/jobs", "/audit", "/search?q=letter"):
        page = visitor.get(path).text
        assert "<script>alert" not in page
        assert "onerror=alert(2)>" not in page


def test_a_word_that_no_page_knows_is_shown_as_it_is() -> None:
    assert words.state("ready_to_enqueue").text == "ready to enqueue"
    assert words.role("emperor") == "emperor"


def test_an_upload_by_the_plain_form_leads_to_its_job(here: Visit, tmp_path: Path) -> None:
    answer = here.visitor().post("/upload", files={"file": ("mine.mbox", letters(2))})

    assert re.fullmatch(r"/jobs/[0-9a-f]{32}", answer.headers["Location"])


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "This is a PDF document"), ("ko", "PDF 문서입니다")],
)
def test_a_wrong_file_by_the_plain_form_is_told_what_it_is(
    here: Visit, language: str, sentence: str
) -> None:
    answer = here.visitor(language=language).post(
        "/upload", files={"file": ("mine.pdf", b"%PDF-1.4\n" + b"x" * 100)}
    )

    assert answer.status_code == 415
    assert sentence in answer.text


def test_a_wrong_file_by_the_script_is_told_in_the_readers_language(here: Visit) -> None:
    answer = here.visitor(language="ko").post(
        "/api/upload/stream?filename=mine.pdf", content=b"%PDF-1.4\n" + b"x" * 100
    )

    assert answer.status_code == 415
    assert answer.json()["detail"].startswith("PDF 문서입니다")


def test_the_reader_chooses_the_language_once(here: Visit) -> None:
    visitor = here.visitor(language="en")

    visitor.post("/language", data={"language": "ko", "next": "/jobs"})

    assert '<html lang="ko">' in visitor.get("/jobs").text
    assert '<html lang="ko">' in here.visitor(language="en").get("/jobs").text
    assert visitor.post("/language", data={"language": "tlh"}).status_code == 400


def test_times_are_told_in_the_readers_zone(here: Visit) -> None:
    here.take_in(letters(1))
    visitor = here.visitor()
    visitor.cookies.set("zone", "Asia/Seoul", domain="console.test")

    assert " KST" in visitor.get("/jobs").text
    visitor.cookies.set("zone", "../etc/passwd", domain="console.test")
    assert " UTC" in visitor.get("/jobs").text


@pytest.mark.parametrize("folder", ["static/vendor", "tests/browser/vendor"])
def test_scripts_of_others_are_what_their_package_holds(folder: str) -> None:
    table = (ROOT / folder / "README.md").read_text(encoding="utf-8")
    noted = dict(re.findall(r"\| `([^`]+\.js)` .*`([0-9a-f]{64})` \|", table))

    there = {
        script.name: hashlib.sha256(script.read_bytes()).hexdigest()
        for script in (ROOT / folder).glob("*.js")
    }

    assert there
    assert noted == there
