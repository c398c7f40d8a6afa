"""While a file is read again, every page and the API say so; nothing looks cancelled or lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jobs.errands import run_errand
from store.accounts import Role
from store.database import Database
from store.errands import find_errand, next_errand
from tests.archives import mail, zip_of
from tests.jobs.floor import Floor
from tests.mboxes import letters
from tests.web.test_pages_workers import words_of
from tests.web.visiting import Visit, read_again, visit

MANY = letters(1200)


@pytest.fixture
def small_chunks(database: Database, tmp_path: Path) -> Visit:
    """A console whose chunks are small, over either database."""
    return visit(database, tmp_path, CHUNK_BYTES="65536")


def ask_again(here: Visit, floor: Floor, reach: str = "all", **asked: str) -> int:
    read_again(here.visitor(), floor.job_id, reach, **asked)
    with here.house.database.read() as connection:
        errand = next_errand(connection)
    assert errand is not None
    return errand.id


def remove_some(here: Visit, errand_id: int, *, steps: int = 2) -> None:
    """Carry an errand out until it has taken so many steps: its console then stops."""
    with here.house.database.read() as connection:
        errand = find_errand(connection, errand_id)
    assert errand is not None
    looks = iter([True] * (steps - 1) + [False])
    run_errand(here.house.workshop, errand, still_mine=lambda: next(looks))


def half_removed(here: Visit) -> tuple[Floor, int]:
    floor = here.take_in(MANY)
    errand_id = ask_again(here, floor)
    remove_some(here, errand_id)
    return floor, errand_id


def removed_so_far(here: Visit, errand_id: int) -> int:
    with here.house.database.read() as connection:
        errand = find_errand(connection, errand_id)
    assert errand is not None
    assert 0 < errand.done < 1200
    return errand.done


def test_the_page_of_the_job_says_that_it_is_read_again_and_goes_on_asking(here: Visit) -> None:
    floor, errand_id = half_removed(here)
    gone = removed_so_far(here, errand_id)

    html = here.visitor().get(f"/jobs/{floor.job_id}").text
    page = words_of(html)

    assert "Being read again" in page
    assert "Cancelled" not in page
    assert f"{gone:,} of 1,200 messages removed" in page
    assert f'href="/errands/{errand_id}"' in html
    assert "As of" in page
    for part in ("progress", "ledger", "attempts", "set_aside", "about"):
        assert f'hx-get="/fragments/{part}/{floor.job_id}' in html, part
    progress = html.partition('id="progress"')[2].partition(">")[0]
    assert "every" in progress


def test_what_is_missing_in_the_ledger_meanwhile_is_no_loss(here: Visit) -> None:
    floor, _ = half_removed(here)

    for address in (f"/jobs/{floor.job_id}", f"/jobs/{floor.job_id}/report"):
        page = words_of(here.visitor().get(address).text)
        assert "not accounted for" not in page, address
        assert "Every byte is accounted for" not in page, address
        assert "Nothing is lost" in page, address
        assert "Being read again" in page, address


def test_a_half_read_job_does_not_offer_to_go_on_meanwhile(here: Visit) -> None:
    floor, _ = half_removed(here)

    html = here.visitor().get(f"/jobs/{floor.job_id}").text

    assert "go-on" not in html
    assert "Read again…" not in html
    assert "100 %" not in words_of(html).partition("Ledger")[0]
    assert f'href="/jobs/{floor.job_id}/pause"' not in html
    assert f'href="/jobs/{floor.job_id}/cancel"' in html


def test_cancelling_meanwhile_says_what_it_does(here: Visit) -> None:
    floor, errand_id = half_removed(here)
    visitor = here.visitor()

    page = words_of(visitor.get(f"/jobs/{floor.job_id}/cancel").text)
    assert "over already" not in page
    assert "are removed to the end" in page
    visitor.post(f"/jobs/{floor.job_id}/cancel")
    remove_some(here, errand_id, steps=9)

    assert "Cancelled" in words_of(visitor.get(f"/jobs/{floor.job_id}").text)
    pause = words_of(visitor.get(f"/jobs/{floor.job_id}/pause").text)
    assert "over already" in pause


def test_list_and_overview_tell_it_too(here: Visit) -> None:
    half_removed(here)
    visitor = here.visitor()

    for address in ("/jobs", "/jobs?state=rereading", "/"):
        html = visitor.get(address).text
        assert "letters.mbox" in html, address
        assert "Being read again" in words_of(html), address
        assert ">Cancelled<" not in html, address
    assert "letters.mbox" not in visitor.get("/jobs?state=cancelled").text


def test_the_api_tells_it_too(here: Visit) -> None:
    floor, errand_id = half_removed(here)
    gone = removed_so_far(here, errand_id)
    visitor = here.visitor()

    told = visitor.get(f"/api/upload/job/{floor.job_id}").json()

    assert told["status"] == "running"
    assert told["finished_at"] is None
    again = told["reading_again"]
    assert again.pop("asked_at")
    assert again.pop("since")
    assert again == {
        "errand_id": errand_id,
        "removing": True,
        "messages_removed": gone,
        "messages_to_remove": 1200,
    }
    report = visitor.get(f"/api/jobs/{floor.job_id}/report").json()
    assert report["job"]["reading_again"]["errand_id"] == errand_id
    listed = visitor.get("/api/jobs?status=running").json()["jobs"]
    assert [one["job_id"] for one in listed] == [floor.job_id]
    assert visitor.get("/api/jobs?status=cancelled").json()["jobs"] == []


def test_when_it_is_over_the_page_is_as_before(here: Visit) -> None:
    floor, errand_id = half_removed(here)
    remove_some(here, errand_id, steps=9)

    page = words_of(here.visitor().get(f"/jobs/{floor.job_id}").text)
    assert "Being read again" not in page
    assert "As of" in page
    floor.run()

    html = here.visitor().get(f"/jobs/{floor.job_id}").text
    assert "Finished" in words_of(html)
    assert "Every byte is accounted for" in words_of(html)
    told = here.visitor().get(f"/api/upload/job/{floor.job_id}").json()
    assert told["reading_again"] is None


def test_a_file_that_waits_to_be_read_again_says_so_and_goes_on_asking(here: Visit) -> None:
    floor = here.take_in(letters(3))
    errand_id = ask_again(here, floor)

    html = here.visitor().get(f"/jobs/{floor.job_id}").text

    assert "Finished" in words_of(html)
    assert "will be read again" in words_of(html)
    assert f'href="/errands/{errand_id}"' in html
    assert "As of" in words_of(html)
    told = here.visitor().get(f"/api/upload/job/{floor.job_id}").json()
    assert told["status"] == "finished"
    assert told["reading_again"]["removing"] is False


def test_from_a_chunk_on_what_was_read_before_it_stays(small_chunks: Visit) -> None:
    floor = small_chunks.take_in(letters(1200, body_lines=10))
    errand_id = ask_again(small_chunks, floor, "onward", from_seq="4")
    remove_some(small_chunks, errand_id)

    page = words_of(small_chunks.visitor().get(f"/jobs/{floor.job_id}").text)

    assert "From chunk 4 on" in page
    assert "Being read again" in page


def test_an_archive_is_not_over_while_a_file_of_it_is_read_again(here: Visit) -> None:
    archive = here.take_in(zip_of({"a.mbox": MANY, "b.mbox": mail(2)}), filename="x.zip")
    jobs = here.visitor().get("/api/jobs").json()["jobs"]
    (inner,) = (one["job_id"] for one in jobs if one["filename"] == "a.mbox")
    read_again(here.visitor(), inner, "all")
    with here.house.database.read() as connection:
        errand = next_errand(connection)
    assert errand is not None
    remove_some(here, errand.id)

    told = here.visitor().get(f"/api/upload/job/{archive.job_id}").json()
    page = words_of(here.visitor().get(f"/jobs/{archive.job_id}").text)

    assert told["status"] == "running"
    assert "Being read again" in page
    assert "Cancelled" not in page


def test_the_errand_tells_how_much_is_left(here: Visit) -> None:
    _, errand_id = half_removed(here)
    gone = removed_so_far(here, errand_id)

    html = here.visitor().get(f"/errands/{errand_id}").text

    assert f"{gone:,} of 1,200 messages removed" in words_of(html)
    assert re.search(rf'max="1200" value="{gone}"', html)
    assert "done in" in words_of(html)
    assert not re.search(r"\d{3}\.\d messages per second", words_of(html))


def test_viewers_see_it_and_are_offered_nothing(here: Visit) -> None:
    floor, _ = half_removed(here)

    html = here.visitor(Role.VIEWER).get(f"/jobs/{floor.job_id}").text

    assert "Being read again" in words_of(html)
    assert f'href="/jobs/{floor.job_id}/cancel"' not in html
