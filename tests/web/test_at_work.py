"""What a page says of work that was begun: whether a worker is at it, or it only waits for one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from store.claims import Claim
from store.clock import utc_now
from store.tables import attempt
from tests.archives import mail, zip_of
from tests.jobs.floor import Floor
from tests.web.test_pages_archives import text_of
from tests.web.visiting import Visit

TWO = {"a.mbox": mail(1), "b.mbox": mail(2)}


def begun_with_two_files(here: Visit) -> Floor:
    """An archive that is unpacked, and whose files are planned."""
    floor = here.take_in(zip_of(TWO), filename="takeout.zip", work=False)
    for _ in range(3):
        floor.step()
    return floor


def word(here: Visit, address: str) -> str:
    """The first word for a state in a fragment."""
    page = here.visitor().get(address).text
    found = re.search(r'<span class="state [^>]*>.*?</svg>([^<]*)</span>', page, re.DOTALL)
    assert found is not None
    return found[1].strip()


def progress(here: Visit, floor: Floor) -> dict[str, Any]:
    found = here.visitor().get(f"/api/jobs/{floor.job_id}").json()
    assert found["status"] == "running"
    return dict(found["progress"])


def row(here: Visit) -> str:
    """The only row of the list of jobs."""
    return text_of(here.visitor().get("/jobs").text.partition("<tbody>")[2])


def test_what_was_begun_and_only_waits_says_so_everywhere(here: Visit) -> None:
    floor = begun_with_two_files(here)

    assert floor.job().standing == "running"
    assert word(here, f"/fragments/progress/{floor.job_id}") == "Waiting for a worker"
    assert "takeout.zip Waiting for a worker" in text_of(here.visitor().get("/").text)
    assert "Waiting for a worker" in row(here)
    assert progress(here, floor)["chunks_running"] == 0
    assert text_of(here.visitor().get(f"/jobs/{floor.job_id}").text).count(
        "Waiting for a worker"
    ) == 1 + len(TWO)


def test_what_a_worker_has_in_hand_is_being_read_and_what_waits_beside_it_waits(
    here: Visit,
) -> None:
    floor = begun_with_two_files(here)
    claimed = floor.must_claim()

    members = text_of(here.visitor().get(f"/fragments/members/{floor.job_id}").text)

    assert claimed.filename == "a.mbox"
    assert word(here, f"/fragments/progress/{floor.job_id}") == "Reading"
    assert "Reading" in row(here)
    assert progress(here, floor)["chunks_running"] == 1
    assert "a.mbox Taken in Reading" in members
    assert "b.mbox Taken in Waiting for a worker" in members
    assert "A worker has 1 chunk of them in hand." in text_of(
        here.visitor().get(f"/jobs/{floor.job_id}").text
    )


def test_an_archive_that_is_unpacked_says_so_only_while_a_worker_does_it(here: Visit) -> None:
    floor = here.take_in(zip_of(TWO), filename="takeout.zip", work=False)
    assert word(here, f"/fragments/progress/{floor.job_id}") == "Queued"

    claimed = floor.must_claim()
    assert word(here, f"/fragments/progress/{floor.job_id}") == "Unpacking"

    give_up(floor, claimed)
    assert word(here, f"/fragments/progress/{floor.job_id}") == "Waiting for a worker"
    assert "the rest waits for a worker" in here.visitor().get(f"/jobs/{floor.job_id}").text


def test_an_archive_whose_files_are_planned_says_that_they_are(here: Visit) -> None:
    floor = here.take_in(zip_of(TWO), filename="takeout.zip", work=False)
    floor.plan()
    floor.must_claim()

    assert floor.job().standing == "planning"
    assert word(here, f"/fragments/progress/{floor.job_id}") == "Planning"
    assert progress(here, floor)["chunks_running"] == 1


def give_up(floor: Floor, claimed: Claim) -> None:
    """The worker dies, and its chunk waits for another."""
    floor.lose(claimed)


def test_who_has_fallen_silent_is_at_nothing(here: Visit) -> None:
    floor = begun_with_two_files(here)
    claimed = floor.must_claim()
    long_ago = utc_now() - timedelta(minutes=10)
    with here.house.database.write() as connection:
        connection.execute(
            update(attempt).where(attempt.c.id == claimed.attempt_id).values(seen_at=long_ago)
        )

    assert word(here, f"/fragments/progress/{floor.job_id}") == "Waiting for a worker"
    assert progress(here, floor)["chunks_running"] == 0
