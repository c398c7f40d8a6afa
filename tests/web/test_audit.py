"""The audit log in words: everything is said, found by what is said, and paged both ways."""

from __future__ import annotations

import re
from html import unescape

import pytest

from jobs.bulk import WISHES
from store.audit import record
from store.clock import utc_now
from store.errands import ErrandKind
from store.failure_filter import FailureFilter
from store.job_filter import JobFilter
from store.marks import MARKING
from tests.archives import mail, zip_of
from tests.mboxes import letters
from tests.web.test_errand_files import delete
from tests.web.test_lists import link
from tests.web.test_pages_failures import carry_out, fail_jobs
from tests.web.visiting import Visit
from web import words
from web.act_words import DETAILS, SUBJECTS, VALUES
from web.language import Language, catalogue

JOB = "3f" * 16
# The rest of a pause, a cancelling …: the log has those under the names of the acts.
OF_AN_ACT = set(WISHES)
NOT_OF_WORK = {ErrandKind.TRIAL, ErrandKind.EXPORT, ErrandKind.LABEL, ErrandKind.UNLABEL}
DIGEST = "ab" * 32


@pytest.fixture
def log(here: Visit) -> Visit:
    """Six entries, by a person, a program and the system."""
    note(here, "account:ann", "account.sign_in", "account:ann", way="password")
    note(here, "token:ci", "upload.stored", f"job:{JOB}", size=20_000_000, sha256=DIGEST)
    note(here, "account:ann", "job.retry", f"job:{JOB}", chunks=3, errand=5)
    note(here, "account:ann", "errand.done", "errand:5", kind="read_again", job_id=JOB)
    note(here, "system", "token.create", "token:ci", role="viewer")
    note(here, "account:bob", "galaxy.tilt", "star:9", angle=4)
    return here


def note(here: Visit, actor: str, action: str, subject: str, **detail: object) -> None:
    with here.house.database.write() as connection:
        record(
            connection, actor=actor, action=action, subject=subject, now=utc_now(), detail=detail
        )


def rows(page: str) -> list[str]:
    """The text of each row, blanks evened out."""
    found = re.findall(r"<tr><td class=\"nowrap lead\">.*?</tr>", page, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in found]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("actor=account:ann", 3),
        ("actor=ann", 3),
        ("actor=ci", 1),
        ("actor=nobody", 0),
        ("action=job.retry", 1),
        ("action=retry", 1),
        ("action=Sign in", 1),
        ("action=signed", 1),
        ("action=로그인", 1),
        ("kind=job", 2),
        ("subject=job", 2),
        (f"kind=job&id={JOB}", 3),
        (f"subject=job:{JOB}", 3),
        (f"id={JOB[:6]}", 2),
        ("kind=errand", 1),
        ("subject=star:9", 1),
        ("since=2000-01-01&until=2000-01-02", 0),
        ("since=2000-01-01&actor=bob", 1),
    ],
)
def test_the_log_is_narrowed_by_the_words_it_shows(log: Visit, query: str, found: int) -> None:
    assert len(rows(log.visitor().get(f"/audit?{query}").text)) == found


def test_an_entry_is_told_in_words_with_units(log: Visit) -> None:
    page = log.visitor().get("/audit").text

    assert rows(page)[4].endswith(
        f"ci (API token) uploaded a file Job {JOB[:12]}… size 20.0 MB "
        f"SHA-256 {DIGEST[:12]}… {DIGEST}"
    )
    assert f'<a href="/jobs/{JOB}" data-open>' in page
    assert '<a href="/errands/5" data-open>' in page
    assert "account:" not in re.sub(r"<[^>]+>", "", page)


@pytest.mark.parametrize(
    ("content", "filename", "said"),
    [
        (mail(1), "a.mbox", "uploaded an mbox"),
        (b"From: Ann <ann@example.org>\nSubject: One\n\nHi.\n", "a.eml", "a single message (.eml)"),
        (zip_of({"a.mbox": mail(1)}), "a.zip", "uploaded an archive"),
    ],
    ids=["mbox", "eml", "zip"],
)
def test_the_log_says_what_was_uploaded(
    here: Visit, content: bytes, filename: str, said: str
) -> None:
    visitor = here.visitor()
    answer = visitor.post(f"/api/upload/stream?filename={filename}", content=content)
    assert answer.status_code == 202

    assert said in rows(visitor.get("/audit").text)[0]
    assert len(rows(visitor.get("/audit", params={"action": said}).text)) == 1
    assert said in visitor.get(f"/jobs/{answer.json()['job_id']}/report").text


def test_an_entry_is_told_in_korean(log: Visit) -> None:
    page = log.visitor(language="ko").get("/audit").text

    assert "20.0 MB" in page
    for code in ("way password", "token.create", "errand.done", "read_again"):
        assert code not in re.sub(r"<[^>]+>", "", page)


def test_an_entry_names_the_file_of_its_job_and_leads_to_none_that_is_gone(here: Visit) -> None:
    here_still = here.take_in(letters(2), filename="<i>still.mbox")
    gone = here.take_in(letters(3), filename="gone.mbox")
    for floor in (here_still, gone):
        note(here, "account:ann", "job.pause", f"job:{floor.job_id}")
    note(here, "account:ann", "errand.done", "errand:5", kind="read_again", job_id=gone.job_id)
    delete(here, gone.upload_id)

    page = here.visitor().get("/audit").text

    assert [row.count("file gone.mbox") for row in rows(page)[:3]] == [1, 1, 0]
    assert "file <i>still.mbox" in rows(page)[2]
    assert "<bdi>&lt;i&gt;still.mbox</bdi>" in page
    assert f"/jobs/{here_still.job_id}" in page
    assert f"/jobs/{gone.job_id}" not in page


def test_what_a_newer_version_wrote_is_shown_as_it_is(log: Visit) -> None:
    assert rows(log.visitor().get("/audit").text)[0].endswith("bob galaxy.tilt star:9 angle 4")


def test_the_log_is_paged_forward_and_back(log: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.pages.audit.PAGE", 2)
    reader = log.visitor()

    first = reader.get("/audit").text
    second = reader.get(link(first, rel="next")).text

    assert len(rows(first)) == len(rows(second)) == 2
    assert not set(rows(first)) & set(rows(second))
    assert rows(reader.get(link(second, rel="prev")).text) == rows(first)


def test_the_log_is_read_from_its_beginning_too(
    log: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.audit.PAGE", 4)
    reader = log.visitor()

    first = reader.get("/audit?sort=oldest").text
    second = reader.get(link(first, rel="next")).text

    newest = reader.get("/audit").text
    assert rows(first)[::-1][:2] == rows(newest)[2:]
    assert rows(second)[::-1] == rows(newest)[:2]


@pytest.mark.parametrize("kind", sorted(set(ErrandKind) - {ErrandKind.TRIAL}))
def test_every_errand_has_words_in_the_log(kind: ErrandKind) -> None:
    assert kind in VALUES
    assert kind in OF_AN_ACT or f"errand.{kind}" in words.ACTIONS


@pytest.mark.parametrize("kind", sorted(set(ErrandKind) - NOT_OF_WORK - OF_AN_ACT))
def test_every_errand_that_moves_work_is_flagged_in_charts(kind: ErrandKind) -> None:
    assert f"errand.{kind}" in MARKING


@pytest.mark.parametrize(
    "parameters", [FailureFilter().to_json(), JobFilter().to_json()], ids=["failures", "jobs"]
)
def test_everything_an_errand_was_asked_has_words_in_the_log(parameters: dict[str, object]) -> None:
    assert set(parameters) <= set(DETAILS)


@pytest.mark.parametrize("known", [words.ACTIONS, SUBJECTS, DETAILS, VALUES, words.ACTORS])
def test_everything_the_log_says_is_said_in_korean(known: dict[str, str]) -> None:
    translate = catalogue(Language.KOREAN).gettext

    raw = [text for text in known.values() if text and translate(text) == text]

    assert raw in ([], ["SHA-256"])


@pytest.mark.parametrize(
    ("language", "subject", "detail"),
    [("en", "Errand", "asked to"), ("ko", "요청", "내용")],
)
def test_what_an_errand_was_asked_to_do_is_not_called_an_errand_again(
    here: Visit, language: str, subject: str, detail: str
) -> None:
    fail_jobs(here, 1)
    carry_out(here, here.visitor().post("/failures/retry").headers["Location"])

    page = here.visitor(language=language).get("/audit?kind=errand").text
    details = re.findall(r'class="detail"><span class="soft">([^<]*)</span>', page)

    assert f"{subject} " in page
    assert detail in details
    assert subject.lower() not in map(str.lower, details)
