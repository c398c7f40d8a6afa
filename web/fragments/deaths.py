"""Who died or fell silent while it was parsing, lately, and of what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from jobs.health import WorkerKind, kind_told_by
from store.chunks import AttemptView, lost_attempts
from store.clock import utc_now
from web.house import house_of
from web.render import render

# So long a stretch is looked through quickly, and reaches back over a night's work.
SINCE = timedelta(hours=12)
SHOWN = 10
EVERY = 15
# Which process and which worker it was stands beside the cause already.
SAID_BESIDE = re.compile(r"^(work-horse|child) \d+: | \(\S+\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """An attempt whose process died or fell silent, and of what.

    `worker_lived`: its worker, or RQ in it, told of the death, so that only a work-horse died.
    """

    attempt: AttemptView
    kind: WorkerKind | None  # the command that had started its worker
    cause: str
    worker_lived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeathsView:
    """The latest of them, newest first; `more` when there were further ones."""

    deaths: tuple[Death, ...]
    more: bool
    hours: int
    every: int


def deaths_fragment(request: Request) -> Response:
    """`GET /fragments/deaths`."""
    return render(request, "fragments/deaths.html", find_deaths(request))


def find_deaths(request: Request) -> DeathsView:
    """Look for lost attempts."""
    with house_of(request).database.read() as connection:
        found = lost_attempts(connection, since=utc_now() - SINCE, limit=SHOWN + 1)
    return DeathsView(
        deaths=tuple(map(_death, found[:SHOWN])),
        more=len(found) > SHOWN,
        hours=int(SINCE.total_seconds() // 3600),
        every=EVERY,
    )


def _death(attempt: AttemptView) -> Death:
    error = attempt.error or ""
    return Death(
        attempt=attempt,
        kind=kind_told_by(attempt),
        cause=SAID_BESIDE.sub("", error),
        worker_lived=error.startswith("work-horse "),
    )
