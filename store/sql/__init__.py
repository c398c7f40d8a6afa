"""The full-text index, which the two databases spell differently: made and dropped here.

How it is filled stands in `postgres` and `sqlite`; how it is asked, in `store.matching`.
"""

from __future__ import annotations

from sqlalchemy import Connection

from store.sql import postgres, sqlite
from store.sql.ddl import Ddl


def create_search(connection: Connection) -> None:
    """Make the index; the tables of `store.tables_mail` must exist. Called by a migration."""
    for statement in _ddl(connection).create:
        connection.exec_driver_sql(statement)


def drop_search(connection: Connection) -> None:
    """Undo `create_search`. The tables stay."""
    for statement in _ddl(connection).drop:
        connection.exec_driver_sql(statement)


def _ddl(connection: Connection) -> Ddl:
    return postgres.DDL if connection.dialect.name == "postgresql" else sqlite.DDL
