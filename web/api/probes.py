"""Probes for supervisors: is the process up, and could it serve."""

from __future__ import annotations

import os

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from store.clock import now_of
from store.config import QueueChoice
from store.database import OUTAGES
from store.migrate import current_revision, newest_revision
from store.standstill import standstills
from web.house import House, house_of

# Below that a SQLite file has no room for a batch and its journal.
DATABASE_BYTES = 16 << 20


def livez(_request: Request) -> Response:
    """The process answers; nothing else is asked."""
    return PlainTextResponse("ok\n")


def readyz(request: Request) -> Response:
    """Database, spool, room on their disks, and Redis if it is required.

    503 when a check fails; a Redis that is away is only a warning while the local thread helps.
    Looks and writes nothing, so a full disk of a Postgres server shows in `work`: a machine rests.
    """
    house = house_of(request)
    checks = {
        "database": _database(house),
        "spool": "pass" if os.access(house.spool.folder, os.W_OK) else "fail",
        "room": _room(house),
        "work": _work(house),
        "redis": _redis(house),
    }
    failed = "fail" in checks.values()
    return JSONResponse(
        {"status": "fail" if failed else "pass", "checks": checks}, 503 if failed else 200
    )


def _database(house: House) -> str:
    try:
        with house.database.read() as connection:
            return "pass" if current_revision(connection) == newest_revision() else "fail"
    except OUTAGES:
        return "fail"


def _room(house: House) -> str:
    try:
        for_database = house.database.free_bytes()
    except OSError:
        return "fail"
    enough = for_database is None or for_database >= DATABASE_BYTES
    return "pass" if enough and house.spool.room().available > 0 else "fail"


def _work(house: House) -> str:
    try:
        with house.database.read() as connection:
            return "warn" if standstills(connection, now=now_of(connection)) else "pass"
    except OUTAGES:
        return "fail"


def _redis(house: House) -> str:
    if house.link is None:
        return "unused"
    if house.link.state().reachable:
        return "pass"
    return "warn" if house.config.queue is QueueChoice.AUTO else "fail"
