"""Bring a database to the schema this version needs, once, whoever comes first."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from store.database import Database
from store.locks import Turn, take_turns


def alembic_config(connection: Connection | None = None) -> AlembicConfig:
    """Alembic's settings, without a file of its own."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def migrate(database: Database) -> None:
    """Upgrade to the newest revision; harmless when it is there. Safe from several processes."""
    with database.write() as connection:
        take_turns(connection, Turn.MIGRATION)
        command.upgrade(alembic_config(connection), "head")
    database.keep_private()


def newest_revision() -> str:
    """The revision this version needs."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    if head is None:
        raise LookupError("the migrations are missing from this installation")
    return head


def is_from_the_future(connection: Connection) -> bool:
    """True when the database is at a revision that this version does not know."""
    revision = current_revision(connection)
    known = ScriptDirectory.from_config(alembic_config()).walk_revisions()
    return revision is not None and revision not in {one.revision for one in known}


def current_revision(connection: Connection) -> str | None:
    """The revision the database is at; None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()
