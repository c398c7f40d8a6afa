"""Machines that rest, because what is around the work does not let it be done there.

A full disk, a spool that is not mounted, a database that takes no writing: no chunk is to blame,
so none is charged. The machine claims nothing for a while, then tries again by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, select, update

from store.locks import insert_new
from store.tables_watch import standstill

LONGEST_SECONDS = 60.0
# Between two tries a machine is still said to rest for so long.
AFTERWARDS = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standstill:
    """One machine that rests, since when, why, and when it tries again."""

    host: str
    reason: str
    since: datetime
    until: datetime


def rest(connection: Connection, host: str, *, reason: str, seconds: float, now: datetime) -> None:
    """Let a machine rest for `seconds`, and twice as long each time in a row, up to a minute."""
    here = standstill.c.host == host
    # Two workers of one machine may find out at once; a row to wait for must exist first.
    connection.execute(
        insert_new(connection, standstill)
        .values(host=host, reason=reason, since=now, until=now, times=0)
        .on_conflict_do_nothing()
    )
    times = connection.execute(
        select(standstill.c.times).where(here).with_for_update()
    ).scalar_one()
    until = now + timedelta(seconds=min(seconds * 2.0**times, LONGEST_SECONDS))
    connection.execute(
        update(standstill).where(here).values(reason=reason, until=until, times=min(times + 1, 16))
    )


def end_rest(connection: Connection, host: str) -> None:
    """Work was done on that machine: whatever it was is over."""
    connection.execute(delete(standstill).where(standstill.c.host == host))


def rests(host: str, *, now: datetime) -> ColumnElement[bool]:
    """True for a machine that is to claim nothing now."""
    return (
        select(standstill.c.host)
        .where(standstill.c.host == host, standstill.c.until > now)
        .exists()
    )


def standstills(connection: Connection, *, now: datetime) -> tuple[Standstill, ...]:
    """The machines that rest, by name."""
    rows = connection.execute(
        select(standstill).where(standstill.c.until > now - AFTERWARDS).order_by(standstill.c.host)
    )
    return tuple(
        Standstill(host=row.host, reason=row.reason, since=row.since, until=row.until)
        for row in rows
    )
