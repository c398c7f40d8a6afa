"""One cause over time as a strip of bars: light enough that a page can hold many.

Pure: counts in, the outline of an SVG path out. The charts of the overview are `web.charts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from store.failure_times import Stretch
from web.charts import GAP, SCALES, WIDTH, Period

STRIP_HEIGHT = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """Bars as two outlines: stretches that are over, and the one that has not ended yet."""

    title: str
    past: str
    present: str
    failed: int
    highest: int
    step_seconds: float  # of a bar
    width: int
    height: int


def strip_of(stretches: Sequence[Stretch], period: Period) -> Strip:
    """The bars of one cause over a period."""
    highest = max((one.failed for one in stretches), default=0)
    bars = [
        (_bar(index, one.failed, count=len(stretches), highest=highest), one.is_open)
        for index, one in enumerate(stretches)
        if one.failed
    ]
    return Strip(
        title=SCALES[period].title,
        past="".join(bar for bar, is_open in bars if not is_open),
        present="".join(bar for bar, is_open in bars if is_open),
        failed=sum(one.failed for one in stretches),
        highest=highest,
        step_seconds=SCALES[period].step.total_seconds(),
        width=WIDTH,
        height=STRIP_HEIGHT,
    )


def _bar(index: int, failed: int, *, count: int, highest: int) -> str:
    width = WIDTH / count
    # What happened at all is seen, however small.
    height = max(failed / highest * STRIP_HEIGHT, 2.0)
    left, top = f"{index * width:.2f}", f"{STRIP_HEIGHT - height:.1f}"
    return f"M{left} {top}h{width * (1 - GAP):.2f}V{STRIP_HEIGHT}H{left}z"
