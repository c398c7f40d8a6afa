"""One cause: how often it strikes, what a trial showed, and the chunks that fail for it now."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo

from starlette.requests import Request
from starlette.responses import Response

from store.chunks import FailedChunk, failed_chunks
from store.clock import utc_now
from store.database import Database
from store.errands import list_errands, subject_of_cause
from store.failure_lists import (
    FailedFile,
    KnownCause,
    failed_files,
    failed_ids,
    failing_for,
    find_cause,
)
from store.failure_times import Recently, over_time, recently
from store.files_needed import needed_by_causes
from store.trials import Trial, latest_trials
from store.vain import causes_with_hope
from web.asked import address, chosen, cursor, place_in_list, whole
from web.charts import HEIGHT, SCALES, Chart, Flag, Period, Sense, Tick, bars_of, ticks_of
from web.errand_lines import ErrandLine, lines_of
from web.errors import NotFound
from web.failure_query import key_of
from web.fragments.failures import has_proved
from web.gone_files import LOOKED_AT, Gone, few_enough, gone_among
from web.house import house_of
from web.language import N_
from web.pace import pace
from web.passed_over import pass_over, query_of
from web.render import render, zone_of

PAGE = 25
FILES = 10
ERRANDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """How often a cause struck: a chart of a period, drawn as those of the overview, and counts."""

    recently: Recently
    period: Period
    periods: tuple[tuple[Period, str], ...]
    chart: Chart
    ticks: tuple[Tick, ...]
    by_day: bool  # ticks are days, not times of day
    flags: tuple[Flag, ...]
    height: int
    step_seconds: float  # of a bar
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseView:
    """A cause. `failed` chunks fail for it now; those `listed` are on this page."""

    known: KnownCause
    failed: int
    past: Past
    trial: Trial | None
    is_tried: bool
    is_vain: bool  # a retry of any of its chunks comes to the same end
    gone: Gone  # of its chunks the file is not in the spool any more
    files: tuple[FailedFile, ...]
    listed: tuple[FailedChunk, ...]
    errands: tuple[ErrandLine, ...]
    chunk_id: int | None
    first: str | None
    next: str | None
    here: str
    every: int

    @property
    def address(self) -> str:
        """The page of this cause."""
        return f"/failures/{self.known.key}"


def cause_fragment(request: Request) -> Response:
    """`GET /fragments/cause/{key}`."""
    return render(request, "fragments/cause.html", find_the_cause(request))


def find_the_cause(request: Request) -> CauseView:
    """The cause in the path. Raises NotFound."""
    key, now, database = key_of(request), utc_now(), house_of(request).database
    period, before = chosen(request, "period", Period) or Period.WEEK, _place(request)
    with database.read() as connection:
        known = find_cause(connection, key)
        if known is None:
            raise NotFound("There is no such cause.")
        failed = failing_for(connection, key)
        ids = failed_ids(connection, key, before=before, limit=PAGE + 1)
        listed = failed_chunks(connection, ids[:PAGE])
        trial = latest_trials(connection, [key]).get(key)
        is_vain = known.cause.is_lasting and not causes_with_hope(connection, [key])
        files = failed_files(connection, key, limit=FILES)
        needed = needed_by_causes(connection, few_enough([(key, failed)]), limit=LOOKED_AT)
        asked = list_errands(connection, subject=subject_of_cause(key), limit=ERRANDS)
    errands = lines_of(database, asked)
    return CauseView(
        known=known,
        failed=failed,
        past=_past(database, key, period=period, now=now, zone=zone_of(request)),
        trial=trial,
        is_tried=has_proved(trial, last_at=known.last_at),
        is_vain=is_vain,
        gone=gone_among(house_of(request).spool, needed),
        files=tuple(files),
        listed=tuple(listed),
        errands=errands,
        chunk_id=whole(request, "chunk"),
        first=address(f"/failures/{key}", period=period) if before else None,
        next=_next(key, listed[-1], period) if len(ids) > PAGE else None,
        here=address(
            f"/fragments/cause/{key}",
            period=period,
            before=cursor(before[0], str(before[1])) if before else None,
        ),
        every=pace(moving=any(line.is_moving for line in errands)),
    )


def _past(database: Database, key: str, *, period: Period, now: datetime, zone: tzinfo) -> Past:
    scale = SCALES[period]
    with database.read() as connection:
        counts = recently(connection, [key], now=now).get(key, Recently())
        stretches = over_time(
            connection, [key], until=now, step=scale.step, stretches=scale.buckets
        )[key]
    since = stretches[0].at
    return Past(
        recently=counts,
        period=period,
        periods=tuple((name, one.title) for name, one in SCALES.items()),
        chart=Chart(
            title=N_("Chunks that failed"),
            unit="number",
            tone="bad",
            sense=Sense.SUM,
            bars=bars_of([(one.at, float(one.failed), one.is_open) for one in stretches]),
            highest=max(one.failed for one in stretches),
            latest=stretches[-1].failed,
            latest_since=stretches[-1].at,
        ),
        ticks=ticks_of(since, stretches[-1].at + scale.step, step=scale.ticks, zone=zone),
        by_day=period is Period.WEEK,
        flags=(),
        height=HEIGHT,
        step_seconds=scale.step.total_seconds(),
        since=since,
    )


def _place(request: Request) -> tuple[datetime, int] | None:
    place = place_in_list(request)
    if place is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", place[1]):
        pass_over(request, "before", query_of(request).get("before", ""))
        return None
    return place[0], int(place[1])


def _next(key: str, last: FailedChunk, period: Period) -> str | None:
    ended_at = last.chunk.ended_at
    if ended_at is None:
        return None
    place = cursor(ended_at, str(last.chunk.id))
    return address(f"/failures/{key}", period=period, before=place)
