"""`GET /failures/retry`: what retrying all that match would do, before it is done."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from store.clock import utc_now
from store.failure_filter import FailureFilter
from store.failure_lists import KnownCause, Weight, find_cause, weigh
from store.files_needed import needed_by_filter
from store.trials import Trial, latest_trials
from web.failure_query import filter_of
from web.gone_files import CHUNKS, LOOKED_AT, gone_among
from web.house import house_of
from web.pages.jobs_bulk import CHANGED
from web.passed_over import query_of
from web.render import render


@dataclass(frozen=True, slots=True, kw_only=True)
class FailuresRetryView:
    """The dry run: which failures are meant, and what they weigh."""

    wanted: FailureFilter
    cause: KnownCause | None
    weight: Weight
    trial: Trial | None
    gone: int  # of those chunks the file is not in the spool any more
    trouble: str | None = None

    @property
    def said(self) -> str:
        """The number that the person is told, to be compared when the form comes."""
        return str(self.weight.chunks)


def failures_retry_page(request: Request) -> Response:
    """The question. Changes nothing; its form does. Raises BadRequest."""
    wanted = filter_of(query_of(request), now=utc_now())
    return render(request, "pages/failures_retry.html", weighed(request, wanted))


def ask_again(request: Request, view: FailuresRetryView) -> Response:
    """The question anew, because its number is not what it was (409)."""
    return render(request, "pages/failures_retry.html", replace(view, trouble=CHANGED), status=409)


def weighed(request: Request, wanted: FailureFilter) -> FailuresRetryView:
    """The dry run as things are now."""
    house = house_of(request)
    with house.database.read() as connection:
        cause = find_cause(connection, wanted.cause) if wanted.cause else None
        weight = weigh(connection, wanted)
        trial = latest_trials(connection, [cause.key]).get(cause.key) if cause else None
        is_few = weight.chunks <= CHUNKS
        needed = needed_by_filter(connection, wanted, limit=LOOKED_AT) if is_few else []
    gone = gone_among(house.spool, needed).chunks
    return FailuresRetryView(wanted=wanted, cause=cause, weight=weight, trial=trial, gone=gone)
