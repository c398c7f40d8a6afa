"""`GET /jobs/bulk`: what an act on all jobs that match would do, before it is done."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from store.counted_on import CountsOn, counting_on
from store.job_filter import JobFilter
from store.job_weight import JobsWeight, uploads_going, weigh_jobs
from store.outer import Outer, outer_of
from web.house import house_of
from web.job_query import JobAct, job_act, job_filter, list_address, named
from web.language import N_
from web.passed_over import query_of
from web.render import render, shell_of

CHANGED = N_("The number has changed since you were asked. Nothing was done yet: look again.")
TITLES = {
    JobAct.RETRY: N_("Retry all jobs that match"),
    JobAct.PAUSE: N_("Pause all jobs that match"),
    JobAct.RESUME: N_("Let all jobs that match go on"),
    JobAct.CANCEL: N_("Cancel all jobs that match"),
    JobAct.DELETE: N_("Delete all jobs that match"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsBulkView:
    """The dry run: what is to be done, to which jobs, and what they weigh."""

    act: JobAct
    title: str
    wanted: JobFilter
    fields: tuple[tuple[str, str], ...]
    weight: JobsWeight
    back: str
    counted_on: tuple[CountsOn, ...]  # by archives that lose mail and do not go themselves
    archive: Outer | None  # the jobs are of files that came out of it
    trouble: str | None = None

    @property
    def said(self) -> str:
        """The numbers that the person is told, to be compared when the form comes."""
        lost = sum(one.members for one in self.counted_on)
        return f"{self.weight.jobs}/{self.touched}" + (f"/{lost}" if lost else "")

    @property
    def touched(self) -> int:
        """How many of the jobs that match the act would change."""
        weight = self.weight
        return {
            JobAct.RETRY: weight.retried_jobs,
            JobAct.PAUSE: weight.pausable_jobs,
            JobAct.RESUME: weight.paused_jobs,
            JobAct.CANCEL: weight.open_jobs,
            JobAct.DELETE: weight.jobs,
        }[self.act]


def jobs_bulk_page(request: Request) -> Response:
    """The question. Changes nothing; its form does. Raises BadRequest."""
    query = query_of(request)
    act = job_act(query)
    # A list's address names several states one by one.
    states = ",".join(query.getlist("state"))
    wanted = job_filter(query, joined=states, zone=shell_of(request).zone)
    return render(request, "pages/jobs_bulk.html", dry_run(request, act, wanted))


def ask_again(request: Request, view: JobsBulkView) -> Response:
    """The question anew, because its numbers are not what they were (409)."""
    return render(request, "pages/jobs_bulk.html", replace(view, trouble=CHANGED), status=409)


def dry_run(request: Request, act: JobAct, wanted: JobFilter) -> JobsBulkView:
    """What it would do as things are now."""
    with house_of(request).database.read() as connection:
        is_deletion = act is JobAct.DELETE
        weight = weigh_jobs(connection, wanted, for_deletion=is_deletion)
        going = uploads_going(connection, wanted) if is_deletion else set()
        counted_on = counting_on(connection, going) if going else ()
        archive = outer_of(connection, wanted.archive_id)
    return JobsBulkView(
        act=act,
        title=TITLES[act],
        wanted=wanted,
        fields=tuple((name, value) for name, value in named(wanted).items() if value),
        weight=weight,
        back=list_address(wanted),
        counted_on=counted_on,
        archive=archive,
    )
