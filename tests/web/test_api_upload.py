"""POST /api/upload/stream: what goes in whole becomes a job, what does not leaves nothing."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx2
import psutil
import pytest

from store.upload_name import safe_name
from tests.harness.console import Console
from tests.harness.waiting import wait_until
from tests.mboxes import letters, mbox_of, offsets_in, raw_message
from tests.web.asking import found, status_at_the_end, upload


def spooled(console: Console) -> list[str]:
    return sorted(path.name for path in (console.data_dir / "spool").glob("*.mbox*"))


def test_a_raw_body_becomes_a_job_that_finishes(api: httpx2.Client) -> None:
    mbox = letters(40, body_lines=30)

    answer = api.post("/api/upload/stream?filename=letters.mbox", content=mbox)

    assert answer.status_code == 202
    told = answer.json()
    assert told["sha256"] == hashlib.sha256(mbox).hexdigest()
    assert told["size"] == len(mbox)
    assert told["status_url"] == f"/api/upload/job/{told['job_id']}"
    status = status_at_the_end(api, told["status_url"])
    assert status["status"] == "finished"
    assert status["filename"] == "letters.mbox"
    assert status["engine"] == "local"
    assert status["error"] is None
    progress = status["progress"]
    assert progress["messages"] == 40
    assert progress["bytes_done"] == progress["bytes_total"] == len(mbox)
    assert progress["chunks_done"] == progress["chunks_total"] > 1


@pytest.mark.parametrize("field", ["file", "mbox", "whatever"])
def test_any_file_field_of_a_form_is_taken(api: httpx2.Client, field: str) -> None:
    mbox = mbox_of(raw_message(number, body=f"{field}\n") for number in range(3))

    answer = api.post(
        "/api/upload/stream",
        data={"note": "an ordinary field"},
        files={field: ("메일함.mbox", mbox, "application/mbox")},
    )

    assert answer.status_code == 202
    assert answer.json()["sha256"] == hashlib.sha256(mbox).hexdigest()
    status = status_at_the_end(api, answer.json()["status_url"])
    assert status["filename"] == "메일함.mbox"
    assert status["progress"]["messages"] == 3


def test_what_was_uploaded_is_found_and_its_raw_bytes_are_the_files(api: httpx2.Client) -> None:
    mbox = mbox_of(raw_message(number, body=f"zebra{number} walks\n") for number in range(5))
    upload(api, mbox)

    (hit,) = found(api, "zebra3")

    message = api.get(hit["url"]).json()
    assert message["offset"] == offsets_in(mbox)[3]
    assert message["subject"] == "Letter 3"
    assert message["from"] == [{"name": "Ann", "address": "ann3@example.org"}]
    raw = api.get(message["raw_url"])
    assert raw.content == mbox[message["offset"] : message["offset"] + message["length"]]
    eml = api.get(message["raw_url"], params={"separator": "0"})
    assert eml.content == raw.content[message["separator_length"] :]
    assert "attachment" in raw.headers["content-disposition"]


def test_the_same_bytes_a_second_time_are_named_and_not_kept_twice(
    api: httpx2.Client, shared_console: Console
) -> None:
    mbox = letters(4) + b"once more\n"
    first = upload(api, mbox)
    before = spooled(shared_console)

    answer = api.post("/api/upload/stream?filename=again.mbox", content=mbox)

    assert answer.status_code == 202
    assert answer.json()["duplicate_of"] == answer.json()["job_id"] == first["job_id"]
    assert spooled(shared_console) == before


def test_the_same_bytes_can_be_taken_in_again_on_purpose(api: httpx2.Client) -> None:
    mbox = letters(4) + b"on purpose\n"
    first = upload(api, mbox)

    answer = api.post("/api/upload/stream?again=1", content=mbox)

    status = status_at_the_end(api, answer.json()["status_url"])
    assert status["job_id"] != first["job_id"]
    assert status["progress"]["duplicates"] == 4
    assert status["progress"]["messages"] == 0


@pytest.mark.parametrize(
    ("content", "status", "word"),
    [
        (b"", 400, "empty"),
        (b"%PDF-1.7\n" + b"x" * 100_000, 415, "PDF"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(90), 415, "7-Zip"),
        (b"!BDN" + bytes(200_000), 415, "PST"),
        (b"Rar!\x1a\x07\x01\x00" + bytes(90), 415, "RAR"),
        (b"<!doctype html><p>hello", 415, "web page"),
        (b"just some words\nand more\n", 415, "mail"),
        (bytes(range(256)) * 1000, 415, "mail"),
    ],
    ids=["empty", "pdf", "7z", "pst", "rar", "html", "text", "binary"],
)
def test_what_is_no_mbox_is_refused_with_a_sentence_and_leaves_nothing(
    api: httpx2.Client, shared_console: Console, content: bytes, status: int, word: str
) -> None:
    before = spooled(shared_console)
    jobs_before = api.get("/api/jobs?limit=500").json()["jobs"]

    raw = api.post("/api/upload/stream?filename=x", content=content)
    form = api.post("/api/upload/stream", files={"file": ("x", content)})

    for answer in (raw, form):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert word in answer.json()["detail"]
    assert spooled(shared_console) == before
    assert api.get("/api/jobs?limit=500").json()["jobs"] == jobs_before


def send_and_hang_up(console: Console, head: str, body: bytes) -> None:
    address = urlsplit(console.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        request = f"{head}\r\nHost: {address.netloc}\r\nAuthorization: Bearer {console.token}\r\n"
        connection.sendall(request.encode() + body)


@pytest.mark.parametrize("framing", ["length", "chunked", "form"])
def test_a_body_that_breaks_off_leaves_nothing(
    api: httpx2.Client, shared_console: Console, framing: str
) -> None:
    mbox = letters(2000, body_lines=50)
    before = spooled(shared_console)
    jobs_before = len(api.get("/api/jobs?limit=500").json()["jobs"])
    head = "POST /api/upload/stream?filename=half.mbox HTTP/1.1"
    bodies = {
        "length": f"Content-Length: {len(mbox) * 2}\r\n\r\n".encode() + mbox,
        "chunked": b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(mbox) + mbox + b"\r\n",
        "form": b"Content-Type: multipart/form-data; boundary=b\r\n"
        + f"Content-Length: {len(mbox) * 2}\r\n\r\n".encode()
        + b'--b\r\nContent-Disposition: form-data; name="f"; filename="half.mbox"\r\n\r\n'
        + mbox,
    }

    send_and_hang_up(shared_console, head, bodies[framing])

    wait_until(lambda: spooled(shared_console) == before, what="the part file is gone")
    assert len(api.get("/api/jobs?limit=500").json()["jobs"]) == jobs_before


def test_a_form_without_its_closing_boundary_is_not_taken(
    api: httpx2.Client, shared_console: Console
) -> None:
    before = spooled(shared_console)
    body = (
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="half.mbox"\r\n\r\n'
        + letters(50)
    )

    answer = api.post(
        "/api/upload/stream",
        content=body,
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )

    assert answer.status_code == 400
    assert "broke off" in answer.json()["detail"]
    assert spooled(shared_console) == before


@pytest.mark.parametrize(
    ("body", "content_type", "word"),
    [
        (b"--b--\r\n", "multipart/form-data; boundary=b", "no file"),
        (b"no form at all", "multipart/form-data; boundary=b", "malformed"),
        (b"--b\r\n", "multipart/form-data", "boundary"),
    ],
)
def test_a_form_that_cannot_be_used_gets_a_sentence(
    api: httpx2.Client, body: bytes, content_type: str, word: str
) -> None:
    answer = api.post("/api/upload/stream", content=body, headers={"Content-Type": content_type})

    assert answer.status_code == 400
    assert word in answer.json()["detail"]


def test_two_files_in_one_form_are_refused(api: httpx2.Client, shared_console: Console) -> None:
    before = spooled(shared_console)

    answer = api.post("/api/upload/stream", files={"a": ("a", letters(2)), "b": ("b", letters(3))})

    assert answer.status_code == 400
    assert "more than one file" in answer.json()["detail"]
    assert spooled(shared_console) == before


def test_row_56_a_full_disk_is_told_before_and_nothing_is_kept(
    console: Callable[..., Console],
) -> None:
    running = console(FREE_BYTES_FLOOR=str(1 << 50))

    with running.client() as client:
        answer = client.post("/api/upload/stream", content=letters(3))

    assert answer.status_code == 507
    assert "no room" in answer.json()["detail"]
    assert spooled(running) == []


def test_a_file_above_the_limit_is_refused(console: Callable[..., Console]) -> None:
    running = console(MAX_UPLOAD_BYTES="10000")

    with running.client() as client:
        declared = client.post("/api/upload/stream", content=letters(100))
        streamed = client.post("/api/upload/stream", content=iter([letters(100)]))

    assert declared.status_code == streamed.status_code == 413
    assert spooled(running) == []


def test_a_sender_that_falls_silent_is_let_go(console: Callable[..., Console]) -> None:
    running = console(READ_TIMEOUT_SECONDS="1")
    address = urlsplit(running.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(
            f"POST /api/upload/stream HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Authorization: Bearer {running.token}\r\nContent-Length: 999999\r\n\r\n".encode()
            + letters(1)
        )
        connection.settimeout(15)
        answer = connection.recv(65536)

    assert b" 408 " in answer.splitlines()[0]
    assert spooled(running) == []


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\u202ebox.exe", "a\x00b\x1f", "", "x" * 5000]
)
def test_a_file_name_is_only_ever_a_name(api: httpx2.Client, name: str) -> None:
    mbox = letters(1) + f"name {len(name)}{name[:3]!r}\n".encode()

    status = upload(api, mbox, filename=name)

    assert status["status"] == "finished"
    assert "/" not in status["filename"]
    assert len(status["filename"]) <= 200
    assert status["filename"].isprintable()


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a\u202exobm.b.mbox", "a\ufffdxobm.b.mbox"), ("\u202e", "upload.mbox"), ("", "upload.mbox")],
)
def test_what_would_turn_a_file_name_around_leaves_a_sign(name: str, shown: str) -> None:
    assert safe_name(name) == shown


def test_the_web_process_stays_small_while_it_receives(
    console: Callable[..., Console],
) -> None:
    running = console(QUEUE="auto")
    process = psutil.Process(running.process.pid)
    block = letters(2000, body_lines=500)

    before = process.memory_info().rss
    with running.client(timeout_seconds=120) as client:
        answer = client.post("/api/upload/stream", content=iter([block] * 12))

    assert answer.json()["size"] == len(block) * 12 > 200 << 20
    assert process.memory_info().rss - before < 64 << 20
