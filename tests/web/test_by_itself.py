"""A console that does the work by itself: it says so, and does not count itself as a worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.lease import Lease
from jobs.local import LOCK
from store.database import Database
from tests.mboxes import letters
from tests.web.hall import AWAY, Hall
from tests.web.test_pages_workers import words_of
from tests.web.visiting import Visit, visit


@pytest.mark.parametrize("address", ["/", "/workers"])
@pytest.mark.parametrize(("queue", "who"), [("auto", "Local fallback"), ("redis", "Workers (RQ)")])
def test_while_redis_is_away_it_is_told_who_does_the_work(
    sqlite_database: Database, tmp_path: Path, address: str, queue: str, who: str
) -> None:
    there = visit(sqlite_database, tmp_path, REDIS_URL=AWAY, QUEUE=queue)
    there.take_in(letters(3), work=False)

    page = words_of(there.visitor().get(address).text)

    assert f"Done by {who} " in page
    assert "for development and small machines" not in page


@pytest.mark.parametrize(
    ("language", "who", "waiting"),
    [("en", "this console, by itself", "1 chunk "), ("ko", "이 콘솔이 직접", "청크 1개 ")],
)
def test_a_console_that_works_by_itself_is_not_counted_as_a_worker(
    here: Visit, language: str, who: str, waiting: str
) -> None:
    assert Lease(here.house.database, LOCK, seconds=60).held()
    here.take_in(letters(3), work=False)

    page = words_of(here.visitor(language=language).get("/fragments/workers").text)

    assert f" {who} " in page
    assert waiting in page


def test_workers_are_counted_apart_from_a_console_that_works_by_itself(
    hall: Hall, there: Visit
) -> None:
    assert Lease(there.house.database, LOCK, seconds=60).held()
    hall.enlist("w1")
    hall.wait(1)

    page = words_of(there.visitor().get("/fragments/workers").text)

    assert "Could take work 1 worker, and this console by itself " in page
