"""How it has been, drawn: buckets of time as bars, with an axis and flags for what was done.

Pure: history in, rectangles out. Across, everything is in percent of the width, so that a drawing
fits any window with its letters unscaled; upwards it is in pixels. Words are the template's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from store.history import Bucket
from store.marks import Mark
from web.language import N_

WIDTH = 100
HEIGHT = 72
# Room between two bars, of the width of one.
GAP = 0.12
# A time is written around its tick; nearer to an edge it would be cut off.
EDGE = 4.0
# Two numbers side by side, in a narrow drawing.
APART = 5.0


class Period(StrEnum):
    """How far back a chart looks."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Scale:
    """How a period is cut into bars."""

    title: str
    length: str  # what it is called where it ended before now
    step: timedelta
    buckets: int
    ticks: timedelta  # between two marks of the axis, at round local times


SCALES = {
    Period.HOUR: Scale(
        N_("Last hour"), N_("An hour"), timedelta(minutes=1), 60, timedelta(minutes=15)
    ),
    Period.DAY: Scale(N_("Last day"), N_("A day"), timedelta(minutes=20), 72, timedelta(hours=4)),
    Period.WEEK: Scale(N_("Last week"), N_("A week"), timedelta(hours=2), 84, timedelta(days=1)),
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
class Gap:
    """A stretch of time in which nobody measured: what was there is not known, and not nothing."""

    x: float
    width: float
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A round time on the axis."""

    x: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """What was done at one time, or close to it; `number` finds it in the list below."""

    number: int
    x: float
    marks: tuple[Mark, ...]


class Sense(StrEnum):
    """What the value of a bar is, of all that was in its time."""

    AVERAGE = "average"
    HIGHEST = "highest"
    SUM = "sum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One measure over a period. `unit` names the filter it is written with."""

    title: str
    unit: str
    tone: str
    sense: Sense
    bars: tuple[Bar, ...]
    highest: float
    latest: float | None  # of the last bar; None where nothing was measured of late
    latest_since: datetime  # when that bar begins
    gaps: tuple[Gap, ...] = ()  # none where everything is known

    is_known: bool = True  # of any of its time anything was measured

    @property
    def is_flat(self) -> bool:
        """True when there was nothing at all, as far as is known."""
        return self.highest == 0


@dataclass(frozen=True, slots=True)
class Measure:
    """What a chart shows of a bucket; None where nothing was measured."""

    title: str
    unit: str
    tone: str
    sense: Sense
    value: Callable[[Bucket], float | None]


_AVERAGE, _HIGHEST, _SUM = Sense.AVERAGE, Sense.HIGHEST, Sense.SUM
MEASURES = (
    Measure(
        N_("Messages per second"),
        "number",
        "active",
        _AVERAGE,
        lambda one: one.messages_per_second,
    ),
    Measure(N_("Bytes per second"), "rate", "active", _AVERAGE, lambda one: one.bytes_per_second),
    Measure(N_("Chunks waiting"), "number", "calm", _HIGHEST, lambda one: one.waiting),
    Measure(N_("Longest wait"), "duration", "calm", _HIGHEST, lambda one: one.longest_wait),
    Measure(N_("Attempts that failed"), "number", "bad", _SUM, lambda one: one.failed + one.lost),
)


def charts_of(buckets: Sequence[Bucket]) -> tuple[Chart, ...]:
    """Every measure as a chart, on one scale of time; there is at least one bucket."""
    return tuple(_chart(measure, buckets) for measure in MEASURES)


def _chart(measure: Measure, buckets: Sequence[Bucket]) -> Chart:
    measured = [measure.value(bucket) for bucket in buckets]
    values = [value or 0.0 for value in measured]
    highest = max(values, default=0.0)
    return Chart(
        title=measure.title,
        unit=measure.unit,
        tone=measure.tone,
        sense=measure.sense,
        bars=bars_of(
            [
                (bucket.at, value, bucket.is_open)
                for bucket, value in zip(buckets, values, strict=True)
            ]
        ),
        gaps=gaps_of([(one.at, value) for one, value in zip(buckets, measured, strict=True)]),
        is_known=any(value is not None for value in measured),
        highest=highest,
        latest=measured[-1],
        latest_since=buckets[-1].at,
    )


def bars_of(values: Sequence[tuple[datetime, float, bool]]) -> tuple[Bar, ...]:
    """Values in time as bars, none for nothing; each is (since when, how much, is it open)."""
    highest = max((value for _, value, _ in values), default=0.0)
    return tuple(
        _bar(index, one, count=len(values), highest=highest)
        for index, one in enumerate(values)
        if one[1]
    )


def gaps_of(measured: Sequence[tuple[datetime, float | None]]) -> tuple[Gap, ...]:
    """Where values are None, neighbours together; each value is (since when, how much).

    A last bar alone is none: its time has only begun, and may not have been sampled yet.
    """
    width, gaps, begun = WIDTH / len(measured), [], None
    for index, (_, value) in enumerate([*measured, (None, 0.0)]):
        if value is None and begun is None:
            begun = index
        elif value is not None and begun is not None:
            if begun < len(measured) - 1:
                gaps.append((begun, index))
            begun = None
    step = measured[1][0] - measured[0][0] if gaps else timedelta()
    return tuple(
        Gap(
            x=round(first * width, 2),
            width=round((after - first) * width, 2),
            since=measured[first][0],
            until=measured[after - 1][0] + step,
        )
        for first, after in gaps
    )


def _bar(index: int, one: tuple[datetime, float, bool], *, count: int, highest: float) -> Bar:
    at, value, is_open = one
    width = WIDTH / count
    # What happened at all is seen, however small.
    height = max(value / highest * HEIGHT, 1.5)
    return Bar(
        x=round(index * width, 2),
        width=round(width * (1 - GAP), 2),
        y=round(HEIGHT - height, 1),
        height=round(height, 1),
        value=value,
        at=at,
        is_open=is_open,
    )


def ticks_of(
    since: datetime, until: datetime, *, step: timedelta, zone: tzinfo
) -> tuple[Tick, ...]:
    """The round times of a zone between two times, not too close to the edges for their words."""
    local = since.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    number = (local - midnight) // step + 1
    found = []
    # Counted from midnight on the clock of the zone, so that a change of summer time shifts none.
    while (at := (midnight + number * step).astimezone(UTC)) < until:
        found.append(Tick(x=_across(at, since, until), at=at))
        number += 1
    return tuple(tick for tick in found if EDGE <= tick.x <= WIDTH - EDGE)


def flags_of(
    marks: Sequence[Mark], buckets: Sequence[Bucket], *, step: timedelta
) -> tuple[Flag, ...]:
    """Marks on the same scale of time, oldest first; those too close to be read fly together."""
    since, until = buckets[0].at, buckets[-1].at + step
    poles: list[tuple[float, list[Mark]]] = []
    for mark in marks:
        if not since <= mark.at < until:
            continue
        x = _across(mark.at, since, until)
        if poles and x - poles[-1][0] < APART:
            poles[-1][1].append(mark)
        else:
            poles.append((x, [mark]))
    return tuple(
        Flag(number=number, x=x, marks=tuple(together))
        for number, (x, together) in enumerate(poles, start=1)
    )


def _across(at: datetime, since: datetime, until: datetime) -> float:
    return round((at - since) / (until - since) * WIDTH, 2)
