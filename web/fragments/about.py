"""A job's file, who uploaded it, and who works on it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from store.engines import engines_of
from store.job_view import JobView
from store.states import EngineName
from web.fragments.progress import require_job
from web.house import house_of
from web.pace import MOVING, pace_of
from web.render import render


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutView:
    """`engines` are all that took part; `every` is None once nothing of it changes by itself."""

    job: JobView
    engines: tuple[EngineName, ...]
    every: int | None


def about_fragment(request: Request) -> Response:
    """`GET /fragments/about/{id}`."""
    return render(request, "fragments/about.html", about_in(request, require_job(request)))


def about_in(request: Request, job: JobView) -> AboutView:
    """What is known of a job."""
    with house_of(request).database.read() as connection:
        engines = engines_of(connection, job.id)
    every = None if job.is_settled and job.reading is None else pace_of(job, quick=MOVING * 2)
    return AboutView(job=job, engines=engines, every=every)
