"""What the two databases do in their own way: the full-text index, and carrying rows over.

Each has a room of its own; how the index is asked stands in `store.matching`.
"""

from __future__ import annotations

from sqlalchemy import Connection

from store.sql import postgres, sqlite
from store.sql.carrying import Room


def room_of(dialect: str) -> Room:
    """The room of one database."""
    return postgres if dialect == "postgresql" else sqlite


def create_search(connection: Connection) -> None:
    """Make the index; the tables of `store.tables_mail` must exist. Called by a migration."""
    for statement in room_of(connection.dialect.name).DDL.create:
        connection.exec_driver_sql(statement)


def drop_search(connection: Connection) -> None:
    """Undo `create_search`. The tables stay."""
    for statement in room_of(connection.dialect.name).DDL.drop:
        connection.exec_driver_sql(statement)
