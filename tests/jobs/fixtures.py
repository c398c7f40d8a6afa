"""What tests of the work share; `tests/jobs` and `tests/chaos` take it in by their conftest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.workshop import Workshop
from store.config import load
from store.database import Database
from store.spool import Spool
from tests.jobs.floor import Floor

QUICK = {
    "CHUNK_BYTES": "4096",
    "RETRY_SECONDS": "0",
    "LEASE_SECONDS": "10",
    "FREE_BYTES_FLOOR": "0",
}


@pytest.fixture
def make_floor(database: Database, tmp_path: Path) -> Callable[..., Floor]:
    """A floor with settings of the test's own: `make_floor(CHUNK_BYTES="100000")`."""

    def make(**settings: str) -> Floor:
        environ = {"DATA_DIR": str(tmp_path / "var"), "DATABASE_URL": database.url}
        config = load({**environ, **QUICK, **settings})
        return Floor(Workshop(config=config, database=database, spool=Spool(config.spool_dir)))

    return make


@pytest.fixture
def floor(make_floor: Callable[..., Floor]) -> Floor:
    """A floor with small chunks and no waiting between attempts."""
    return make_floor()
