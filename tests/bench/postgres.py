"""A PostgreSQL cluster for measuring: its own, with the settings a careful operator would give.

Unlike the one of the tests it keeps its promises about the disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from tests.harness import postgres
from tests.harness.postgres import PostgresCluster, start_postgres

SETTINGS = (
    "shared_buffers=1GB",
    "max_wal_size=4GB",
    "checkpoint_timeout=15min",
    "maintenance_work_mem=128MB",
    "max_connections=50",
)


@contextmanager
def bench_postgres() -> Iterator[PostgresCluster]:
    """A running cluster, thrown away at the end."""
    with patch.object(postgres, "_CARELESS_BUT_QUICK", SETTINGS):
        cluster = start_postgres()
    try:
        yield cluster
    finally:
        cluster.stop()
