"""A job's file, who uploaded it, and who works on it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from store.jobs import JobView
from web.fragments.progress import require_job
from web.pace import MOVING, pace_of
from web.render import render


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutView:
    """`every` is None once nothing of it changes by itself."""

    job: JobView
    every: int | None


def about_fragment(request: Request) -> Response:
    """`GET /fragments/about/{id}`."""
    return render(request, "fragments/about.html", about_in(require_job(request)))


def about_in(job: JobView) -> AboutView:
    """What is known of a job."""
    return AboutView(job=job, every=None if job.is_settled else pace_of(job, quick=MOVING * 2))
