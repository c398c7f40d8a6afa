"""Where a command works: the settings of this environment, and what they name, opened."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.engine import Engine, build, claim_spool
from jobs.workshop import Workshop, open_workshop, set_up_logging
from ops.refusal import Refusal
from store.config import Config, ConfigError, from_environment
from store.database import Database, DatabaseUnusable, database_file, require_database
from store.masking import without_password
from store.migrate import is_from_the_future, migrate


def settings() -> Config:
    """The settings of this environment and of `.env` here. Raises ConfigError."""
    config = from_environment(os.environ, Path.cwd())
    set_up_logging(config.log_level)
    return config


def settings_of_installation() -> Config:
    """The same, for a command that only looks. Raises Refusal where nothing was begun yet.

    Whoever gives it in another folder than the console's would look at an empty database.
    """
    config = settings()
    if _is_new(config):
        raise Refusal(
            f"there is no installation in {config.data_dir}: "
            "set DATA_DIR (or DATABASE_URL) as the console has it"
        )
    return config


def _is_new(config: Config) -> bool:
    file = database_file(config.database_url)
    return file is not None and not file.exists()


@contextmanager
def opened_database(config: Config) -> Iterator[Database]:
    """The database, brought to this version's schema first; made, and that said, when there is
    none yet."""
    if _is_new(config):
        print(f"A new installation is begun in {config.data_dir}.", file=sys.stderr)
    require_premises(config)
    database = Database(config.database_url)
    try:
        migrate(database)
        yield database
    finally:
        database.close()


@contextmanager
def opened_workshop(config: Config) -> Iterator[Workshop]:
    """Database and spool, ready for work."""
    require_premises(config)
    workshop = open_workshop(config)
    try:
        migrate(workshop.database)
        yield workshop
    finally:
        workshop.database.close()


@contextmanager
def opened_engine(config: Config) -> Iterator[Engine]:
    """Everything that does the work or has it done; nothing of it is started."""
    require_premises(config)
    engine = build(config)
    try:
        migrate(engine.workshop.database)
        claim_spool(engine.workshop)
        yield engine
    finally:
        if engine.link is not None:
            engine.link.close()
        engine.workshop.database.close()


def require_premises(config: Config) -> None:
    """Make the folder if need be, and reach the database. Raises ConfigError, DatabaseAway."""
    try:
        config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(
            f"DATA_DIR={str(config.data_dir)!r} cannot be used: {error.strerror}"
        ) from None
    try:
        require_database(config.database_url, fits=lambda found: not is_from_the_future(found))
    except DatabaseUnusable as error:
        raise ConfigError(
            f"DATABASE_URL={without_password(config.database_url)!r} {error}"
        ) from None


def actor() -> str:
    """Who gives this command, for the audit log."""
    return f"command:{getpass.getuser()}"
