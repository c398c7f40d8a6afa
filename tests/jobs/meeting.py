"""Let two meet at the same row at the same moment, on the database that lets them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import text

from jobs.workshop import Workshop
from store.config import load
from store.database import Database
from store.spool import Spool
from tests.harness.waiting import wait_until
from tests.jobs.fixtures import QUICK
from tests.jobs.floor import Floor


def floor_on(database: Database, tmp_path: Path) -> Floor:
    """A floor on Postgres; SQLite lets one transaction write at a time, so nothing can meet."""
    environ = {"DATA_DIR": str(tmp_path / "var"), "DATABASE_URL": database.url}
    config = load({**environ, **QUICK})
    spool = Spool(config.spool_dir)
    return Floor(Workshop(config=config, database=database, spool=spool))


def somebody_waits(floor: Floor) -> bool:
    query = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with floor.workshop.database.read() as connection:
        return bool(connection.execute(query).scalar_one())


def meanwhile(floor: Floor, act: Callable[[], object]) -> Callable[[], object]:
    """Begin `act` beside, up to where it waits for a lock; what is answered waits for its end."""
    pool = ThreadPoolExecutor(max_workers=1)
    acting = pool.submit(act)
    pool.shutdown(wait=False)
    wait_until(lambda: somebody_waits(floor) or acting.done(), what="it waits or is done")
    return lambda: acting.result(timeout=30)
