"""What stands on one page is read as of one moment, whatever workers write meanwhile."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import QueuePool, func, select, update

import web.api.report
import web.fragments.ledger
import web.pages.job
import web.pages.report
import web.spooled
from store import tables
from store.database import Database
from tests.jobs.floor import Floor
from tests.mboxes import letters
from tests.web.visiting import Visit, visit


@pytest.fixture
def there(database: Database, tmp_path: Path) -> Visit:
    return visit(database, tmp_path, CHUNK_BYTES="2048")


@pytest.fixture
def floor(there: Visit) -> Floor:
    """A file of which one chunk is read."""
    floor = there.take_in(letters(40, body_lines=10), work=False)
    floor.plan()
    floor.step()
    return floor


def worked_on_meanwhile(
    floor: Floor,
    patch: pytest.MonkeyPatch,
    module: Any,
    *,
    reader: str,
    ask: Callable[[], Response],
) -> Response:
    """What is answered when another chunk is read just before that reader looks."""
    read, reading, worked = getattr(module, reader), threading.Event(), threading.Event()

    def late(*arguments: Any, **named: Any) -> Any:
        reading.set()
        assert worked.wait(30)
        return read(*arguments, **named)

    patch.setattr(module, reader, late)
    with ThreadPoolExecutor(max_workers=1) as pool:
        answer = pool.submit(ask)
        assert reading.wait(30)
        floor.step()
        worked.set()
        return answer.result()


def done(floor: Floor) -> int:
    """How many messages have been read by now."""
    return sum(one.messages for one in floor.chunks())


def ledger_sum(page: str) -> int:
    """The sum that the books on a page come to."""
    found = re.search(r"<b>Sum</b>.*?>([\d,]+)<", page, re.DOTALL)
    assert found, page
    return int(found[1].replace(",", ""))


@pytest.mark.parametrize(
    ("module", "reader", "address"),
    [
        (web.pages.job, "ledger_of", "/jobs/{}"),
        (web.pages.report, "balance", "/jobs/{}/report"),
        (web.fragments.ledger, "balance", "/fragments/ledger/{}"),
    ],
)
def test_the_books_on_a_page_are_those_of_the_numbers_above_them(
    there: Visit,
    floor: Floor,
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    reader: str,
    address: str,
) -> None:
    visitor, before = there.visitor(), done(floor)

    def ask() -> Response:
        return visitor.get(address.format(floor.job_id))

    page = worked_on_meanwhile(floor, monkeypatch, module, reader=reader, ask=ask).text

    assert done(floor) > before
    assert ledger_sum(page) == before


def test_a_report_for_programs_adds_up(
    there: Visit, floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, before = there.visitor(), done(floor)

    def ask() -> Response:
        return visitor.get(f"/api/jobs/{floor.job_id}/report")

    answer = worked_on_meanwhile(floor, monkeypatch, web.api.report, reader="balance", ask=ask)

    told = answer.json()

    assert done(floor) > before
    assert told["job"]["progress"]["messages"] == before
    assert sum(told["ledger"]["messages_by_kind"].values()) == before
    assert sum(one["messages"] for one in told["attempts"]) == before


def test_what_is_read_after_the_moment_is_of_now(there: Visit, floor: Floor) -> None:
    database, jobs = there.house.database, select(func.count()).select_from(tables.job)

    def paint() -> None:
        with database.write() as connection:
            connection.execute(update(tables.job).values(error="red"))

    red = select(tables.job.c.error)
    with database.one_moment():
        with database.read() as connection:
            connection.execute(jobs)
        with ThreadPoolExecutor(max_workers=1) as other:
            other.submit(paint).result()
        with database.one_moment(), database.read() as connection:
            inside = connection.execute(red).scalar_one()
    with database.read() as connection:
        after = connection.execute(red).scalar_one()

    assert (inside, after) == (None, "red")


@pytest.mark.parametrize("address", ["/jobs/{}", "/fragments/progress/{}", "/api/jobs/{}"])
def test_a_spool_that_hangs_holds_no_moment_and_no_reader(
    there: Visit, floor: Floor, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    house, asked = there.house, []
    source = house.spool.source

    def hangs(name: str, *, size: int) -> Any:
        pool = house.database._reader.pool
        assert isinstance(pool, QueuePool)
        asked.append((pool.checkedout(), getattr(house.database._moment, "connection", None)))
        return source(name, size=size)

    visitor = there.visitor()
    monkeypatch.setattr(house.spool, "source", hangs)

    assert visitor.get(address.format(floor.job_id)).status_code == 200
    assert asked == [(0, None)]


@pytest.mark.parametrize("address", ["/jobs/{}", "/fragments/progress/{}", "/api/jobs/{}"])
def test_a_file_deleted_before_its_spool_is_looked_at_is_not_there(
    there: Visit, floor: Floor, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def gone(*_: Any) -> None:
        raise LookupError("no upload 1")

    visitor = there.visitor()
    monkeypatch.setattr(web.spooled, "require_upload", gone)

    assert visitor.get(address.format(floor.job_id)).status_code == 404
