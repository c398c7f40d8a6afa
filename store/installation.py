"""Which database this is: an id that console, workers and spool compare.

Without it a worker that was given another DATABASE_URL would look for chunks that are not there,
and nobody could say why nothing moves.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect, select

from store.tables_watch import installation


def installation_id(connection: Connection) -> str | None:
    """The id of this database; None when it has none, as one without our schema."""
    if not inspect(connection).has_table(installation.name):
        return None
    return connection.execute(select(installation.c.id).limit(1)).scalar_one_or_none()
