"""`GET /jobs/{id}/report`: what became of a file, on paper; as JSON it is `web.api.report`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import Response

from store.attempts import AttemptSums, EqualEnds, attempt_sums, equal_ends
from store.database import Transaction
from store.engines import engines_of
from store.job_acts import acts_on
from store.job_view import JobView
from store.ledger import Balance, balance
from store.member_lists import members_of
from store.members import MembersSum, sum_of_members
from store.quarantine import quarantined_of
from store.states import EngineName
from web.acts import Act, act_of
from web.fragments.evidence import Evidence, evidence_of
from web.fragments.members import ShownMember, fates_of, shown
from web.fragments.progress import require_job
from web.fragments.set_aside import SetAside, set_aside_of
from web.house import house_of
from web.member_words import damage_in_words
from web.moment import at_one_moment
from web.render import render
from web.words import Word

# Paper ends somewhere; the JSON goes on.
ENDS_PRINTED = 100
QUARANTINED_PRINTED = 200
ACTS_PRINTED = 100
MEMBERS_PRINTED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """The facts of a job. `more_ends` and `more_set_aside` say that lists are cut."""

    job: JobView
    engines: tuple[EngineName, ...]  # all that took part
    damage: str | None  # of the file in the archive it came out of
    books: Balance
    evidence: Evidence | None
    sums: AttemptSums
    ends: tuple[EqualEnds, ...]
    more_ends: bool
    set_aside: tuple[SetAside, ...]
    more_set_aside: bool
    acts: tuple[Act, ...]
    members_sum: MembersSum | None  # None for a job that is no archive
    fates: tuple[tuple[Word, int], ...]
    members: tuple[ShownMember, ...]
    more_members: bool
    program: str


def _members_sum(connection: Transaction, job: JobView) -> MembersSum | None:
    if job.held is None:
        return None
    return sum_of_members(connection, job.upload_id, held=job.held)


@at_one_moment
def report_page(request: Request) -> Response:
    """The page. Raises NotFound."""
    job = require_job(request)
    with house_of(request).database.read() as connection:
        books = balance(connection, job.upload_id, size=job.size)
        engines = engines_of(connection, job.id)
        sums = attempt_sums(connection, job.id)
        ends = equal_ends(connection, job.id)
        found = quarantined_of(connection, job.upload_id, limit=QUARANTINED_PRINTED + 1)
        inside = members_of(connection, job.upload_id, limit=MEMBERS_PRINTED + 1)
        added_up = _members_sum(connection, job)
        acts = acts_on(connection, job.id, limit=ACTS_PRINTED)
    view = ReportView(
        job=job,
        engines=engines,
        damage=damage_in_words(job),
        books=books,
        evidence=evidence_of(job.detection, rule=job.rule),
        sums=sums,
        ends=tuple(ends[:ENDS_PRINTED]),
        more_ends=len(ends) > ENDS_PRINTED,
        set_aside=tuple(set_aside_of(entry) for entry in found[:QUARANTINED_PRINTED]),
        more_set_aside=len(found) > QUARANTINED_PRINTED,
        acts=tuple(act_of(one) for one in acts),
        members_sum=added_up,
        fates=fates_of(added_up) if added_up else (),
        members=shown(inside[:MEMBERS_PRINTED]),
        more_members=len(inside) > MEMBERS_PRINTED,
        program=f"email-parser {version('email-parser')}",
    )
    return render(request, "pages/report.html", view)
