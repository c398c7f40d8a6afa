"""Who does the work: every worker with its state and the evidence for it, and the queue."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from jobs.health_view import Health, WorkerHealth
from jobs.standing import URGENCY, WorkerState
from jobs.strays import AstrayWorker, look_with_strays
from jobs.worker_details import with_details, with_tallies
from store.clock import utc_now
from store.vain import program_version
from web.asked import address, chosen
from web.house import house_of
from web.needs import STRAYS_SHOWN
from web.pace import pace
from web.passed_over import pass_over, query_of
from web.render import render

PAGE = 50
# Of a worker in the list: urgency, host, name.
Place = tuple[int, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkersView:
    """The moment's picture: a page of the workers, those that need a person first.

    Counts are of all workers. `here` is the address of this page's fragment, `program` the
    version of this console, `beat_seconds` how often an attempt is to report.
    """

    health: Health
    workers: tuple[WorkerHealth, ...]
    counts: tuple[tuple[WorkerState, int], ...]
    state: WorkerState | None
    program: str
    beat_seconds: float
    strays: tuple[AstrayWorker, ...]
    redis_configured: bool
    told_at_once: bool  # there are several that can be asked to end
    could_drain: bool  # not all of them were asked
    back: str  # the page to come back to after an act
    first: str | None
    next: str | None
    here: str
    every: int


def workers_fragment(request: Request) -> Response:
    """`GET /fragments/workers`."""
    return render(request, "fragments/workers.html", find_workers(request))


def find_workers(request: Request) -> WorkersView:
    """Look at workers and queue; a Redis that is away costs about a second at most."""
    house, now = house_of(request), utc_now()
    state, begin = chosen(request, "state", WorkerState), _place_asked(request)
    after = _written(begin) if begin else None
    health, strays = look_with_strays(house.database, config=house.config, link=house.link, now=now)
    shown, further = _page(health, state=state, begin=begin)
    detailed = with_details(shown, link=house.link)
    there = [worker for worker in health.workers if worker.can_be_told]
    moving = health.queue.backlog.running > 0 or health.queue.backlog.waiting > 0
    return WorkersView(
        health=health,
        workers=with_tallies(detailed, database=house.database, now=health.at),
        counts=_counts(health),
        state=state,
        program=program_version(),
        beat_seconds=house.config.beat_seconds,
        strays=strays[:STRAYS_SHOWN],
        redis_configured=house.link is not None,
        told_at_once=len(there) > 1,
        could_drain=any(worker.asked_to_end_at is None for worker in there),
        back=address("/workers", state=state, after=after),
        first=address("/workers", state=state) if after else None,
        next=address("/workers", state=state, after=further) if further else None,
        here=address("/fragments/workers", state=state, after=after),
        every=pace(moving=moving),
    )


def _counts(health: Health) -> tuple[tuple[WorkerState, int], ...]:
    states = [worker.state for worker in health.workers]
    return tuple((state, states.count(state)) for state in URGENCY if state in states)


def _page(
    health: Health, *, state: WorkerState | None, begin: Place | None
) -> tuple[tuple[WorkerHealth, ...], str | None]:
    """The workers to show, and the key of the last one when there are more."""
    found = [
        worker
        for worker in health.workers
        if (state is None or worker.state is state) and (begin is None or worker.place > begin)
    ]
    shown = tuple(found[:PAGE])
    return shown, _written(shown[-1].place) if len(found) > PAGE else None


def _written(place: Place) -> str:
    urgency, host, name = place
    return f"{urgency}~{host}~{name}"


def _place_asked(request: Request) -> Place | None:
    """A place in the list; one that is none is passed over, and told."""
    key = query_of(request).get("after", "")
    if not key:
        return None
    urgency, *rest = key.split("~", 2)
    if len(rest) != 2 or not (urgency.isascii() and urgency.isdecimal()) or len(urgency) > 2:
        pass_over(request, "after", key)
        return None
    return int(urgency), rest[0], rest[1]
