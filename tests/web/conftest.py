"""One console for all tests of the API that do not need settings of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from store.database import Database
from tests.harness.console import Console, start_console
from tests.web.hall import Hall
from tests.web.visiting import OPENED, Visit, visit


@pytest.fixture(autouse=True)
def _closed_databases() -> Iterator[None]:
    """Give connections back: hundreds of tests would use up what a process may hold open."""
    yield
    while OPENED:
        OPENED.pop().close()


@pytest.fixture(scope="session")
def shared_console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console with SQLite and the local thread; tests put mail of their own into it."""
    running = start_console(tmp_path_factory.mktemp("shared"), settings={"CHUNK_BYTES": "16384"})
    yield running
    running.process.stop()


@pytest.fixture
def api(shared_console: Console) -> Iterator[httpx2.Client]:
    """A client of that console with an operator's token."""
    with shared_console.client() as client:
        yield client


@pytest.fixture
def here(sqlite_database: Database, tmp_path: Path) -> Visit:
    """An empty console inside this process, for tests of pages."""
    return visit(sqlite_database, tmp_path)


@pytest.fixture
def hall(redis_url: str) -> Iterator[Hall]:
    """A Redis for workers that nobody has to start, empty."""
    found = Hall(redis_url)
    yield found
    found.close()


@pytest.fixture
def there(sqlite_database: Database, tmp_path: Path, redis_url: str) -> Visit:
    """A console with that Redis."""
    return visit(sqlite_database, tmp_path, REDIS_URL=redis_url)
