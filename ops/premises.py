"""Where a command works: the settings of this environment, and the database they name."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.config import Config, from_environment
from store.database import Database
from store.migrate import migrate


def settings() -> Config:
    """The settings of this environment and of `.env` here. Raises ConfigError."""
    return from_environment(os.environ, Path.cwd())


@contextmanager
def opened_database(config: Config) -> Iterator[Database]:
    """The database, brought to this version's schema first; made when there is none yet."""
    config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(config.database_url)
    try:
        migrate(database)
        yield database
    finally:
        database.close()


def actor() -> str:
    """Who gives this command, for the audit log."""
    return f"command:{getpass.getuser()}"
