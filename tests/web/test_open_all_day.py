"""Pages that stay open all day say how old they are, ask no more than they must, stay small."""

from __future__ import annotations

import re

import pytest

from store.causes import Cause
from store.clock import utc_now
from tests.archives import zip_of
from tests.mboxes import letters
from tests.store.failing import add_job, fail_chunks
from tests.web.visiting import Visit

MOST_BYTES = 200_000
LONG_FOLDER = "아주 긴 이름의 보관함/" * 16


def live_parts(page: str) -> dict[str, tuple[int, str]]:
    """How often each live part of a page asks in seconds, and where, by its id."""
    opening = re.findall(
        r'<(?:section|div) id="(\w+)"[^>]*? hx-get="([^"]+)"[^>]*data-live="(\d+)"', page
    )
    return {name: (int(every), place) for name, place, every in opening}


def test_every_live_part_that_shows_something_says_how_old_it_is(here: Visit) -> None:
    floor = here.take_in(letters(3), work=False)
    visitor = here.visitor()
    parts = live_parts(visitor.get(f"/jobs/{floor.job_id}").text)
    parts |= live_parts(visitor.get("/").text)

    silent = []
    for name, (_, place) in parts.items():
        part = visitor.get(place.replace("&amp;", "&")).text
        if "<h2" in part and not ('class="as-of"' in part and "not answered since" in part):
            silent.append(name)

    assert {"progress", "attempts", "evidence", "about", "history"} <= set(parts)
    assert silent == []


def test_a_job_that_only_waits_is_asked_about_less_often(here: Visit) -> None:
    floor = here.take_in(letters(3), work=False)

    parts = live_parts(here.visitor().get(f"/jobs/{floor.job_id}").text)

    assert parts["progress"][0] == 5
    assert {parts[name][0] for name in ("attempts", "evidence", "about", "ledger")} == {10}


def test_an_archive_of_many_files_with_long_names_has_a_small_page(here: Visit) -> None:
    files = {f"{LONG_FOLDER}{number}.txt": b"no mail" for number in range(1500)}
    assert len(next(iter(files))) > 190
    floor = here.take_in(zip_of(files), filename="takeout.zip")
    visitor = here.visitor()

    for page in (f"/jobs/{floor.job_id}", f"/fragments/members/{floor.job_id}"):
        assert len(visitor.get(page).content) < MOST_BYTES, page
    assert "clipped-name" in visitor.get(f"/fragments/members/{floor.job_id}").text


@pytest.mark.parametrize(("length", "is_folded"), [(100, False), (3000, True)])
def test_a_long_message_of_a_failure_is_folded(here: Visit, length: int, is_folded: bool) -> None:
    cause = Cause(error_type="MadeUpError", message="x" * length, frame="mail/body.py read")
    with here.house.database.write() as connection:
        fail_chunks(connection, add_job(connection, "a.mbox"), cause, count=2, at=utc_now())

    page = here.visitor().get("/failures").text

    assert ("x" * length in page) is True
    assert (f'<details id="message-{cause.key}"' in page) is is_folded
