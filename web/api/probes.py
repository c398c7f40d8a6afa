"""Probes for supervisors: is the process up, and could it serve."""

from __future__ import annotations

import os

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from store.config import QueueChoice
from store.database import OUTAGES
from store.migrate import current_revision, newest_revision
from web.house import House, house_of


def livez(_request: Request) -> Response:
    """The process answers; nothing else is asked."""
    return PlainTextResponse("ok\n")


def readyz(request: Request) -> Response:
    """Database reachable and at the newest schema, spool writable, Redis reachable if required.

    503 when a check fails; a Redis that is away is only a warning while the local thread helps.
    """
    house = house_of(request)
    checks = {
        "database": _database(house),
        "spool": "pass" if os.access(house.spool.folder, os.W_OK) else "fail",
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


def _redis(house: House) -> str:
    if house.link is None:
        return "unused"
    if house.link.state().reachable:
        return "pass"
    return "warn" if house.config.queue is QueueChoice.AUTO else "fail"
