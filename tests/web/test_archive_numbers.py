"""What the numbers of an archive count, and that those which mean the same are the same."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from store.clock import utc_now
from store.tables import job
from tests.archives import mail, zip_of
from tests.jobs.floor import Floor
from tests.web.test_pages_archives import text_of
from tests.web.visiting import Visit

ONE, TWO = mail(1), mail(2)


def panel(here: Visit, floor: Floor, name: str) -> str:
    return text_of(here.visitor().get(f"/fragments/{name}/{floor.job_id}").text)


def row(here: Visit, filename: str) -> str:
    rows = re.findall(r"<tr>.*?</tr>", here.visitor().get("/jobs").text, re.DOTALL)
    (found,) = (text_of(one) for one in rows if filename in one)
    return found


def told(here: Visit, floor: Floor) -> dict[str, Any]:
    found: dict[str, Any] = here.visitor().get(f"/api/jobs/{floor.job_id}").json()
    return found


def archive_of_what_was_here(here: Visit) -> Floor:
    """Both of its files were here before."""
    here.take_in(ONE, filename="one.mbox")
    here.take_in(TWO, filename="two.mbox")
    return here.take_in(zip_of({"a.mbox": ONE, "b.mbox": TWO}), filename="takeout.zip")


def test_what_came_out_of_an_archive_is_told_also_where_all_of_it_was_here_before(
    here: Visit,
) -> None:
    floor = archive_of_what_was_here(here)

    page, size = panel(here, floor, "members"), len(ONE) + len(TWO)
    members = told(here, floor)["members"]

    assert "Unpacked 0 B" not in page
    assert "of it were here before and are kept once" in page
    assert (members["bytes"], members["bytes_unpacked"], members["bytes_here_before"]) == (
        *(0, size),
        size,
    )


def test_a_file_that_lies_in_an_archive_twice_counts_once_and_that_is_said(here: Visit) -> None:
    files = {"a.mbox": ONE, "again.mbox": ONE, "b.mbox": TWO, "x.html": b"<p>"}
    floor = here.take_in(zip_of(files), filename="takeout.zip")

    page, members = panel(here, floor, "members"), told(here, floor)["members"]

    assert "Packed in it 4 files" in page
    assert "Messages 6 in 2 different files" in page
    assert "1 of its files is the same as another one in here" in page
    assert (members["all_messages"], members["same_as_another_member"]) == (6, 1)
    assert members["bytes_unpacked"] == 2 * len(ONE) + len(TWO)
    assert members["bytes_here_before"] == len(ONE)
    assert re.search(r" 6 in 2 files [\d.,]+ kB packed ", row(here, "takeout.zip"))


def test_the_numbers_of_an_archive_are_the_same_wherever_they_stand(here: Visit) -> None:
    floor = here.take_in(zip_of({"a.mbox": ONE, "b.mbox": ONE + b"\n"}), filename="takeout.zip")

    progress, members = told(here, floor)["progress"], told(here, floor)["members"]

    names = ("messages", "duplicates", "quarantined", "all_messages")
    assert [progress[name] for name in names] == [members[name] for name in names] == [3, 3, 0, 6]
    assert "Duplicates 3 of these messages" in panel(here, floor, "progress")
    assert "Duplicates 3 of these messages" in panel(here, floor, "members")


def test_how_long_an_archive_took_says_what_is_not_in_it(here: Visit) -> None:
    floor = archive_of_what_was_here(here)
    here.take_in(zip_of({"a.mbox": ONE, "new.mbox": mail(3)}), filename="partly.zip")
    own = here.take_in(zip_of({"own.mbox": mail(4)}), filename="own.zip")

    assert "from upload to end; to unpack it; its files were here before" in panel(
        here, floor, "progress"
    )
    assert "unpacking alone" in row(here, "takeout.zip")
    assert "without 1 file" in row(here, "partly.zip")
    assert "without" not in row(here, "own.zip")
    assert "here before" not in panel(here, own, "progress")


def test_when_files_that_came_before_were_over_later_that_is_told_beside_it(here: Visit) -> None:
    before = here.take_in(ONE, filename="one.mbox", work=False)
    floor = here.take_in(zip_of({"a.mbox": ONE}), filename="takeout.zip")
    assert "All of it read" not in panel(here, floor, "progress")
    with here.house.database.write() as connection:
        later = utc_now() + timedelta(hours=1)
        connection.execute(update(job).where(job.c.id == before.job_id).values(finished_at=later))

    page = panel(here, floor, "progress")

    assert "All of it read" in page
    assert "then the last of the files that were here before was over" in page
