"""`GET /jobs/{id}`: one job whole. All of it that changes are fragments, which keep it true."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from web.fragments.about import AboutView, about_in
from web.fragments.attempts import AttemptsView, attempts_in
from web.fragments.evidence import EvidenceView, evidence_in
from web.fragments.ledger import LedgerView, ledger_of
from web.fragments.members import MembersView, members_in
from web.fragments.progress import ProgressView, find_progress, with_file_looked_at
from web.fragments.set_aside import SetAsideView, set_aside_in
from web.moment import at_one_moment
from web.render import render


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPageView:
    """The parts of the page; each is shown by the fragment of its name."""

    progress: ProgressView
    members: MembersView
    ledger: LedgerView
    set_aside: SetAsideView
    attempts: AttemptsView
    evidence: EvidenceView
    about: AboutView


def job_page(request: Request) -> Response:
    """The page. Raises NotFound."""
    view = _job_at_one_moment(request)
    view = replace(view, progress=with_file_looked_at(request, view.progress))
    return render(request, "pages/job.html", view)


@at_one_moment
def _job_at_one_moment(request: Request) -> JobPageView:
    progress = find_progress(request)
    return JobPageView(
        progress=progress,
        members=members_in(request, progress.job),
        ledger=ledger_of(request, progress.job),
        set_aside=set_aside_in(request, progress.job),
        attempts=attempts_in(request, progress.job),
        evidence=evidence_in(progress.job),
        about=about_in(request, progress.job),
    )
