"""Ask for an errand, carry it out, look at what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from jobs.errands import run_errand
from store.clock import utc_now
from store.errands import Errand, ErrandKind, add_errand, find_errand
from tests.jobs.floor import Floor


def ask(floor: Floor, kind: ErrandKind, **parameters: Any) -> Errand:
    with floor.workshop.database.write() as connection:
        errand_id = add_errand(connection, kind, parameters, by="account:ann", now=utc_now())
    return look_up(floor, errand_id)


def look_up(floor: Floor, errand_id: int) -> Errand:
    with floor.workshop.database.read() as connection:
        found = find_errand(connection, errand_id)
    assert found is not None
    return found


def carry_out(
    floor: Floor, errand: Errand, *, still_mine: Callable[[], bool] = lambda: True
) -> Errand:
    run_errand(floor.workshop, errand, still_mine=still_mine)
    return look_up(floor, errand.id)


def count(floor: Floor, table: Any) -> int:
    with floor.workshop.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())
