"""How it has been: throughput, queue and failures over an hour, a day or a week."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from store.clock import utc_now
from store.file_names import FileName, file_names
from store.history import history
from store.marks import MOST, marks
from web.acts import Subject, subject_of
from web.asked import address, chosen
from web.charts import HEIGHT, SCALES, Chart, Flag, Period, Tick, charts_of, flags_of, ticks_of
from web.house import house_of
from web.render import render, zone_of

# A bar of the shortest period is a minute wide.
EVERY_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryView:
    """The charts of a period, and what people did in it."""

    period: Period
    periods: tuple[tuple[Period, str], ...]
    charts: tuple[Chart, ...]
    ticks: tuple[Tick, ...]
    by_day: bool  # ticks are days, not times of day
    flags: tuple[Flag, ...]
    flags_are_all: bool
    files: Mapping[str, FileName]  # by what marks were done to, where that is a file
    height: int
    step_seconds: float  # of a bar
    here: str
    every: int

    @staticmethod
    def subject(text: str) -> Subject:
        """What a mark was done to."""
        return subject_of(text)


def history_fragment(request: Request) -> Response:
    """`GET /fragments/history`."""
    return render(request, "fragments/history.html", find_history(request))


def find_history(request: Request) -> HistoryView:
    """The period that the query asks for, an hour by default."""
    period, now = chosen(request, "period", Period) or Period.HOUR, utc_now()
    scale = SCALES[period]
    with house_of(request).database.read() as connection:
        buckets = history(connection, until=now, step=scale.step, buckets=scale.buckets)
        acts = marks(connection, since=buckets[0].at)
        files = file_names(connection, (one.subject for one in acts))
    return HistoryView(
        period=period,
        periods=tuple((name, one.title) for name, one in SCALES.items()),
        charts=charts_of(buckets),
        ticks=ticks_of(
            buckets[0].at, buckets[-1].at + scale.step, step=scale.ticks, zone=zone_of(request)
        ),
        by_day=period is Period.WEEK,
        flags=flags_of(acts, buckets, step=scale.step),
        flags_are_all=len(acts) < MOST,
        files=files,
        height=HEIGHT,
        step_seconds=scale.step.total_seconds(),
        here=address("/fragments/history", period=period),
        every=EVERY_SECONDS,
    )
