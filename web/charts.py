"""How it has been, drawn: buckets of time as bars for an SVG of fixed size.

Pure: history in, rectangles out. Words and colours are the template's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from store.history import Bucket, Mark
from web.language import N_

WIDTH = 600
HEIGHT = 72


class Period(StrEnum):
    """How far back a chart looks."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Scale:
    """How a period is cut into bars."""

    title: str
    step: timedelta
    buckets: int


SCALES = {
    Period.HOUR: Scale(N_("Last hour"), timedelta(minutes=1), 60),
    Period.DAY: Scale(N_("Last day"), timedelta(minutes=20), 72),
    Period.WEEK: Scale(N_("Last week"), timedelta(hours=2), 84),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bucket in the units of the drawing; `is_open` when it has not ended yet."""

    x: float
    width: float
    y: float
    height: float
    value: float
    at: datetime
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Where something was done that may explain a bend."""

    x: float
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One measure over a period. `unit` names the filter it is written with."""

    title: str
    unit: str
    tone: str
    bars: tuple[Bar, ...]
    highest: float
    latest: float

    @property
    def is_flat(self) -> bool:
        """True when there was nothing at all."""
        return self.highest == 0


@dataclass(frozen=True, slots=True)
class Measure:
    """What a chart shows of a bucket; None where nothing was measured."""

    title: str
    unit: str
    tone: str
    value: Callable[[Bucket], float | None]


MEASURES = (
    Measure(N_("Messages per second"), "number", "active", lambda one: one.messages_per_second),
    Measure(N_("Bytes per second"), "rate", "active", lambda one: one.bytes_per_second),
    Measure(N_("Chunks waiting"), "number", "calm", lambda one: one.waiting),
    Measure(N_("Longest wait"), "duration", "calm", lambda one: one.oldest_seconds),
    Measure(N_("Attempts that failed"), "number", "bad", lambda one: one.failed + one.lost),
)


def charts_of(buckets: Sequence[Bucket]) -> tuple[Chart, ...]:
    """Every measure as a chart, on one scale of time."""
    return tuple(_chart(measure, buckets) for measure in MEASURES)


def _chart(measure: Measure, buckets: Sequence[Bucket]) -> Chart:
    values = [measure.value(bucket) or 0.0 for bucket in buckets]
    highest = max(values, default=0.0)
    return Chart(
        title=measure.title,
        unit=measure.unit,
        tone=measure.tone,
        bars=bars_of(
            [
                (bucket.at, value, bucket.is_open)
                for bucket, value in zip(buckets, values, strict=True)
            ]
        ),
        highest=highest,
        latest=values[-1] if values else 0.0,
    )


def bars_of(values: Sequence[tuple[datetime, float, bool]]) -> tuple[Bar, ...]:
    """Values in time as bars, none for nothing; each is (since when, how much, is it open)."""
    highest = max((value for _, value, _ in values), default=0.0)
    return tuple(
        _bar(index, one, count=len(values), highest=highest)
        for index, one in enumerate(values)
        if one[1]
    )


def _bar(index: int, one: tuple[datetime, float, bool], *, count: int, highest: float) -> Bar:
    at, value, is_open = one
    width = WIDTH / count
    # What happened at all is seen, however small.
    height = max(value / highest * HEIGHT, 1.5)
    return Bar(
        x=round(index * width, 1),
        width=round(width - 1, 1),
        y=round(HEIGHT - height, 1),
        height=round(height, 1),
        value=value,
        at=at,
        is_open=is_open,
    )


def lines_of(marks: Sequence[Mark], *, since: datetime, until: datetime) -> tuple[Line, ...]:
    """Marks on the same scale of time."""
    span = (until - since).total_seconds()
    return tuple(
        Line(x=round((mark.at - since).total_seconds() / span * WIDTH, 1), mark=mark)
        for mark in marks
        if since <= mark.at <= until
    )
