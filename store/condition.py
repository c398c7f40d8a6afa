"""What the database says of itself: version, schema, and whether its audit log is whole.

Pure reads, for the operator's doctor; pages do not ask this.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from store import tables
from store.audit import first_break
from store.clock import now_of, utc_now
from store.database import Database, Dialect
from store.migrate import current_revision, newest_revision
from store.uploads import UploadState


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseCondition:
    """One database at one moment. `journal` is SQLite's journal mode, None elsewhere."""

    dialect: Dialect
    version: tuple[int, ...]
    revision: str | None  # None when it is empty
    newest_revision: str
    encoding: str
    journal: str | None
    clock_ahead_seconds: float  # of this machine's clock; negative when behind

    @property
    def is_current(self) -> bool:
        """True when its schema is the one this version needs."""
        return self.revision == self.newest_revision


def database_condition(database: Database) -> DatabaseCondition:
    """Ask. Raises what `store.database.OUTAGES` lists when it cannot be reached."""
    asked = _SQLITE if database.dialect == "sqlite" else _POSTGRES
    with database.read() as connection:
        version, encoding, journal = (
            connection.exec_driver_sql(question).scalar() if question else None
            for question in asked
        )
        return DatabaseCondition(
            dialect=database.dialect,
            version=_numbers(str(version)),
            revision=current_revision(connection),
            newest_revision=newest_revision(),
            encoding=str(encoding),
            journal=str(journal) if journal else None,
            clock_ahead_seconds=(now_of(connection) - utc_now()).total_seconds(),
        )


_SQLITE = ("SELECT sqlite_version()", "PRAGMA encoding", "PRAGMA journal_mode")
_POSTGRES = ("SHOW server_version", "SHOW server_encoding", "")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split()[0].split(".") if part.isdigit())


def audit_break(database: Database) -> int | None:
    """The first audit entry that does not follow from the one before; None when all do."""
    with database.read() as connection:
        return first_break(connection)


def spooled_files(database: Database) -> dict[str, int]:
    """The spool names of whole uploads, and how many bytes each file has to have."""
    with database.read() as connection:
        rows = connection.execute(
            select(tables.upload.c.spool_name, tables.upload.c.size).where(
                tables.upload.c.state == UploadState.STORED
            )
        )
        return {row.spool_name: row.size for row in rows}


def open_files(database: Database) -> set[str]:
    """The spool names of uploads that are coming in or going away."""
    moving = (UploadState.RECEIVING, UploadState.DELETING)
    with database.read() as connection:
        return set(
            connection.execute(
                select(tables.upload.c.spool_name).where(tables.upload.c.state.in_(moving))
            ).scalars()
        )
