"""A migrated, empty database for every test, at the price of a copy.

The schema is made once per run, in a template of each kind; tests get copies of it.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.database import Database
from store.migrate import migrate
from tests.harness.postgres import PostgresCluster

TEMPLATE = "template_migrated"


def make_sqlite_template(path: Path) -> Path:
    """A migrated SQLite file, to be copied."""
    with opened(f"sqlite:///{path}") as database:
        migrate(database)
    return path


def make_postgres_template(cluster: PostgresCluster) -> str:
    """A migrated database in `cluster`, to be copied; its name."""
    cluster.create(TEMPLATE)
    with opened(cluster.url(TEMPLATE)) as database:
        migrate(database)
    return TEMPLATE


@contextmanager
def sqlite_copy(template: Path, *, folder: Path) -> Iterator[Database]:
    """A fresh SQLite database inside `folder`."""
    path = folder / "mail.db"
    shutil.copyfile(template, path)
    with opened(f"sqlite:///{path}") as database:
        yield database


@contextmanager
def postgres_copy(cluster: PostgresCluster, *, template: str) -> Iterator[Database]:
    """A fresh PostgreSQL database, dropped at the end."""
    name = f"test_{uuid.uuid4().hex}"
    cluster.create(name, template=template)
    try:
        with opened(cluster.url(name)) as database:
            yield database
    finally:
        cluster.drop(name)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """The database at `url`, closed at the end."""
    database = Database(url)
    try:
        yield database
    finally:
        database.close()
