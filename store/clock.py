"""The time: this machine's, and the one clock that all machines at a database share."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, func, select


def utc_now() -> datetime:
    """Now, aware, in UTC. One function, so that tests can hand in another one."""
    return datetime.now(UTC)


def now_of(connection: Connection) -> datetime:
    """Now by the database's clock, for times that one machine writes and another judges.

    A worker whose own clock is wrong would otherwise lose chunks that it is working on. SQLite
    has no clock of its own, and needs none: everybody sits on the same machine.
    """
    if connection.dialect.name == "sqlite":
        return utc_now()
    now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return now.astimezone(UTC)
