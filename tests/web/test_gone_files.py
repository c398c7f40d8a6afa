"""Failures whose file is gone from the spool are not offered to be retried in vain."""

from __future__ import annotations

from tests.web.test_pages_failures import cause_in, fail_jobs, files_there
from tests.web.test_pages_workers import words_of
from tests.web.visiting import Visit
from web.gone_files import CHUNKS, few_enough

OFFERS = ('id="trial-', "Retry all", "Retry everything", "goes on from where it got to")


def test_where_all_files_are_gone_nothing_in_vain_is_offered(here: Visit) -> None:
    fail_jobs(here, 3)
    visitor = here.visitor()
    key = cause_in(visitor.get("/failures").text)

    for address in ("/failures", f"/failures/{key}", f"/failures/retry?cause={key}"):
        html = visitor.get(address).text
        assert "none of them can be retried before they are put back" in words_of(html), address
        assert not [offer for offer in OFFERS if offer in html], address
        assert 'id="retry-' not in html, address
        assert 'id="do"' not in html, address


def test_where_some_files_are_gone_it_is_said_of_how_many(here: Visit) -> None:
    floors = fail_jobs(here, 3)
    visitor = here.visitor()
    key = cause_in(visitor.get("/failures").text)

    with files_there(here, floors[:1]):
        pages = [
            visitor.get(address).text
            for address in ("/failures", f"/failures/{key}", f"/failures/retry?cause={key}")
        ]

    for page in pages:
        assert "2 of these chunks cannot be retried: their files are gone" in words_of(page)
    assert "Retry all: 3 chunks" in words_of(pages[0])
    assert pages[1].count('id="retry-') == 1
    assert "Retry 3 chunks" in words_of(pages[2])


def test_where_files_are_there_nothing_is_said(here: Visit) -> None:
    floors = fail_jobs(here, 2)
    visitor = here.visitor()

    with files_there(here, floors):
        page = visitor.get("/failures").text

    assert "gone from the spool" not in page
    assert "Retry all: 2 chunks" in page


def test_of_so_very_many_failures_no_file_is_looked_for() -> None:
    assert few_enough([("a", CHUNKS - 5), ("b", 6), ("c", 5)]) == ["a", "c"]
    assert few_enough([("a", CHUNKS + 1)]) == []
