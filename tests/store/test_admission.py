"""Room is promised to an upload before its first byte comes, and to nobody else then."""

from __future__ import annotations

import shutil
from collections import namedtuple
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from store.admission import admit, promised_bytes
from store.audit import entries, record
from store.clock import utc_now
from store.database import Database
from store.spool import DiskFull, Spool
from store.uploads import Upload, break_off

Usage = namedtuple("Usage", "total used free")
Knock = Callable[[int | None], Upload]


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spool:
    """A spool with 1500 free bytes, of which 500 are kept back."""
    spool = Spool(tmp_path / "spool", free_bytes_floor=500)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(5000, 3500, 1500))
    return spool


@pytest.fixture
def knock(database: Database, spool: Spool) -> Knock:
    """Asks for room: `knock(700)`."""

    def ask(size: int | None) -> Upload:
        with database.write() as connection:
            return admit(
                connection, spool, filename="a", declared_size=size, by="test", now=utc_now()
            )

    return ask


def test_what_is_promised_to_one_upload_is_refused_to_the_next_with_figures(knock: Knock) -> None:
    knock(700)

    with pytest.raises(DiskFull) as refused:
        knock(301)

    assert str(refused.value) == (
        "301 bytes are needed, and of 1500 free bytes 500 are kept back and 700 promised to "
        "uploads under way"
    )
    knock(300)


def test_a_refused_upload_is_promised_nothing(knock: Knock) -> None:
    with pytest.raises(DiskFull):
        knock(1001)

    knock(1000)


def test_bytes_that_came_are_not_promised_any_more(
    knock: Knock, spool: Spool, database: Database
) -> None:
    upload = knock(700)

    spool.writer(upload.spool_name).write(b"x" * 600)

    with database.read() as connection:
        assert promised_bytes(connection, spool) == 100


def test_the_promise_to_an_upload_that_broke_off_is_void(knock: Knock, database: Database) -> None:
    upload = knock(700)

    with database.write() as connection:
        break_off(connection, upload.id)

    assert knock(1000).id != upload.id


def test_an_upload_of_unknown_size_is_promised_nothing(
    knock: Knock, database: Database, spool: Spool
) -> None:
    knock(None)

    with database.read() as connection:
        assert promised_bytes(connection, spool) == 0
    assert knock(1000).id


def test_of_uploads_that_knock_at_once_only_those_that_fit_are_let_in(knock: Knock) -> None:
    def fits(size: int) -> bool:
        try:
            knock(size)
        except DiskFull:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        let_in = list(pool.map(fits, [400] * 8))

    assert let_in.count(True) == 2


def test_promising_room_keeps_no_act_waiting_for_its_place_in_the_audit_log(
    postgres_database: Database, spool: Spool
) -> None:
    now = utc_now()
    with postgres_database.write() as connection:
        admit(connection, spool, filename="a", declared_size=1, by="test", now=now)
        with postgres_database.write() as other:
            other.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
            record(other, actor="account:ann", action="job.pause", subject="job:1", now=now)

    with postgres_database.read() as connection:
        assert [entry.action for entry in entries(connection)] == ["job.pause"]
