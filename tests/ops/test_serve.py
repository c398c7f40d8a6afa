"""The console and its workers as an operator starts, probes and stops them."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.harness.console import IMPATIENT, Console, run_command
from tests.harness.processes import Process, bare_environment, program, start
from tests.harness.waiting import free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
MAIL = (
    b"From ann@example.org Mon Jan  5 10:00:00 2026\n"
    b"From: ann@example.org\nSubject: hello\nMessage-ID: <1@example.org>\n"
    b"Date: Mon, 5 Jan 2026 10:00:00 +0000\n\nA word.\n"
)


def _serve(folder: Path, processes: list[Process], **environ: str) -> Process:
    settings = {"DATA_DIR": str(folder / "var"), **IMPATIENT, **environ}
    process = start(
        [program("email-parser"), "serve"],
        name="serve",
        folder=folder,
        environ=bare_environment(settings),
    )
    processes.append(process)
    return process


def test_the_first_start_prints_an_address_and_a_link_that_signs_in_once(
    processes: list[Process], tmp_path: Path, new_page: Callable[..., Page]
) -> None:
    process = _serve(tmp_path, processes, PORT="0")
    link = wait_until(
        lambda: re.search(r"http://127\.0\.0\.1:\d+/sign-in/\S+", process.log()),
        what="the link is printed",
    )[0]
    page = new_page()

    page.goto(link)
    page.locator("main form button").first.click()

    page.wait_for_url(re.compile(r":\d+/$"))
    page.context.clear_cookies()
    answer = page.goto(link)
    assert answer is not None
    assert answer.status == 410
    expect(page.get_by_role("alert").or_(page.locator(".notice.bad"))).to_contain_text("used")


def test_a_password_of_the_first_account_makes_the_link_unnecessary(
    console: Callable[..., Console], page: Page
) -> None:
    running = console()

    running.sign_in(page)

    assert "/sign-in/" not in running.process.log()


def test_a_console_stops_kindly_and_goes_on_where_it_was(console: Callable[..., Console]) -> None:
    running = console()
    with running.client() as client:
        client.post("/api/upload/stream?filename=a.mbox", content=MAIL).raise_for_status()

        running.process.send(signal.SIGTERM)
        ended = running.process.wait()
        running.restart()

        wait_until(
            lambda: (
                [job["status"] for job in client.get("/api/jobs").json()["jobs"]] == ["finished"]
            ),
            what="the job is finished",
        )
    assert ended in {0, -signal.SIGTERM}


def test_healthcheck_tells_a_living_console_from_a_dead_one(
    console: Callable[..., Console],
) -> None:
    running = console(ALLOWED_HOSTS="mail.example.org")

    alive = running.command("healthcheck", "console", check=False)
    running.process.stop()
    dead = running.command("healthcheck", "console", check=False)

    assert (alive.returncode, alive.stdout, alive.stderr) == (0, "", "")
    assert dead.returncode == 1
    assert "does not answer" in dead.stderr


def test_healthcheck_tells_whether_a_worker_lives_here(
    console: Callable[..., Console], our_worker: Callable[..., Process], redis_url: str
) -> None:
    running = console(REDIS_URL=redis_url)
    worker = our_worker(running.environ)

    alive = running.command("healthcheck", "worker", check=False)
    worker.kill()
    dead = wait_until(
        lambda: running.command("healthcheck", "worker", check=False).stderr,
        what="the worker is missed",
    )

    assert alive.returncode == 0
    assert "no worker" in dead


@pytest.mark.parametrize(
    ("words", "said"), [((), "was asked to finish"), (("--now",), "was told to end at once")]
)
def test_drain_ends_workers_of_both_kinds(
    console: Callable[..., Console],
    rq_worker: Callable[..., Process],
    our_worker: Callable[..., Process],
    redis_url: str,
    words: tuple[str, ...],
    said: str,
) -> None:
    running = console(REDIS_URL=redis_url)
    workers = [rq_worker(running.environ), our_worker(running.environ)]

    drained = running.command("drain", *words, "--wait", "20")

    assert drained.stdout.count(said) == 2
    assert [worker.wait() for worker in workers] == [0, 0]


def test_drain_does_not_look_done_while_redis_is_away(console: Callable[..., Console]) -> None:
    running = console(REDIS_URL="redis://127.0.0.1:1/0", QUEUE="redis")

    drained = running.command("drain", check=False)

    assert drained.returncode != 0
    assert "cannot be reached" in drained.stderr


def test_doctor_finds_nothing_wrong_with_a_working_installation(
    console: Callable[..., Console],
    rq_worker: Callable[..., Process],
    redis_url: str,
) -> None:
    running = console(REDIS_URL=redis_url)
    rq_worker(running.environ)

    diagnosed = running.command("doctor", check=False)

    assert diagnosed.returncode == 0, diagnosed.stdout
    assert "wrong" not in diagnosed.stdout
    assert "workers: 1 to do the work" in diagnosed.stdout


def test_doctor_tells_what_to_do_when_redis_is_away(tmp_path: Path) -> None:
    environ = {
        "REDIS_URL": f"redis://127.0.0.1:{free_port()}",
        "DATA_DIR": str(tmp_path / "var"),
    }

    diagnosed = run_command("doctor", environ=environ, folder=tmp_path)

    assert diagnosed.returncode == 1
    assert "mend REDIS_URL" in diagnosed.stdout


def test_honcho_starts_console_and_worker_together(
    processes: list[Process], tmp_path: Path, redis_url: str
) -> None:
    port = free_port()
    environ = {
        "DATA_DIR": str(tmp_path / "var"),
        "PORT": str(port),
        "REDIS_URL": redis_url,
        "QUEUE": "redis",
        **IMPATIENT,
    }
    path = f"{Path(program('honcho')).parent}:{bare_environment({})['PATH']}"
    honcho = start(
        [program("honcho"), "--procfile", ROOT / "Procfile", "--app-root", tmp_path, "start"],
        name="honcho",
        folder=tmp_path,
        environ={**bare_environment(environ), "PATH": path},
    )
    processes.append(honcho)
    wait_until(lambda: _alive(port), what="the console answers")
    token = run_command("token", "create", "tests", environ=environ, folder=tmp_path).stdout.strip()
    headers = {"Authorization": f"Bearer {token}"}

    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
        client.post("/api/upload/stream?filename=a.mbox", content=MAIL).raise_for_status()
        (job,) = wait_until(
            lambda: [
                job for job in client.get("/api/jobs").json()["jobs"] if job["status"] == "finished"
            ],
            what="the job is finished",
        )

    assert job["engine"] == "rq"


@pytest.mark.parametrize(("given", "listens"), [("5000", "8000"), ("9123", "9123")])
def test_the_procfile_lets_the_console_listen_where_the_readme_says(
    tmp_path: Path, given: str, listens: str
) -> None:
    stub = tmp_path / "email-parser"
    stub.write_text("#!/bin/sh\necho $PORT $1\n")
    stub.chmod(0o755)
    (web,) = [
        line.partition(": ")[2]
        for line in (ROOT / "Procfile").read_text().splitlines()
        if line.startswith("web: ")
    ]
    environ = {"PATH": f"{tmp_path}:{bare_environment({})['PATH']}", "PORT": given}

    told = subprocess.run(["/bin/sh", "-c", web], env=environ, capture_output=True, text=True)

    assert told.stdout == f"{listens} serve\n"


@pytest.mark.parametrize("existed", [False, True])
def test_mail_is_its_owners_alone_in_a_folder_that_is_open_to_all(
    console: Callable[..., Console], tmp_path: Path, existed: bool
) -> None:
    tmp_path.chmod(0o755)
    if existed:
        (tmp_path / "spool").mkdir(mode=0o755)
        (tmp_path / "mail.db").touch(mode=0o644)
    running = console(DATA_DIR=str(tmp_path))
    with running.client() as client:
        client.post("/api/upload/stream?filename=a.mbox", content=MAIL).raise_for_status()

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    spooled = [path.stat().st_mode & 0o777 for path in (tmp_path / "spool").iterdir()]

    assert modes.pop("spool") == 0o700
    assert {"mail.db", "mail.db-wal"} <= modes.keys()
    assert set(modes.values()) == {0o600}
    assert set(spooled) == {0o600}
    assert ("was open to others" in running.process.log()) is existed


def _alive(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/livez", timeout=2).status_code == 200
    except httpx2.TransportError:
        return False
