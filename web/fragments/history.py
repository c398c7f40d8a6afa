"""How it has been: throughput, queue and failures over an hour, a day or a week, now or before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from store.clock import utc_now
from store.file_names import FileName, file_names
from store.history import KEPT, history
from store.marks import MOST, marks
from web.acts import Subject, subject_of
from web.asked import address, chosen, moment, text_of
from web.charts import HEIGHT, SCALES, Chart, Flag, Period, Tick, charts_of, flags_of, ticks_of
from web.house import house_of
from web.passed_over import pass_over
from web.render import render, zone_of

# A bar of the shortest period is a minute wide.
EVERY_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryView:
    """The charts of a period, and what people did in it."""

    period: Period
    periods: tuple[tuple[Period, str, str], ...]  # with what each is called, and its address
    charts: tuple[Chart, ...]
    ticks: tuple[Tick, ...]
    by_day: bool  # ticks are days, not times of day
    flags: tuple[Flag, ...]
    flags_are_all: bool
    files: Mapping[str, FileName]  # by what marks were done to, where that is a file
    height: int
    step_seconds: float  # of a bar
    since: datetime
    until: datetime | None  # None: up to now
    earlier: str | None  # addresses of what lies before and after; None where nothing is kept
    later: str | None
    here: str
    every: int | None

    @staticmethod
    def subject(text: str) -> Subject:
        """What a mark was done to."""
        return subject_of(text)


def history_fragment(request: Request) -> Response:
    """`GET /fragments/history`."""
    return render(request, "fragments/history.html", find_history(request))


def find_history(request: Request) -> HistoryView:
    """The period that the query asks for, an hour by default; up to now, or to a time before."""
    period, now = chosen(request, "period", Period) or Period.HOUR, utc_now()
    scale, until = SCALES[period], _until(request, now=now)
    with house_of(request).database.read() as connection:
        buckets = history(connection, until=until or now, step=scale.step, buckets=scale.buckets)
        since, end = buckets[0].at, buckets[-1].at + scale.step
        acts = marks(connection, since=since, until=end)
        files = file_names(connection, (one.subject for one in acts))
    length = end - since
    return HistoryView(
        period=period,
        periods=tuple(
            (name, one.length if until else one.title, _place(name, until))
            for name, one in SCALES.items()
        ),
        charts=charts_of(buckets),
        ticks=ticks_of(since, end, step=scale.ticks, zone=zone_of(request)),
        by_day=period is Period.WEEK,
        flags=flags_of(acts, buckets, step=scale.step),
        flags_are_all=len(acts) < MOST,
        files=files,
        height=HEIGHT,
        step_seconds=scale.step.total_seconds(),
        since=since,
        until=end if until else None,
        earlier=_place(period, since) if since > now - KEPT else None,
        later=_place(period, end + length if end + length < now else None) if until else None,
        here=address("/fragments/history", period=period, until=until and until.isoformat()),
        # What is past does not move.
        every=None if until else EVERY_SECONDS,
    )


def _until(request: Request, *, now: datetime) -> datetime | None:
    """The end of what is looked at; None for now, and for what was passed over."""
    text = text_of(request, "until")
    until = moment(text)
    if text and (until is None or not now - KEPT < until):
        pass_over(request, "until", text)
        return None
    return until if until and until < now else None


def _place(period: Period, until: datetime | None) -> str:
    return address("/", period=period, until=until and until.isoformat()) + "#history"
