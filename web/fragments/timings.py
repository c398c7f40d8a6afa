"""How long work waits and how long it runs: percentiles of the last hour and the last day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from store.clock import utc_now
from store.timings import LOOKED_AT_MOST, Timings, timings_since
from web.house import house_of
from web.render import render

# A day's worth of attempts is read each time, and a percentile moves slowly.
EVERY = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingsView:
    """Two stretches of time; `most` is how many attempts of each are looked at."""

    hour: Timings
    day: Timings
    most: int
    every: int


def timings_fragment(request: Request) -> Response:
    """`GET /fragments/timings`."""
    return render(request, "fragments/timings.html", find_timings(request))


def find_timings(request: Request) -> TimingsView:
    """Look at the attempts that ended lately."""
    now = utc_now()
    with house_of(request).database.read() as connection:
        hour, day = timings_since(connection, [now - timedelta(hours=1), now - timedelta(days=1)])
    return TimingsView(hour=hour, day=day, most=LOOKED_AT_MOST, every=EVERY)
