"""Jobs as a list: whatever it is narrowed and sorted by, every job is met once, both ways."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from store import tables
from store.database import Database
from store.job_filter import JobFilter
from store.job_list import JobSort, ListedJob, counts_by_state, page_of_jobs, uploaders
from store.paging import FIRST, Page, Turn

NOW = datetime(2024, 3, 9, 12, tzinfo=UTC)
NAMES = ("attic.mbox", "Boat.mbox", "100%.mbox", "도서관.mbox", "attic.mbox", "zebra.mbox")


@pytest.fixture
def shelf(database: Database) -> Database:
    """Six jobs, a day apart, of different sizes, lengths and states."""
    with database.write() as connection:
        for number, name in enumerate(NAMES):
            _add(connection, number, name)
    return database


def _add(connection: object, number: int, name: str) -> None:
    at = NOW - timedelta(days=number)
    upload = {
        "id": number + 1,
        "key": f"k{number}",
        "filename": unicodedata.normalize("NFD", name),
        "spool_name": f"s{number}",
        "size": (number * 7 % 5) * 1000,
        "sha256": "00",
        "state": "deleted" if name == "zebra.mbox" else "stored",
        "created_at": at,
        "created_by": "account:ann",
    }
    over = number % 2 == 0
    job = {
        "id": f"{number:032x}",
        "upload_id": number + 1,
        "state": "finished" if over else "running",
        "created_at": at,
        "created_by": "account:ann" if number < 2 else "token:ci",
        "finished_at": at + timedelta(seconds=5, milliseconds=number) if over else None,
        "paused_at": at if number == 1 else None,
    }
    chunk = {"job_id": job["id"], "upload_id": number + 1, "kind": "parse", "state": "done"}
    chunk |= {"seq": 1, "start": 0, "stop": 9, "position": 9, "messages": number % 3}
    connection.execute(insert(tables.upload).values(upload))  # type: ignore[attr-defined]
    connection.execute(insert(tables.job).values(job))  # type: ignore[attr-defined]
    connection.execute(insert(tables.chunk).values(chunk))  # type: ignore[attr-defined]


def page(
    database: Database,
    wanted: JobFilter | None = None,
    *,
    sort: JobSort = JobSort.ADDED,
    down: bool = True,
    turn: Turn = FIRST,
    size: int = 50,
) -> Page[ListedJob]:
    with database.read() as connection:
        return page_of_jobs(
            connection, wanted or JobFilter(), sort=sort, down=down, turn=turn, size=size, now=NOW
        )


def numbers(found: Page[ListedJob]) -> list[int]:
    return [int(listed.job.id, 16) for listed in found.rows]


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("sort", list(JobSort))
def test_pages_forward_and_back_show_every_job_once(
    shelf: Database, sort: JobSort, down: bool
) -> None:
    whole = numbers(page(shelf, sort=sort, down=down))

    ahead = [page(shelf, sort=sort, down=down, size=2)]
    while ahead[-1].has_next:
        turn = Turn(after=ahead[-1].rows[-1].place)
        ahead.append(page(shelf, sort=sort, down=down, size=2, turn=turn))
    back = [ahead[-1]]
    while back[-1].has_previous:
        turn = Turn(before=back[-1].rows[0].place)
        back.append(page(shelf, sort=sort, down=down, size=2, turn=turn))

    assert sorted(whole) == [0, 1, 2, 3, 4]
    assert [one for found in ahead for one in numbers(found)] == whole
    assert [numbers(found) for found in reversed(back)] == [numbers(found) for found in ahead]


@pytest.mark.parametrize(
    ("sort", "first"),
    [(JobSort.ADDED, 0), (JobSort.SIZE, 2), (JobSort.MESSAGES, 2), (JobSort.DURATION, 4)],
)
def test_the_largest_comes_first(shelf: Database, sort: JobSort, first: int) -> None:
    assert numbers(page(shelf, sort=sort))[0] == first


def test_names_sort_without_regard_to_capitals(shelf: Database) -> None:
    assert numbers(page(shelf, sort=JobSort.NAME, down=False)) == [2, 0, 4, 1, 3]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (JobFilter(states=("running",)), [3]),
        (JobFilter(states=("paused",)), [1]),
        (JobFilter(states=("paused", "finished")), [0, 1, 2, 4]),
        (JobFilter(text="ATTIC"), [0, 4]),
        (JobFilter(text="%"), [2]),
        (JobFilter(text="서관"), [3]),
        (JobFilter(by="token:ci"), [2, 3, 4]),
        (JobFilter(since=NOW - timedelta(days=1)), [0, 1]),
        (JobFilter(until=NOW - timedelta(days=1)), [2, 3, 4]),
        (JobFilter(text="attic", by="account:ann"), [0]),
    ],
)
def test_the_list_is_narrowed(shelf: Database, wanted: JobFilter, found: list[int]) -> None:
    assert numbers(page(shelf, wanted)) == found


def test_jobs_are_counted_by_state_as_the_list_shows_them(shelf: Database) -> None:
    with shelf.read() as connection:
        everything = counts_by_state(connection, JobFilter(states=("failed",)))
        attic = counts_by_state(connection, JobFilter(text="attic"))

    assert everything == {"running": 1, "paused": 1, "finished": 3}
    assert attic == {"finished": 2}


def test_uploaders_are_everybody_who_uploaded(shelf: Database) -> None:
    with shelf.read() as connection:
        assert uploaders(connection) == ("account:ann", "token:ci")


def test_before_the_first_rows_stands_the_first_page(shelf: Database) -> None:
    second = page(shelf, size=4).rows[1].place

    found = page(shelf, turn=Turn(before=second), size=4)

    assert numbers(found) == [0, 1, 2, 3]
    assert not found.has_previous
