"""An errand as it is carried out: how far, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from store.clock import utc_now
from store.errands import OPEN_ERRAND_STATES, Errand, ErrandKind, find_errand
from web.errors import NotFound
from web.given_away import is_there, may_fetch
from web.house import house_of
from web.language import N_
from web.pace import MOVING
from web.render import render

TITLES = {
    ErrandKind.DELETE_UPLOAD: N_("Deleting a file and its messages"),
    ErrandKind.READ_AGAIN: N_("Reading a file again"),
    ErrandKind.RETRY_FAILED: N_("Retrying failures"),
    ErrandKind.EXPORT: N_("Exporting messages"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandView:
    """One errand. `job_id` is the job it is about, where that will still be there."""

    errand: Errand
    title: str
    job_id: str | None
    rate: float | None  # steps per second so far
    file_url: str | None  # of an export that can be fetched by this reader
    every: int | None


def errand_fragment(request: Request) -> Response:
    """`GET /fragments/errand/{id}`."""
    return render(request, "fragments/errand.html", find_the_errand(request))


def find_the_errand(request: Request) -> ErrandView:
    """The errand in the path. Raises NotFound."""
    with house_of(request).database.read() as connection:
        errand = find_errand(connection, request.path_params["id"])
    if errand is None:
        raise NotFound("There is no such errand.")
    return ErrandView(
        errand=errand,
        title=TITLES.get(errand.kind, str(errand.kind)),
        job_id=errand.parameters.get("job_id"),
        rate=rate_of(errand, now=utc_now()),
        file_url=f"/errands/{errand.id}/file" if _is_for(request, errand) else None,
        every=MOVING if errand.state in OPEN_ERRAND_STATES else None,
    )


def _is_for(request: Request, errand: Errand) -> bool:
    return may_fetch(request, errand) and is_there(house_of(request), errand)


def rate_of(errand: Errand, *, now: datetime) -> float | None:
    """How many are done per second, on average; None before anything is."""
    if errand.started_at is None or not errand.done:
        return None
    seconds = ((errand.ended_at or now) - errand.started_at).total_seconds()
    return errand.done / max(seconds, 0.1)
