"""Who does the work: every worker with its state and the evidence for it, and the queue."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from jobs.health import Health, WorkerHealth
from jobs.strays import AstrayWorker, look_with_strays
from store.clock import utc_now
from web.house import house_of
from web.needs import STRAYS_SHOWN
from web.pace import pace
from web.render import render


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkersView:
    """The moment's picture. `commands` start another worker, copied and pasted."""

    health: Health
    workers: tuple[WorkerHealth, ...]
    strays: tuple[AstrayWorker, ...]
    redis_configured: bool
    every: int


def workers_fragment(request: Request) -> Response:
    """`GET /fragments/workers`."""
    return render(request, "fragments/workers.html", find_workers(request))


def find_workers(request: Request) -> WorkersView:
    """Look at workers and queue; a Redis that is away costs about a second at most."""
    house = house_of(request)
    health, strays = look_with_strays(
        house.database, config=house.config, link=house.link, now=utc_now()
    )
    moving = health.queue.backlog.running > 0 or health.queue.backlog.waiting > 0
    return WorkersView(
        health=health,
        workers=health.workers,
        strays=strays[:STRAYS_SHOWN],
        redis_configured=house.link is not None,
        every=pace(moving=moving),
    )
