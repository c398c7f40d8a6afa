"""The real console as a process: `email-parser serve`, on a free port, with its own data."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from playwright.sync_api import Page

from store.accounts import Role
from store.api_tokens import make_token
from store.clock import utc_now
from store.config import load
from tests.harness.databases import opened
from tests.harness.processes import Process, bare_environment, program, start, wait_until_ready
from tests.harness.waiting import free_port

ADMIN = "admin"
ADMIN_PASSWORD = "correct horse battery staple"

# Minutes of patience are right for an operator and wrong for a test.
IMPATIENT = {
    "BEAT_SECONDS": "0.5",
    "LEASE_SECONDS": "5",
    "RECONCILE_SECONDS": "0.3",
    "RETRY_SECONDS": "0",
    "SLICE_SECONDS": "2",
}


@dataclass(slots=True)
class Console:
    """A console that a test talks to, and the settings that workers beside it need too."""

    folder: Path
    port: int
    environ: dict[str, str]
    process: Process
    token: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def data_dir(self) -> Path:
        """Its DATA_DIR."""
        return Path(self.environ["DATA_DIR"])

    def client(self, *, token: str | None = None, timeout_seconds: float = 30) -> httpx2.Client:
        """An HTTP client that carries `token`, or the console's own operator token."""
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=timeout_seconds)

    def stranger(self) -> httpx2.Client:
        """An HTTP client that carries nothing and follows no redirect."""
        return httpx2.Client(base_url=self.url, timeout=30)

    def sign_in(self, page: Page, *, name: str = ADMIN, password: str = ADMIN_PASSWORD) -> None:
        """Sign in on `page` as a person would, and arrive on the overview."""
        page.goto(f"{self.url}/sign-in")
        page.locator("input[name=name]").fill(name)
        page.locator("input[name=password]").fill(password)
        page.locator("form:has(input[name=password]) button[type=submit]").click()
        page.wait_for_url(f"{self.url}/")

    def command(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `email-parser WORDS…` with this console's settings."""
        done = run_command(*words, environ=self.environ, folder=self.folder)
        if check and done.returncode != 0:
            raise RuntimeError(f"email-parser {' '.join(words)}:\n{done.stdout}{done.stderr}")
        return done

    def new_token(self, name: str, *, role: Role) -> str:
        """An API token with that role, made in the console's database."""
        with (
            opened(load(self.environ).database_url) as database,
            database.write() as connection,
        ):
            return make_token(connection, name=name, role=role, now=utc_now())

    def restart(self) -> None:
        """Start it again on the same port and data, after `process.stop()` or `.kill()`."""
        self.process = _serve(self.folder, port=self.port, environ=self.environ)


def run_command(
    *words: str, environ: Mapping[str, str], folder: Path, timeout_seconds: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run `email-parser WORDS…` to its end in `folder`."""
    return subprocess.run(
        [program("email-parser"), *words],
        cwd=folder,
        env=bare_environment(environ),
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        check=False,
    )


def start_console(folder: Path, *, settings: Mapping[str, str]) -> Console:
    """Start a console in `folder`, wait until it answers, and get it an operator's token."""
    port = free_port()
    environ = {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "DATA_DIR": str(folder / "var"),
        "ADMIN_PASSWORD": ADMIN_PASSWORD,
        **IMPATIENT,
        **settings,
    }
    console = Console(folder, port, environ, _serve(folder, port=port, environ=environ))
    console.token = console.new_token("tests", role=Role.OPERATOR)
    return console


def _serve(folder: Path, *, port: int, environ: Mapping[str, str]) -> Process:
    process = start(
        [program("email-parser"), "serve"],
        name=f"console-{port}",
        folder=folder,
        environ=bare_environment(environ),
    )
    wait_until_ready(process, lambda: _answers(port))
    return process


def _answers(port: int) -> bool:
    # The socket is open before the application is, so only an answer counts; any will do.
    try:
        httpx2.get(f"http://127.0.0.1:{port}/livez", timeout=2)
    except httpx2.TransportError:
        return False
    return True
