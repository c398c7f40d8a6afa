"""What failed and needs a person, by cause."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from store.causes import Cause, by_cause
from store.chunks import failed_chunks
from web.house import house_of
from web.pace import RESTING
from web.render import render

# Grouped are the first so many; beyond, the page says that there are more.
GROUPED = 1000
LISTED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FailuresView:
    """Failed chunks by cause. `listed` chunks of each are shown; `more` says some are left out."""

    causes: tuple[Cause, ...]
    chunks: int
    more: bool
    listed: int
    every: int


def failures_fragment(request: Request) -> Response:
    """`GET /fragments/failures`."""
    return render(request, "fragments/failures.html", find_failures(request))


def find_failures(request: Request) -> FailuresView:
    """Everything that has used up its attempts."""
    with house_of(request).database.read() as connection:
        failed = failed_chunks(connection, limit=GROUPED + 1)
    return FailuresView(
        causes=by_cause(failed[:GROUPED]),
        chunks=min(len(failed), GROUPED),
        more=len(failed) > GROUPED,
        listed=LISTED,
        every=RESTING,
    )
