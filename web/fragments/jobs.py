"""The list of jobs: filtered, sorted and paged as the address says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from store.clock import utc_now
from store.database import Transaction
from store.job_filter import JobFilter
from store.job_list import JobSort, ListedJob, count_jobs, counts_by_state, page_of_jobs
from store.job_runs import Work, work_on
from store.job_view import JobView
from store.outer import Outer, outer_of
from store.paging import Page
from store.standings import standings_inside
from store.states import OPEN_JOB_STATES
from web.acts_offered import acts_offered
from web.house import house_of
from web.job_query import JobAct
from web.job_wish import JobWish, filter_of, turn_of, wish_of, written
from web.pace import pace
from web.render import render, shell_of

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChip:
    """A state that jobs of the list are in; its address puts it into the filter or out of it."""

    state: str
    count: int
    is_on: bool
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldChip:
    """Files that came out of archives and match: shown as rows of their own when it is on."""

    count: int
    is_on: bool
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A column that can be sorted by. `way`: ascending, descending or none."""

    address: str
    way: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsView:
    """A page of jobs. `here` is the address of its fragment; counts leave the states aside."""

    jobs: tuple[JobView, ...]
    inside: dict[int, dict[str, int]]  # by archive: how what came out of it stands
    work: dict[str, Work]  # by job
    wish: JobWish
    fold: FoldChip | None  # None where no file has come out of an archive
    archive: Outer | None  # the list is of what came out of it
    anywhere: str  # the address without that
    ended: datetime | None  # the list is of what was over then or later
    ever: str  # the address without that
    set_aside: datetime | None  # the list is of what has messages quarantined since then
    aside: str  # the address without that
    chips: tuple[StateChip, ...]
    every_state: str
    total: int
    acts: tuple[JobAct, ...]  # what an operator may do to all that match, where it may help
    headings: dict[str, Heading]
    first: str | None
    previous: str | None
    next: str | None
    here: str
    every: int


def jobs_fragment(request: Request) -> Response:
    """`GET /fragments/jobs`."""
    return render(request, "fragments/jobs.html", find_jobs(request))


def find_jobs(request: Request) -> JobsView:
    """The page of the list that the query asks for."""
    wish = wish_of(request)
    wanted, turn = filter_of(request, wish), turn_of(request, wish.sort)
    with house_of(request).database.read() as connection:
        counts = counts_by_state(connection, wanted)
        found = page_of_jobs(
            connection,
            wanted,
            sort=wish.sort,
            down=wish.down,
            turn=turn,
            size=PAGE,
            now=utc_now(),
        )
        folded = _folded(connection, wanted)
        archives = [one.job.upload_id for one in found.rows if one.job.is_archive]
        inside = standings_inside(connection, archives)
        archive = outer_of(connection, wanted.archive_id)
        listed_jobs = tuple(listed.job for listed in found.rows)
        work = work_on(connection, listed_jobs)
        acts: tuple[JobAct, ...] = ()
        if shell_of(request).allows("operator"):
            shown = _shown(wish, counts)
            acts = acts_offered(connection, wanted, counts=shown, jobs=listed_jobs, inside=inside)
    before, after = _neighbours(wish, found)
    return JobsView(
        jobs=listed_jobs,
        inside=inside,
        work=work,
        wish=wish,
        fold=_fold_chip(wish, folded),
        archive=archive,
        anywhere=replace(wish, archive="").at("/jobs"),
        ended=wanted.ended,
        ever=replace(wish, ended="").at("/jobs"),
        set_aside=wanted.set_aside,
        aside=replace(wish, quarantined="").at("/jobs"),
        chips=_chips(wish, counts),
        every_state=JobWish.at(_without_states(wish), "/jobs"),
        total=sum(counts.values()),
        acts=acts,
        headings={sort: _heading(wish, sort) for sort in JobSort},
        first=wish.at("/jobs") if found.has_previous else None,
        previous=before,
        next=after,
        here=wish.at(
            "/fragments/jobs",
            after=turn.after and written(turn.after),
            before=turn.before and written(turn.before),
        ),
        every=pace(moving=any(counts.get(state) for state in OPEN_JOB_STATES)),
    )


def _shown(wish: JobWish, counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if not wish.states or name in wish.states}


def _folded(connection: Transaction, wanted: JobFilter) -> int:
    """How many files out of archives match, whether they are listed or not."""
    every = count_jobs(connection, replace(wanted, is_folded=False))
    return every - count_jobs(connection, replace(wanted, is_folded=True))


def _fold_chip(wish: JobWish, count: int) -> FoldChip | None:
    if wish.archive or not (count or not wish.is_folded):
        return None
    other = replace(wish, is_folded=not wish.is_folded)
    return FoldChip(count=count, is_on=not wish.is_folded, address=other.at("/jobs"))


def _neighbours(wish: JobWish, page: Page[ListedJob]) -> tuple[str | None, str | None]:
    """The addresses of the page before and the page after."""
    if not page.rows:
        return None, None
    first, last = written(page.rows[0].place), written(page.rows[-1].place)
    return (
        wish.at("/jobs", before=first) if page.has_previous else None,
        wish.at("/jobs", after=last) if page.has_next else None,
    )


def _without_states(wish: JobWish) -> JobWish:
    for state in wish.states:
        wish = wish.toggled(state)
    return wish


def _chips(wish: JobWish, counts: dict[str, int]) -> tuple[StateChip, ...]:
    """States that occur, and those that are asked for though nothing is in them."""
    return tuple(
        StateChip(
            state=state,
            count=counts.get(state, 0),
            is_on=state in wish.states,
            address=wish.toggled(state).at("/jobs"),
        )
        for state in dict.fromkeys([*counts, *wish.states])
    )


def _heading(wish: JobWish, sort: JobSort) -> Heading:
    way = "none"
    if wish.sort is sort:
        way = "descending" if wish.down else "ascending"
    return Heading(address=wish.sorted_by(sort).at("/jobs"), way=way)
