"""`GET /jobs/{id}/report`: what became of a file, on paper; as JSON it is `web.api.report`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import Response

from store.audit import AuditEntry, entries
from store.chunks import attempts_of
from store.clock import utc_now
from store.jobs import JobView
from store.ledger import Balance, balance
from store.quarantine import quarantined_of
from web.fragments.attempts import Run, run_of
from web.fragments.progress import require_job
from web.house import house_of
from web.pages.job import SetAside, set_aside_of
from web.render import render

# Paper ends somewhere; the JSON goes on.
ATTEMPTS_PRINTED = 200
QUARANTINED_PRINTED = 200
ACTS_PRINTED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """The facts of a job. `more_attempts` and `more_set_aside` say that lists are cut."""

    job: JobView
    books: Balance
    runs: tuple[Run, ...]
    more_attempts: bool
    set_aside: tuple[SetAside, ...]
    more_set_aside: bool
    acts: tuple[AuditEntry, ...]
    program: str


def report_page(request: Request) -> Response:
    """The page. Raises NotFound."""
    job, now = require_job(request), utc_now()
    with house_of(request).database.read() as connection:
        books = balance(connection, job.upload_id, size=job.size)
        attempts = attempts_of(connection, job.id, limit=ATTEMPTS_PRINTED + 1)
        found = quarantined_of(connection, job.upload_id, limit=QUARANTINED_PRINTED + 1)
        acts = entries(connection, subject=f"job:{job.id}", limit=ACTS_PRINTED)
    view = ReportView(
        job=job,
        books=books,
        runs=tuple(run_of(attempt, now=now) for attempt in attempts[:ATTEMPTS_PRINTED]),
        more_attempts=len(attempts) > ATTEMPTS_PRINTED,
        set_aside=tuple(set_aside_of(entry) for entry in found[:QUARANTINED_PRINTED]),
        more_set_aside=len(found) > QUARANTINED_PRINTED,
        acts=tuple(acts),
        program=f"email-parser {version('email-parser')}",
    )
    return render(request, "pages/report.html", view)
