"""Every run of a job's chunks: who ran it, how long, with how much memory, how it ended.

Filtered by outcome, chunk and worker, each choice with an address of its own; neighbours that
ended in the same way are folded into one line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from store.attempts import Wanted, attempts_of, urgent_attempts_of
from store.chunks import AttemptView
from store.clock import utc_now
from store.database import Database
from store.history import last_consumers
from store.job_view import JobView
from store.states import JobState, Outcome
from web.asked import address, cursor, known_word, place_in_list, text_of, whole
from web.attempt_runs import TROUBLE, Group, alike, at_edges, run_of
from web.fragments.progress import require_job
from web.house import house_of
from web.language import N_
from web.moment import at_one_moment
from web.pace import MOVING, pace_of
from web.render import render

PAGE = 25
# A sample is taken every 15 s; of one that is older nothing follows.
FRESH = timedelta(seconds=45)
WORKER_CHARACTERS = 200
URGENCIES = {"0": 0, "1": 1, "2": 2}
TROUBLED, URGENT, NEWEST = "trouble", "urgent", "newest"
# In short: what runs or went wrong, by how it ended, and a few of the others.
SHORT, SHORT_ENDINGS, SHORT_OTHERS = 8, 5, 3
QUIET = tuple(one for one in Outcome if one not in (Outcome.RUNNING, *TROUBLE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What is asked for of the list, as it stands in its address."""

    outcome: str | None  # a store.states.Outcome, or "trouble"
    of: int | None  # the number of a chunk
    worker: str | None
    order: str | None = None  # URGENT or NEWEST; None for the short list, where there is one

    @property
    def urgent(self) -> bool:
        """What runs and what failed comes first."""
        return self.order == URGENT

    @property
    def narrows(self) -> bool:
        """Only some attempts are asked for."""
        return bool(self.outcome or self.of is not None or self.worker)

    def on(self, path: str, **changed: object) -> str:
        """A path with this filter, or with some of it changed."""
        asked = {
            "outcome": self.outcome,
            "of": self.of,
            "worker": self.worker,
            "first": self.order,
        }
        return address(path, **{**asked, **changed})

    def address(self, job_id: str, **changed: object) -> str:
        """The page of the job, at this list."""
        return self.on(f"/jobs/{job_id}", **changed) + "#attempts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A choice of the filter, as a link."""

    title: str
    address: str
    is_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptsView:
    """A page of the attempts of one job; `groups` are neighbours that ended alike.

    `nobody_is_there`: the job waits, and of late there was nobody who could take work.
    """

    job_id: str
    groups: tuple[Group, ...]
    filter: Filter
    has_chunks: bool  # an archive is unpacked in one go
    is_filtered: bool
    is_short: bool  # others are there that are not shown; `orders` lead to them
    has_careful: bool  # one of those shown read message by message, to find the one to blame
    nobody_is_there: bool
    is_planned: bool  # it is being looked for where its messages begin
    outcomes: tuple[Chip, ...]
    orders: tuple[Chip, ...]
    here: str
    first: str | None
    next: str | None
    every: int | None


@at_one_moment
def attempts_fragment(request: Request) -> Response:
    """`GET /fragments/attempts/{id}`."""
    return render(request, "fragments/attempts.html", attempts_in(request, require_job(request)))


def attempts_in(request: Request, job: JobView) -> AttemptsView:
    """A page of the attempts of a job."""
    now, wish, before = utc_now(), filter_of(request), place_in_list(request)
    database = house_of(request).database
    found = _found(database, job.id, wish, before=before)
    is_short = not (wish.narrows or wish.order or before) and len(found) > SHORT
    runs = tuple(run_of(attempt, now=now, is_done=_is_done(job)) for _, attempt in found[:PAGE])
    is_cut = len(found) > PAGE or before is not None
    groups = _in_short(database, job, now=now) if is_short else at_edges(runs, is_cut=is_cut)
    further = None
    if len(found) > PAGE and not is_short:
        urgency, last = found[PAGE - 1]
        further = cursor(last.started_at, f"{urgency}.{last.id}")
    return AttemptsView(
        job_id=job.id,
        groups=groups,
        filter=wish,
        has_chunks=not job.is_archive,
        is_filtered=wish.narrows,
        is_short=is_short,
        has_careful=any(run.attempt.careful for group in groups for run in group.runs),
        nobody_is_there=not found and _waits(job) and _nobody_is_there(database, now=now),
        is_planned=job.is_being_planned,
        outcomes=_outcomes(job.id, wish),
        orders=_orders(job.id, wish),
        here=wish.on(f"/fragments/attempts/{job.id}"),
        first=wish.address(job.id) if before else None,
        next=wish.address(job.id, before=further) if further else None,
        every=None if not job.goes_on or before else pace_of(job, quick=MOVING * 2),
    )


def _is_done(job: JobView) -> bool:
    """True when every chunk of it was read in the end: what failed before is history."""
    return job.state in (JobState.FINISHED, JobState.INCOMPLETE) and not job.progress.chunks_failed


def _waits(job: JobView) -> bool:
    return not (job.is_settled or job.waits_for_a_person)


def _nobody_is_there(database: Database, *, now: datetime) -> bool:
    """By the latest sample, which costs a page of a job no look at Redis."""
    with database.read() as connection:
        seen = last_consumers(connection)
    return seen is not None and seen.number == 0 and now - seen.at < FRESH


def filter_of(request: Request) -> Filter:
    """The filter in the query."""
    return Filter(
        outcome=known_word(request, "outcome", (TROUBLED, *Outcome)) or None,
        of=whole(request, "of"),
        worker=text_of(request, "worker", at_most=WORKER_CHARACTERS) or None,
        order=known_word(request, "first", (URGENT, NEWEST)) or None,
    )


def _found(
    database: Database, job_id: str, wish: Filter, *, before: tuple[datetime, str] | None
) -> list[tuple[int, AttemptView]]:
    """One more than a page holds, each with its urgency (0 where that is not asked for)."""
    wanted = Wanted(outcomes=_wanted(wish.outcome), seq=wish.of, worker=wish.worker)
    urgency, _, key = before[1].partition(".") if before else ("0", "", "")
    place = (before[0], key) if before else None
    with database.read() as connection:
        if wish.urgent:
            return urgent_attempts_of(
                connection,
                job_id,
                wanted=wanted,
                before=(URGENCIES.get(urgency, 0), *place) if place else None,
                limit=PAGE + 1,
            )
        found = attempts_of(connection, job_id, wanted=wanted, before=place, limit=PAGE + 1)
    return [(0, attempt) for attempt in found]


def _in_short(database: Database, job: JobView, *, now: datetime) -> tuple[Group, ...]:
    """What runs or went wrong, those that ended alike together, then the latest of the others.

    Of what is done, the latest that were done come first: what went wrong is behind them.
    """
    with database.read() as connection:
        urgent = urgent_attempts_of(
            connection, job.id, wanted=Wanted(outcomes=(Outcome.RUNNING, *TROUBLE)), limit=PAGE + 1
        )
        others = attempts_of(connection, job.id, wanted=Wanted(outcomes=QUIET), limit=SHORT_OTHERS)
    is_done = _is_done(job)
    runs = tuple(run_of(attempt, now=now, is_done=is_done) for _, attempt in urgent[:PAGE])
    # Of each kind there may be more among those that were not looked at.
    is_cut = len(urgent) > PAGE
    endings = tuple(replace(group, at_least=is_cut) for group in alike(runs))[:SHORT_ENDINGS]
    quiet = tuple(Group(runs=(run_of(attempt, now=now),)) for attempt in others)
    return (*quiet, *endings) if is_done else (*endings, *quiet)


def _wanted(outcome: str | None) -> tuple[Outcome, ...]:
    if outcome == TROUBLED:
        return TROUBLE
    return (Outcome(outcome),) if outcome else ()


def _outcomes(job_id: str, wish: Filter) -> tuple[Chip, ...]:
    names: list[str | None] = [None, TROUBLED, *Outcome]
    return tuple(
        Chip(
            title=name or "",
            address=wish.address(job_id, outcome=name),
            is_here=name == wish.outcome,
        )
        for name in names
    )


def _orders(job_id: str, wish: Filter) -> tuple[Chip, ...]:
    """A list that is narrowed is short enough: it has no shorter form."""
    here = wish.order or (NEWEST if wish.narrows else None)
    names = (NEWEST, URGENT) if wish.narrows else (None, NEWEST, URGENT)
    return tuple(
        Chip(title=ORDERS[name], address=wish.address(job_id, first=name), is_here=name == here)
        for name in names
    )


ORDERS = {
    None: N_("In short"),
    NEWEST: N_("Newest first"),
    URGENT: N_("Running and failed first"),
}
