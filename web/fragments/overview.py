"""The console at a glance: what needs a person, what is happening, what came last."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from jobs.health_view import Health
from jobs.strays import look_with_strays
from store.admission import promised_bytes
from store.clock import now_of, utc_now
from store.job_filter import JobFilter
from store.job_list import count_jobs
from store.job_runs import Work, work_on
from store.job_view import JobView
from store.jobs import job_counts, list_jobs, open_jobs
from store.quarantine import set_aside_since
from store.spool import Room
from store.standings import standings_inside
from store.standstill import standstills
from store.states import JobState
from web.errand_lines import ErrandLine, under_way
from web.house import house_of
from web.needs import Incomplete, Need, Quarantined, needs_of, told_since
from web.pace import pace
from web.render import render, zone_of
from web.timeline import Eta, eta_of

OPEN_SHOWN = 10
LATEST_SHOWN = 8
OVER = tuple(state for state in JobState if state.is_over)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveJob:
    """A job that is not over, with when it will be."""

    job: JobView
    eta: Eta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewView:
    """Everything at a glance. `is_new`: nothing was ever uploaded."""

    is_new: bool
    needs: tuple[Need, ...]
    live: tuple[LiveJob, ...]
    latest: tuple[JobView, ...]
    inside: dict[int, dict[str, int]]  # by archive: how what came out of it stands
    work: dict[str, Work]  # by job
    errands: tuple[ErrandLine, ...]
    counts: dict[JobState, int]
    health: Health
    room: Room
    every: int


def overview_fragment(request: Request) -> Response:
    """`GET /fragments/overview`."""
    return render(request, "fragments/overview.html", find_overview(request))


def find_overview(request: Request) -> OverviewView:
    """Look at everything, cheaply."""
    house, now = house_of(request), utc_now()
    with house.database.read() as connection:
        counts = job_counts(connection)
        moving = open_jobs(connection, now=now, limit=OPEN_SHOWN)
        latest = list_jobs(connection, now=now, states=OVER, is_folded=True, limit=LATEST_SHOWN)
        archives = [one.upload_id for one in (*moving, *latest) if one.is_archive]
        inside = standings_inside(connection, archives)
        work = work_on(connection, [*moving, *latest])
        since = told_since(now, zone_of(request))
        incomplete = JobFilter(states=(JobState.INCOMPLETE,), ended=since, is_folded=True)
        number = count_jobs(connection, incomplete) if JobState.INCOMPLETE in counts else 0
        set_aside = set_aside_since(connection, since)
        resting = standstills(connection, now=now_of(connection))
        room = house.spool.room(promised=promised_bytes(connection, house.spool))
    health, strays = look_with_strays(house.database, config=house.config, link=house.link, now=now)
    errands = under_way(house.database)
    return OverviewView(
        is_new=not counts,
        needs=needs_of(
            health,
            room=room,
            config=house.config,
            standstills=resting,
            strays=strays,
            incomplete=Incomplete(files=number, since=since),
            quarantined=Quarantined(
                messages=set_aside.messages, files=set_aside.files, since=since
            ),
            spool_is_away=bool(counts) and house.spool.is_away(),
        ),
        live=tuple(
            LiveJob(job=job, eta=eta_of(job, begun_again=work[job.id].runs > 1, now=now))
            for job in moving
        ),
        latest=tuple(latest),
        inside=inside,
        work=work,
        errands=errands,
        counts=counts,
        health=health,
        room=room,
        every=pace(moving=bool(moving or errands)),
    )
