"""Archives as pages and programs see them: sent, followed, stopped, deleted."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from tests.archives import mail, tgz_of, zip_of
from tests.harness.console import Console
from tests.harness.waiting import wait_until
from tests.web.asking import OPEN, found, upload

FILES = {
    "Takeout/Mail/Inbox.mbox": mail(1),
    "Takeout/Mail/보낸편지함.mbox": mail(2),
    "Takeout/index.html": b"<!doctype html><p>hello",
}


@pytest.fixture
def here(console: Callable[..., Console]) -> Console:
    """A console that does the work itself."""
    return console()


@pytest.fixture
def client(here: Console) -> Iterator[httpx2.Client]:
    """An operator's program."""
    with here.client() as asking:
        yield asking


def unpacked(client: httpx2.Client, archive: bytes, filename: str) -> dict[str, Any]:
    """The archive's status once it and everything in it is over."""
    job = upload(client, archive, filename=filename)

    def over() -> dict[str, Any] | None:
        status: dict[str, Any] = client.get(f"/api/jobs/{job['job_id']}").json()
        return None if set(status["members"]["jobs_by_status"]) & set(OPEN) else status

    return wait_until(over, what="the members are done", timeout_seconds=60)


def test_row_16_the_api_tells_of_an_archive_its_members_and_where_mail_came_from(
    client: httpx2.Client,
) -> None:
    archive = unpacked(client, zip_of(FILES), "takeout-001.zip")

    assert (archive["status"], archive["kind"], archive["archive"]) == ("finished", "archive", None)
    assert archive["members"] == {
        "number": 3,
        "by_fate": {"imported": 2, "skipped": 1},
        "skipped_by_reason": {"no_mail": 1},
        "jobs_by_status": {"finished": 2},
        "paused_jobs": 0,
        "deleted": 0,
        "lost": 0,
        "files": 2,
        "files_that_came_before": 0,
        "messages": 6,
        "duplicates": 0,
        "quarantined": 0,
        "all_messages": 6,
        "different": 6,
        "hidden": 0,
        "bytes": len(mail(1)) + len(mail(2)),
        "bytes_unpacked": len(mail(1)) + len(mail(2)),
        "bytes_here_before": 0,
        "same_as_another_member": 0,
    }
    members = client.get(f"/api/jobs/{archive['job_id']}/members").json()["members"]
    assert [one["name"] for one in members] == list(FILES)
    assert [one["fate"] for one in members] == ["imported", "imported", "skipped"]
    inner = client.get(f"/api/jobs/{members[0]['job_id']}").json()
    assert inner["kind"] == "mail"
    assert inner["filename"] == "Takeout/Mail/Inbox.mbox"
    assert inner["archive"] == {
        "job_id": archive["job_id"],
        "upload_id": archive["upload_id"],
        "filename": "takeout-001.zip",
        "damage": None,
    }
    listed = client.get("/api/jobs", params={"archive": archive["upload_id"]}).json()["jobs"]
    assert {one["job_id"] for one in listed} == {one["job_id"] for one in members[:2]}
    assert len(found(client, f"in:{archive['upload_id']}")) == 6
    assert len(found(client, "in:takeout-001.zip quark1000")) == len(found(client, "quark1000"))


def test_row_16_several_parts_of_one_takeout_are_several_archives(client: httpx2.Client) -> None:
    first = unpacked(client, tgz_of([("Mail/a.mbox", mail(1))]), "takeout-001.tgz")
    second = unpacked(client, tgz_of([("Mail/a.mbox", mail(1)), ("b.mbox", mail(2))]), "002.tgz")

    assert first["members"]["by_fate"] == {"imported": 1}
    assert second["members"]["by_fate"] == {"imported": 1, "same": 1}
    assert len(found(client, f"in:{first['upload_id']}")) == 3
    assert len(found(client, f"in:{second['upload_id']}")) == 6


def test_row_16_the_report_and_the_ledger_of_an_archive_add_up(client: httpx2.Client) -> None:
    archive = unpacked(client, zip_of(FILES), "takeout.zip")
    at = f"/api/jobs/{archive['job_id']}"

    report = client.get(f"{at}/report").json()

    assert report["ledger"]["balances"]
    assert set(report["ledger"]["bytes_by_kind"]) == {"member", "structure"}
    assert [one["name"] for one in report["members"]] == list(FILES)
    assert report["members_sum"]["number"] == 3
    page = client.get(f"/jobs/{archive['job_id']}/report").text
    assert all(name in page for name in FILES)


def test_row_16_the_page_of_an_archive_shows_every_member(client: httpx2.Client) -> None:
    archive = unpacked(client, zip_of(FILES), "takeout.zip")

    page = client.get(f"/jobs/{archive['job_id']}").text

    assert all(name in page for name in FILES)
    assert "no mail at its beginning" in page
    listed = client.get("/jobs", params={"archive": archive["upload_id"]}).text
    assert "Takeout/Mail/Inbox.mbox" in listed
    assert f'/jobs/{archive["job_id"]}">' in listed


def test_deleting_an_archive_takes_its_files_and_their_mail_along(
    here: Console, client: httpx2.Client
) -> None:
    other = upload(client, mail(7), filename="other.mbox")
    archive = unpacked(client, zip_of(FILES), "takeout.zip")
    spool = here.data_dir / "spool"
    assert len(list(spool.glob("*.mbox"))) == 4

    errand = client.delete(f"/api/jobs/{archive['job_id']}").json()["errand_id"]

    def done() -> dict[str, Any] | None:
        told: dict[str, Any] = client.get(f"/api/errands/{errand}").json()
        return told if told["status"] == "done" else None

    told = wait_until(done, what="the archive is deleted")
    assert told["result"]["files"] == 3
    assert told["result"]["messages_removed"] == 6
    assert len(list(spool.glob("*.mbox"))) == 1
    assert client.get("/api/jobs").json()["jobs"][0]["job_id"] == other["job_id"]
    assert len(client.get("/api/jobs").json()["jobs"]) == 1
    assert len(found(client, "letter")) == 3


def test_deleting_one_file_of_an_archive_leaves_the_others_and_says_so(
    client: httpx2.Client,
) -> None:
    archive = unpacked(client, zip_of(FILES), "takeout.zip")
    at = f"/api/jobs/{archive['job_id']}/members"
    first = client.get(at).json()["members"][0]

    errand = client.delete(f"/api/jobs/{first['job_id']}").json()["errand_id"]

    at_errand = f"/api/errands/{errand}"
    wait_until(lambda: client.get(at_errand).json()["status"] == "done", what="it is gone")
    assert client.get(at).json()["members"][0]["deleted"]
    assert len(found(client, f"in:{archive['upload_id']}")) == 3


def test_pausing_and_cancelling_an_archive_reaches_what_came_out_of_it(
    console: Callable[..., Console],
) -> None:
    running = console(CHUNK_BYTES="4096")
    large = {f"{number}.mbox": mail(number, count=2000) for number in range(4)}
    with running.client() as client:
        answer = client.post("/api/upload/stream?filename=a.zip", content=zip_of(large))
        at = f"/api/jobs/{answer.json()['job_id']}"

        def inside() -> list[dict[str, Any]]:
            upload_id = client.get(at).json()["upload_id"]
            jobs: list[dict[str, Any]] = client.get(
                "/api/jobs", params={"archive": upload_id}
            ).json()["jobs"]
            return jobs

        wait_until(lambda: len(inside()) == 4, what="all are unpacked", timeout_seconds=60)
        assert client.post(f"{at}/pause").status_code == 200
        assert all(one["paused_at"] for one in inside() if one["status"] in OPEN)

        assert client.post(f"{at}/resume").status_code == 202
        assert not any(one["paused_at"] for one in inside())
        assert client.post(f"{at}/cancel").status_code == 200

        states = {one["status"] for one in inside()}
        assert states <= {"cancelled", "finished"}
        assert "cancelled" in states
        assert client.post(f"{at}/retry").status_code == 202
        wait_until(
            lambda: {one["status"] for one in inside()} == {"finished"},
            what="all go on to their end",
            timeout_seconds=90,
        )


def test_an_archive_is_not_read_again_as_if_it_were_mail(client: httpx2.Client) -> None:
    archive = unpacked(client, gzip.compress(mail(1)), "one.mbox.gz")

    errand = client.post(f"/api/jobs/{archive['job_id']}/read-again").json()["errand_id"]

    def ended() -> dict[str, Any] | None:
        told: dict[str, Any] = client.get(f"/api/errands/{errand}").json()
        return told if told["status"] == "failed" else None

    assert "not read again" in wait_until(ended, what="it is refused")["error"]
    assert len(found(client, "letter")) == 3


def test_deleting_archives_in_bulk_says_what_goes_along(
    here: Console, client: httpx2.Client
) -> None:
    unpacked(client, zip_of(FILES), "takeout.zip")

    with here.client() as operator:
        page = operator.get("/jobs/bulk", params={"act": "delete", "q": "takeout.zip"}).text

    assert "Files out of these archives" in page
    assert re.search(r"Messages that go</dt><dd>6</dd>", page)
