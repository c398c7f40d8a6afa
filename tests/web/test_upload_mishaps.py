"""An upload when something gives way at the last moment: all of it is kept, or nothing."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from jobs.dispatch import Dispatch
from store import tables
from store.database import Database
from store.uploads import UploadState
from tests.mboxes import letters
from tests.web.visiting import Visit, visit

AWAY = OperationalError("COMMIT", None, Exception("the server went away"))


def send(client: TestClient, mbox: bytes) -> int:
    return client.post("/api/upload/stream?filename=a.mbox", content=mbox).status_code


def states(here: Visit) -> list[str]:
    with here.house.database.read() as connection:
        return list(connection.execute(select(tables.upload.c.state)).scalars())


def spooled(here: Visit) -> list[int]:
    return [path.stat().st_size for path in here.house.spool.folder.iterdir()]


@contextmanager
def files_end_at(size: int) -> Iterator[None]:
    """No file can grow beyond `size` bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_upload_is_taken_although_its_bell_cannot_be_rung(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = visit(sqlite_database, tmp_path, REDIS_URL="redis://127.0.0.1:1/0")

    def ring(*_words: object) -> int:
        raise AWAY

    monkeypatch.setattr("jobs.dispatch.ring_due", ring)
    mbox = letters(5)

    assert send(here.visitor(), mbox) == 202
    assert states(here) == [UploadState.STORED]
    assert spooled(here) == [len(mbox)]


def test_the_bytes_stay_when_the_job_was_made_but_the_database_could_not_say_so(
    here: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = Dispatch.submit

    def submit_unheard(*words: object, **named: object) -> str:
        submit(*words, **named)  # type: ignore[arg-type]
        raise AWAY

    monkeypatch.setattr(Dispatch, "submit", submit_unheard)
    mbox = letters(5)

    assert send(here.visitor(), mbox) == 503
    assert states(here) == [UploadState.STORED]
    assert spooled(here) == [len(mbox)]


@pytest.mark.parametrize("excess", [2000, 5 << 20])
def test_a_disk_that_is_full_at_the_last_byte_is_said_and_nothing_stays(
    here: Visit, excess: int
) -> None:
    client = here.visitor()

    with files_end_at(1 << 20):
        assert send(client, letters(1, body_lines=((1 << 20) + excess) // 18)) == 507

    assert states(here) == [UploadState.BROKEN]
    assert spooled(here) == []


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary*", '"; ro*="', "multipart/; a*=="])
def test_a_content_type_beyond_all_rules_is_no_fault_of_ours(here: Visit, kind: str) -> None:
    answer = here.visitor().post(
        "/api/upload/stream", content=letters(2), headers={"Content-Type": kind}
    )

    assert answer.status_code in {202, 400}
