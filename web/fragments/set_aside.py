"""The quarantined messages of a job: each with why, and ways to look at it and to read it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from store.job_view import JobView
from store.quarantine import QuarantinedMessage, quarantined_of
from web.asked import address, whole
from web.fragments.progress import require_job
from web.house import house_of
from web.language import N_
from web.moment import at_one_moment
from web.pace import MOVING, pace_of
from web.render import render

PAGE = 50

CAUSES = {
    "too_large": N_("Too large to read whole"),
    "too_slow": N_("Took too long to read"),
    "crashed": N_("Reading it raised an error"),
    "killed": N_("Reading it ended the worker"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A quarantined message: where it can be seen, and why."""

    name: str
    offset: int
    length: int
    cause: str
    detail: str
    subject: str | None  # what its headers say, None where they could not be read
    sender_name: str | None
    sender_address: str | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAsideView:
    """A page of them, in file order."""

    job: JobView
    set_aside: tuple[SetAside, ...]
    first: str | None
    next: str | None
    every: int | None


@at_one_moment
def set_aside_fragment(request: Request) -> Response:
    """`GET /fragments/set_aside/{id}`."""
    view = set_aside_in(request, require_job(request))
    return render(request, "fragments/set_aside.html", view)


def set_aside_in(request: Request, job: JobView) -> SetAsideView:
    """A page of what was set aside of a job's file; `?aside=` is the last byte offset seen."""
    after, here = whole(request, "aside"), f"/jobs/{job.id}"
    with house_of(request).database.read() as connection:
        found = quarantined_of(
            connection, job.upload_id, after=-1 if after is None else after, limit=PAGE + 1
        )
    more = address(here, aside=found[PAGE - 1].offset) if len(found) > PAGE else None
    return SetAsideView(
        job=job,
        set_aside=tuple(set_aside_of(entry) for entry in found[:PAGE]),
        first=None if after is None else f"{here}#set_aside",
        next=f"{more}#set_aside" if more else None,
        every=None if not job.goes_on or after is not None else pace_of(job, quick=MOVING * 2),
    )


def set_aside_of(entry: QuarantinedMessage) -> SetAside:
    """A quarantined message with its cause in words."""
    return SetAside(
        name=entry.name,
        offset=entry.offset,
        length=entry.length,
        cause=CAUSES.get(entry.cause, entry.cause),
        detail=entry.detail,
        subject=entry.subject,
        sender_name=entry.sender_name,
        sender_address=entry.sender_address,
        sent_at=entry.sent_at,
    )
