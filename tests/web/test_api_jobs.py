"""The API's answers about jobs and messages, and to people it does not know."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.harness.console import Console
from tests.harness.processes import Process
from tests.harness.redis import RedisServer
from tests.harness.waiting import wait_until
from tests.mboxes import letters, mbox_of, raw_message
from tests.web.asking import found, status_at_the_end, upload


def test_the_ledger_of_a_job_accounts_for_every_byte(api: httpx2.Client) -> None:
    twice = raw_message(7, body="seven\n")
    mbox = mbox_of([twice, raw_message(8, body="eight\n"), twice])
    status = upload(api, mbox)

    ledger = api.get(f"/api/jobs/{status['job_id']}/ledger").json()

    assert ledger["balances"]
    assert ledger["accounted"] == ledger["size"] == len(mbox)
    assert ledger["messages_by_kind"] == {"message": 2, "duplicate": 1}
    assert sum(entry["length"] for entry in ledger["entries"]) == len(mbox)
    assert [entry["kind"] for entry in ledger["entries"]] == ["message", "duplicate"]


def test_jobs_are_listed_newest_first_and_page_by_key(api: httpx2.Client) -> None:
    for number in range(3):
        upload(api, letters(1) + f"page {number}\n".encode(), filename=f"page{number}.mbox")

    first = api.get("/api/jobs?limit=2").json()
    second = api.get(f"/api/jobs?limit=2&after={first['next']}").json()  # as it stands

    assert [job["filename"] for job in first["jobs"]] == ["page2.mbox", "page1.mbox"]
    assert second["jobs"][0]["filename"] == "page0.mbox"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/upload/job/unknown", 404),
        ("/api/jobs/unknown/ledger", 404),
        ("/api/messages/1-999999999", 404),
        ("/api/messages/nonsense", 404),
        ("/api/messages/99999-0/raw", 404),
        ("/api/nothing", 404),
        ("/api/jobs?limit=many", 400),
        ("/api/jobs?limit=0", 400),
        ("/api/jobs?after=nonsense", 400),
        ("/api/jobs?status=asleep", 400),
        ("/api/search?q=x&after=nonsense", 400),
        ("/api/search?q=x&order=sideways", 400),
    ],
)
def test_a_question_that_has_no_answer_gets_a_problem(
    api: httpx2.Client, path: str, status: int
) -> None:
    answer = api.get(path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_a_status_that_is_none_is_answered_with_those_there_are(api: httpx2.Client) -> None:
    detail = api.get("/api/jobs?status=asleep").json()["detail"]

    assert detail.startswith("There is no status “asleep”; it is one of queued, ")


@pytest.mark.parametrize("path", ["/search/export?q=a&format=doc", "/nowhere"])
def test_a_program_is_refused_in_its_own_language_at_any_address(
    api: httpx2.Client, path: str
) -> None:
    answer = api.get(path)

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code


def test_a_query_that_cannot_be_read_points_at_the_character(api: httpx2.Client) -> None:
    answer = api.get("/api/search", params={"q": 'words "never closed'})

    assert answer.status_code == 400
    assert answer.json()["position"] == 6


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/upload/stream"),
        ("GET", "/api/upload/job/x"),
        ("GET", "/api/jobs"),
        ("GET", "/api/jobs/x/ledger"),
        ("POST", "/api/jobs/x/retry"),
        ("POST", "/api/jobs/x/cancel"),
        ("GET", "/api/search?q=a"),
        ("GET", "/api/messages/1-0"),
        ("GET", "/api/messages/1-0/raw"),
    ],
)
def test_nobody_gets_anywhere_without_a_token_or_with_a_wrong_one(
    shared_console: Console, method: str, path: str
) -> None:
    with shared_console.stranger() as stranger:
        without = stranger.request(method, path)
        wrong = stranger.request(method, path, headers={"Authorization": "Bearer ep_wrong"})

    for answer in (without, wrong):
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Bearer" in answer.headers["www-authenticate"]


def test_a_viewer_may_look_but_not_change(shared_console: Console) -> None:
    token = shared_console.command("token", "create", "onlooker", "--role", "viewer").stdout.strip()

    with shared_console.client(token=token) as viewer:
        looked = viewer.get("/api/jobs")
        changed = viewer.post("/api/upload/stream", content=letters(1))

    assert looked.status_code == 200
    assert changed.status_code == 403


def test_a_job_whose_mbox_vanished_fails_and_the_retry_finishes_it(
    console: Callable[..., Console],
) -> None:
    # REDIS_URL points nowhere and QUEUE=redis keeps the local thread away until it is wanted.
    running = console(REDIS_URL="redis://127.0.0.1:1/0", QUEUE="redis")
    with running.client() as client:
        told = client.post("/api/upload/stream", content=letters(10)).json()
        (mbox,) = (running.data_dir / "spool").glob("*.mbox*")
    aside = mbox.rename(mbox.with_suffix(".aside"))
    running.process.stop()
    running.environ["QUEUE"] = "local"
    running.restart()
    with running.client() as client:
        failed = status_at_the_end(client, told["status_url"])
        assert failed["status"] == "failed"
        assert "not in the spool" in failed["error"]

        aside.rename(mbox)
        retried = client.post(f"/api/jobs/{told['job_id']}/retry")

        assert retried.status_code == 202
        assert retried.json()["retried_chunks"] == 1
        assert status_at_the_end(client, told["status_url"])["status"] == "finished"
        assert client.post(f"/api/jobs/{told['job_id']}/retry").status_code == 409
        assert client.post(f"/api/jobs/{told['job_id']}/cancel").status_code == 409


def test_a_job_can_be_cancelled_and_continued(console: Callable[..., Console]) -> None:
    running = console(REDIS_URL="redis://127.0.0.1:1/0", QUEUE="redis")
    with running.client() as client:
        told = client.post("/api/upload/stream", content=letters(10)).json()
        cancelled = client.post(f"/api/jobs/{told['job_id']}/cancel")
        assert cancelled.json()["status"] == "cancelled"
        again = client.post(f"/api/jobs/{told['job_id']}/retry")

    assert again.json()["status"] == "queued"


def test_uploads_wait_while_redis_is_away_and_start_by_themselves_when_it_returns(
    console: Callable[..., Console],
    own_redis: Callable[..., RedisServer],
    rq_worker: Callable[..., Process],
    processes: list[Process],
) -> None:
    server = own_redis()
    running = console(REDIS_URL=server.url, QUEUE="redis")
    server.process.kill()
    with running.client() as client:
        told = client.post("/api/upload/stream", content=letters(10)).json()
        assert told["status"] == "queued"
        processes.append(server.restarted().process)
        rq_worker(running.environ)

        status = status_at_the_end(client, told["status_url"])

    assert status["status"] == "finished"
    assert status["engine"] == "rq"


def test_the_local_thread_helps_out_while_redis_is_away(console: Callable[..., Console]) -> None:
    running = console(REDIS_URL="redis://127.0.0.1:1/0", QUEUE="auto")

    with running.client() as client:
        status = upload(client, letters(10))

    assert status["status"] == "finished"
    assert status["engine"] == "local"


def test_korean_mail_is_found_by_two_syllables_inside_a_word(api: httpx2.Client) -> None:
    body = "온라인결제시스템은 내일 점검합니다.\n"
    upload(api, raw_message(1, body=body, subject="점검 안내"), filename="korean.mbox")

    (hit,) = found(api, "결제")

    assert hit["subject"] == "점검 안내"
    assert "결제" in hit["snippet"]


def test_probes_answer_without_a_token(shared_console: Console) -> None:
    with shared_console.stranger() as stranger:
        assert stranger.get("/livez").status_code == 200
        ready = stranger.get("/readyz")

    assert ready.status_code == 200
    assert ready.json()["checks"] == {
        "database": "pass",
        "spool": "pass",
        "room": "pass",
        "work": "pass",
        "redis": "unused",
    }


def test_a_request_from_another_site_changes_nothing(api: httpx2.Client) -> None:
    answer = api.post(
        "/api/upload/stream", content=letters(1), headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == 403


def test_looking_at_a_job_never_changes_it(api: httpx2.Client) -> None:
    status = upload(api, letters(2) + b"look\n")

    answers = {
        wait_until(lambda: api.get(f"/api/jobs/{status['job_id']}").text, what="an answer")
        for _ in range(3)
    }

    assert len(answers) == 1


def errand_at_the_end(client: httpx2.Client, status_url: str) -> dict[str, Any]:
    def over() -> dict[str, Any] | None:
        told: dict[str, Any] = client.get(status_url).json()
        return None if told["status"] in ("waiting", "running") else told

    return wait_until(over, what="the errand is over")


def test_a_paused_job_waits_and_goes_on_when_asked(console: Callable[..., Console]) -> None:
    running = console(REDIS_URL="redis://127.0.0.1:1/0", QUEUE="redis")
    with running.client() as client:
        told = client.post("/api/upload/stream", content=letters(10)).json()
        job = f"/api/jobs/{told['job_id']}"
        assert client.post(f"{job}/pause").json()["paused_at"]
        assert client.post(f"{job}/pause").status_code == 409

        assert client.post(f"{job}/resume").json()["paused_at"] is None
        assert client.post(f"{job}/resume").status_code == 409


def test_a_deleted_upload_is_gone_from_jobs_and_search(api: httpx2.Client) -> None:
    mbox = mbox_of(raw_message(number, body=f"ephemeral{number}\n") for number in range(3))
    status = upload(api, mbox)
    assert len(found(api, "ephemeral*")) == 3

    asked = api.delete(f"/api/jobs/{status['job_id']}")

    assert asked.status_code == 202
    done = errand_at_the_end(api, asked.json()["status_url"])
    assert done["status"] == "done"
    assert done["result"]["bytes_freed"] == len(mbox)
    assert found(api, "ephemeral*") == []
    assert api.get(f"/api/jobs/{status['job_id']}").status_code == 404
    again = upload(api, mbox)
    assert again["progress"]["messages"] == 3


def test_an_mbox_can_be_read_again_by_another_rule(api: httpx2.Client) -> None:
    status = upload(api, letters(5) + b"read me again\n")
    path = f"/api/jobs/{status['job_id']}"

    asked = api.post(f"{path}/read-again", json={"dialect": "mboxo"})

    assert errand_at_the_end(api, asked.json()["status_url"])["status"] == "done"
    after = status_at_the_end(api, path)
    assert after["status"] == "finished"
    assert after["dialect"] == "mboxo"
    counts = after["progress"]
    assert counts["messages"] + counts["duplicates"] == 5


@pytest.mark.parametrize(
    "wish", [b"no json", b"[]", b'{"from_seq": -1}', b'{"dialect": "klingon"}']
)
def test_a_wish_that_cannot_be_read_is_refused(api: httpx2.Client, wish: bytes) -> None:
    status = upload(api, letters(2) + b"wish\n")

    answer = api.post(f"/api/jobs/{status['job_id']}/read-again", content=wish)

    assert answer.status_code == 400


def test_the_report_of_a_job_holds_digest_ledger_and_attempts(api: httpx2.Client) -> None:
    mbox = letters(6) + b"report\n"
    status = upload(api, mbox)

    report = api.get(f"/api/jobs/{status['job_id']}/report")

    told = report.json()
    assert "attachment" in report.headers["content-disposition"]
    assert told["job"]["sha256"] == hashlib.sha256(mbox).hexdigest()
    assert told["ledger"]["balances"]
    assert sum(one["bytes"] for one in told["attempts"] if one["chunk"]) == len(mbox)
    assert "upload.stored" in {act["action"] for act in told["acts"]}


def test_health_tells_of_queue_and_workers(api: httpx2.Client) -> None:
    told = api.get("/api/health").json()

    assert told["queue"]["engine"] == "local"
    assert told["queue"]["consumers"] == 1
    assert not told["queue"]["stuck"]


def test_the_folder_of_the_mail_is_nobody_elses_to_read(shared_console: Console) -> None:
    assert shared_console.data_dir.stat().st_mode & 0o077 == 0
