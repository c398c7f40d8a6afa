"""An upload when something gives way at the last moment: all of it is kept, or nothing."""

from __future__ import annotations

import asyncio
import resource
import shutil
from collections import namedtuple
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
from web.intake import Intake

Usage = namedtuple("Usage", "total used free")
AWAY = OperationalError("COMMIT", None, Exception("the server went away"))


def send(client: TestClient, mbox: bytes) -> int:
    return client.post("/api/upload/stream?filename=a.mbox", content=mbox).status_code


def states(here: Visit) -> list[str]:
    with here.house.database.read() as connection:
        return list(connection.execute(select(tables.upload.c.state)).scalars())


def spooled(here: Visit) -> list[int]:
    return [path.stat().st_size for path in here.house.spool.folder.glob("*.mbox*")]


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


def free(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Let the spool's disk have so many free bytes."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(2 * size, size, size))


def test_a_small_file_is_taken_by_a_small_disk(
    here: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(monkeypatch, 40_000_000)

    assert send(here.visitor(), letters(1)) == 202


def test_a_file_that_does_not_fit_is_refused_with_true_figures(
    here: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(monkeypatch, 1000)
    mbox = letters(30)

    answer = here.visitor().post("/api/upload/stream", content=mbox)

    assert answer.status_code == 507
    assert f"{len(mbox):,} bytes are needed, and of 1,000 free bytes 0" in answer.json()["detail"]
    assert states(here) == []


@pytest.mark.parametrize("says_its_size", [True, False])
def test_what_is_promised_to_an_upload_under_way_is_taken_by_no_other(
    here: Visit, monkeypatch: pytest.MonkeyPatch, says_its_size: bool
) -> None:
    free(monkeypatch, 10_000)
    under_way = Intake(here.house, by="test", again=False)
    asyncio.run(under_way.begin("large.mbox", declared_size=9_900))
    mbox = letters(3)

    refused = here.visitor().post(
        "/api/upload/stream", content=mbox if says_its_size else iter([mbox])
    )
    asyncio.run(under_way.abandon())

    assert refused.status_code == 507
    assert "9,900 promised" in refused.json()["detail"]
    assert send(here.visitor(), mbox) == 202


@pytest.mark.parametrize("database_name", ["sqlite_database", "postgres_database"])
def test_of_the_same_bytes_that_end_at_once_one_upload_is_kept(
    request: pytest.FixtureRequest, tmp_path: Path, database_name: str
) -> None:
    here = visit(request.getfixturevalue(database_name), tmp_path)
    clients, mbox = [here.visitor() for _ in range(6)], letters(5)

    def upload(client: TestClient) -> Any:
        return client.post("/api/upload/stream?filename=a.mbox", content=mbox).json()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(upload, clients))

    assert len({answer["job_id"] for answer in answers}) == 1
    assert sum("duplicate_of" in answer for answer in answers) == 5
    assert states(here).count(UploadState.STORED) == 1
    assert spooled(here) == [len(mbox)]


def test_a_form_with_the_same_bytes_again_is_asked_what_to_do_and_may_insist(here: Visit) -> None:
    visitor, mbox = here.visitor(), letters(2)
    first = here.take_in(mbox, filename="first <b>.mbox")

    asked = visitor.post("/upload", files={"file": ("second.mbox", mbox)})
    insisted = visitor.post("/upload?again=1", files={"file": ("second.mbox", mbox)})

    assert asked.status_code == 200
    assert "first &lt;b&gt;.mbox" in asked.text
    assert f'href="/jobs/{first.job_id}"' in asked.text
    assert 'action="/upload?again=1"' in asked.text
    assert insisted.status_code == 303
    assert insisted.headers["Location"] != f"/jobs/{first.job_id}"
