"""What every test may ask for; the making of it stands in tests/harness.

No fixture ever skips: a server that is missing is a failure that says what to install.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from store.database import Database
from tests.harness.browser import Complaints, open_page, started_chromium
from tests.harness.console import Console, start_console
from tests.harness.databases import (
    make_postgres_template,
    make_sqlite_template,
    postgres_copy,
    sqlite_copy,
)
from tests.harness.postgres import PostgresCluster, start_postgres
from tests.harness.processes import Process
from tests.harness.quick_disk import quick_folder
from tests.harness.redis import RedisServer, start_redis
from tests.harness.told import sendable, tables_of
from tests.harness.workers import start_our_worker, start_rq_worker

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"

# Files with minutes of browser tests, the longest first.
LONGEST = (
    "test_journeys_of_trouble.py",
    "test_every_scene.py",
    "test_journeys_of_mail.py",
    "test_journeys_of_jobs.py",
    "test_every_page.py",
    "test_journeys_of_lists.py",
    "test_journeys.py",
    "test_live.py",
    "test_job_page.py",
    "test_states.py",
)

_processes_of_test = pytest.StashKey[list[Process]]()


def pytest_configure() -> None:
    """Put `tmp_path` where writing is quick, unless somebody chose a place already."""
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(quick_folder()))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests go last: they are slow, and Playwright keeps the thread's event loop.

    Of them the longest files go first, so that no process is left alone with one at the end.
    """
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[bool, int]:
    if "chromium" not in getattr(item, "fixturenames", ()):
        return False, 0
    name = item.path.name
    return True, LONGEST.index(name) if name in LONGEST else len(LONGEST)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failure what the servers of that test had to say; let nothing be skipped."""
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"no test may be skipped: {report.longrepr}"
    if report.failed:
        for process in item.stash.get(_processes_of_test, []):
            report.sections.append((f"log of {process.name}", process.log()))
    return report


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    """Let no text of a hostile mail keep a report from the process that prints it."""
    report = yield
    return sendable(report)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables that tests have left."""
    ended = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    for table in tables_of(ended):
        terminalreporter.write_line(f"\n{table}")


@pytest.fixture
def processes(request: pytest.FixtureRequest) -> Iterator[list[Process]]:
    """Processes of this test: put one in and its log is shown on failure, and it is stopped."""
    started: list[Process] = []
    request.node.stash[_processes_of_test] = started
    yield started
    for process in reversed(started):
        process.stop()


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real mail that lies beside the project; to be read, never changed."""
    if not (CORPUS / "MANIFEST.json").is_file():
        pytest.fail(f"the tests need the mail corpus in {CORPUS}")
    return CORPUS


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[PostgresCluster]:
    """A PostgreSQL server for the whole run."""
    cluster = start_postgres()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres_cluster: PostgresCluster) -> str:
    """The name of a migrated, empty database to copy."""
    return make_postgres_template(postgres_cluster)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    return make_sqlite_template(tmp_path_factory.mktemp("sqlite") / "template.db")


@pytest.fixture
def postgres_database(
    postgres_cluster: PostgresCluster, postgres_template: str
) -> Iterator[Database]:
    """A migrated, empty PostgreSQL database; `.url` is its DATABASE_URL."""
    with postgres_copy(postgres_cluster, template=postgres_template) as database:
        yield database


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty SQLite database; `.url` is its DATABASE_URL."""
    with sqlite_copy(sqlite_template, folder=tmp_path) as database:
        yield database


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """A migrated, empty database: the test runs once on SQLite and once on PostgreSQL."""
    name = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    found: Database = request.getfixturevalue(name)
    return found


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis server for the whole run; tests use `redis_url`."""
    server = start_redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The address of a Redis that knows nothing yet."""
    redis_server.flush()
    return redis_server.url


@pytest.fixture
def own_redis(processes: list[Process], tmp_path: Path) -> Callable[..., RedisServer]:
    """Starts a Redis of the test's own, to be killed or frozen: `own_redis(keeps_data=True)`."""

    def start(*words: str, keeps_data: bool = False) -> RedisServer:
        server = start_redis(tmp_path, keeps_data=keeps_data, words=words)
        processes.append(server.process)
        return server

    return start


@pytest.fixture
def console(
    processes: list[Process], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Console]]:
    """Starts a real console: `console(REDIS_URL=redis_url, DATABASE_URL=database.url)`."""
    started: list[Console] = []

    def start(**settings: str) -> Console:
        running = start_console(tmp_path_factory.mktemp("console"), settings=settings)
        processes.append(running.process)
        started.append(running)
        return running

    yield start
    for running in started:
        running.process.stop()


@pytest.fixture
def rq_worker(
    processes: list[Process], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Process]:
    """Starts a plain `rq worker` with a console's settings: `rq_worker(console.environ)`."""

    def start(environ: Mapping[str, str], *words: str, url: str | None = None) -> Process:
        folder = tmp_path_factory.mktemp("rq")
        name = f"rq-worker-{len(processes)}"
        process = start_rq_worker(folder, environ=environ, name=name, words=words, url=url)
        processes.append(process)
        return process

    return start


@pytest.fixture
def our_worker(
    processes: list[Process], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Process]:
    """Starts `email-parser worker` with a console's settings."""

    def start(environ: Mapping[str, str], *words: str) -> Process:
        folder = tmp_path_factory.mktemp("worker")
        name = f"worker-{len(processes)}"
        process = start_our_worker(folder, environ=environ, name=name, words=words)
        processes.append(process)
        return process

    return start


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium for the whole run."""
    with started_chromium() as browser:
        yield browser


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages, see `open_page`; the test fails if one breaks its security policy or throws."""
    pages: list[Page] = []
    complaints = Complaints()

    def start(**options: Any) -> Page:
        pages.append(open_page(chromium, complaints=complaints, **options))
        return pages[-1]

    yield start
    for page in pages:
        page.context.close()
    assert complaints.texts == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """One page, 1280 pixels wide, in English."""
    return new_page()
