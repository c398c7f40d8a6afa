"""Who may do what alone: named leases for tasks, and turns within a transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum, unique

from sqlalchemy import Connection, Table, or_, select, text, update
from sqlalchemy.dialects.postgresql import Insert as InsertPostgresql
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import Insert as InsertSqlite
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from store.tables import task_lock


@unique
class Turn(IntEnum):
    """What is done in turns, by the number that names it: any, but each by one of its own."""

    MIGRATION = 5_318_008_112
    AUDIT = 5_318_008_113
    ADMISSION = 5_318_008_114
    MEMBERS = 5_318_008_115


def insert_new(connection: Connection, table: Table) -> InsertPostgresql | InsertSqlite:
    """An INSERT that can be told to do nothing when the row is there already."""
    return insert_sqlite(table) if connection.dialect.name == "sqlite" else insert_postgresql(table)


def hold(connection: Connection, name: str, *, owner: str, now: datetime, seconds: float) -> bool:
    """Take or renew the lease of that name; False while somebody else holds it."""
    # An expired row to fight over must exist first; the guarded update then decides.
    connection.execute(
        insert_new(connection, task_lock)
        .values(name=name, owner=owner, until=now)
        .on_conflict_do_nothing()
    )
    taken = connection.execute(
        update(task_lock)
        .where(task_lock.c.name == name)
        .where(or_(task_lock.c.owner == owner, task_lock.c.until <= now))
        .values(owner=owner, until=now + timedelta(seconds=seconds))
    )
    return taken.rowcount == 1


def release(connection: Connection, name: str, *, owner: str, now: datetime) -> None:
    """Give a lease back before it runs out."""
    connection.execute(
        update(task_lock)
        .where(task_lock.c.name == name, task_lock.c.owner == owner)
        .values(until=now)
    )


def holder(connection: Connection, name: str, *, now: datetime) -> str | None:
    """Who holds that lease now."""
    return connection.execute(
        select(task_lock.c.owner).where(task_lock.c.name == name, task_lock.c.until > now)
    ).scalar_one_or_none()


def take_turns(connection: Connection, key: int) -> None:
    """Until this transaction ends, no other one that named the same key goes past this line.

    `key` is any number of 64 bits. On SQLite there is only ever one write transaction.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": int(key)})
