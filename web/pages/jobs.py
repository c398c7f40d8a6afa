"""`GET /jobs`: every job there was, with what narrows and sorts the list."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from store.job_list import uploaders
from web.fragments.jobs import JobsView, find_jobs
from web.house import house_of
from web.job_wish import ORDERS
from web.kept import KeptViews, kept_views
from web.render import render


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsPageView:
    """The list, who may be chosen as uploader, the orders, and the reader's saved views."""

    list: JobsView
    uploaders: tuple[str, ...]
    orders: dict[str, str]
    kept: KeptViews


def jobs_page(request: Request) -> Response:
    """The list, with the fragment that keeps it current."""
    found = find_jobs(request)
    with house_of(request).database.read() as connection:
        people = uploaders(connection)
    view = JobsPageView(
        list=found,
        uploaders=people,
        orders=ORDERS,
        kept=kept_views(request, "jobs", found.wish.at("/jobs")),
    )
    return render(request, "pages/jobs.html", view)
