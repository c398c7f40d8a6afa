"""The files that errands and the audit log are about, told by what those know of them."""

from __future__ import annotations

from sqlalchemy import Connection, event, update

from store.database import Database
from store.file_names import FileName, file_names, subject_in
from store.tables import upload
from store.uploads import UploadState, complete_upload, open_upload
from tests.store.mails import NOW

JOB = "3f" * 16


def listen(connection: Connection, asked: list[str]) -> None:
    """Note what the database is asked from here on."""
    event.listen(connection, "before_cursor_execute", lambda *told: asked.append(told[2]))


def taken_in(connection: Connection, filename: str) -> tuple[int, str]:
    """An upload, its number and its job."""
    opened = open_upload(connection, filename=filename, declared_size=None, by="system", now=NOW)
    job_id = complete_upload(connection, opened, size=1, sha256="00", now=NOW)
    return opened.id, job_id


def test_uploads_and_jobs_are_named_in_one_query_also_when_deleted(database: Database) -> None:
    with database.write() as connection:
        (_, one), (number, two) = (taken_in(connection, name) for name in ("1.mbox", "둘.mbox"))
        gone = update(upload).where(upload.c.id == number)
        connection.execute(gone.values(state=UploadState.DELETED))
    asked: list[str] = []

    with database.read() as connection:
        listen(connection, asked)
        unknown = (None, f"job:{JOB}", "upload:999999999999", "worker:a")
        found = file_names(connection, [f"job:{one}", f"job:{two}", f"upload:{number}", *unknown])

    assert found == {
        f"job:{one}": FileName(name="1.mbox", is_gone=False),
        f"job:{two}": FileName(name="둘.mbox", is_gone=True),
        f"upload:{number}": FileName(name="둘.mbox", is_gone=True),
    }
    assert len([one for one in asked if one.startswith("SELECT")]) == 1


def test_nothing_is_asked_where_nothing_is_named(database: Database) -> None:
    asked: list[str] = []

    with database.read() as connection:
        listen(connection, asked)
        assert file_names(connection, [None, "worker:a", "upload:twelve"]) == {}

    assert not asked


def test_an_errand_names_its_file_by_number_or_by_job() -> None:
    assert subject_in({"upload_id": 7}) == "upload:7"
    assert subject_in({"job_id": JOB, "after": 3}) == f"job:{JOB}"
    assert subject_in({"query": "boat"}) is None
