"""What failed and needs a person, by cause: filtered, sorted, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from store.clock import utc_now
from store.database import Database
from store.failure_lists import (
    FailedCause,
    error_types,
    failed_causes,
    unsorted_failures,
)
from store.failure_times import Recently, over_time, recently
from store.files_needed import needed_by_causes
from store.trials import Trial, TrialStanding, latest_trials
from store.vain import causes_with_hope
from web.charts import SCALES, Period
from web.errand_lines import ErrandLine, under_way
from web.failure_query import FailureQuery, cursor_of, failure_query, written
from web.gone_files import LOOKED_AT, Gone, few_enough, gone_among
from web.house import house_of
from web.pace import pace
from web.render import render
from web.strips import Strip, strip_of

# As many as their strips leave the page light.
PAGE = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseCard:
    """A cause with what is known of it at a glance."""

    found: FailedCause
    strip: Strip
    recently: Recently
    trial: Trial | None
    is_vain: bool  # a retry of any of its chunks comes to the same end
    gone: int  # of its chunks the file is not in the spool any more

    @property
    def is_tried(self) -> bool:
        """True when a trial succeeded, and nothing failed for this cause after it."""
        return has_proved(self.trial, last_at=self.found.last_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailuresView:
    """A page of causes. `unsorted` failed chunks have no cause yet; counts are of the filter."""

    query: FailureQuery
    cards: tuple[CauseCard, ...]
    causes: int
    chunks: int
    unsorted: int
    types: tuple[str, ...]
    errands: tuple[ErrandLine, ...]
    retry_address: str
    first: str | None
    next: str | None
    here: str
    every: int

    @property
    def is_trying(self) -> bool:
        """True while a trial of a cause of this page has not come to its end."""
        return any(card.trial is not None and card.trial.is_open for card in self.cards)

    @property
    def may_help(self) -> bool:
        """True when a retry of all that is asked for is not in vain for each."""
        is_page = self.causes > len(self.cards)
        in_vain = (card.is_vain or card.gone >= card.found.chunks for card in self.cards)
        return is_page or not all(in_vain)


def has_proved(trial: Trial | None, *, last_at: datetime | None) -> bool:
    """True when a trial succeeded, and nothing failed after it."""
    if trial is None or trial.standing is not TrialStanding.SUCCEEDED or trial.ended_at is None:
        return False
    return last_at is None or trial.ended_at >= last_at


def failures_fragment(request: Request) -> Response:
    """`GET /fragments/failures`."""
    return render(request, "fragments/failures.html", find_failures(request))


def find_failures(request: Request) -> FailuresView:
    """The page that the query asks for."""
    query, now = failure_query(request), utc_now()
    after, database = query.after, house_of(request).database
    with database.read() as connection:
        causes = failed_causes(
            connection, query.filter(now=now), order=query.order, after=after, limit=PAGE + 1
        )
        unsorted = unsorted_failures(connection)
        types = error_types(connection)
        keys = few_enough((one.key, one.chunks) for one in causes.found[:PAGE])
        needed = needed_by_causes(connection, keys, limit=LOOKED_AT)
    gone = gone_among(house_of(request).spool, needed)
    cards = cards_of(database, causes.found[:PAGE], period=query.period, now=now, gone=gone)
    errands = under_way(database)
    more = len(causes.found) > PAGE
    moving = bool(errands) or any(card.trial and card.trial.is_open for card in cards)
    return FailuresView(
        query=query,
        cards=cards,
        causes=causes.causes,
        chunks=causes.chunks,
        unsorted=unsorted,
        types=tuple(types),
        errands=errands,
        retry_address=query.address("/failures/retry"),
        first=query.address("/failures") if after else None,
        next=_next(query, cards[-1].found) if more else None,
        here=query.address("/fragments/failures", after=after and written(after)),
        every=pace(moving=moving),
    )


def _next(query: FailureQuery, last: FailedCause) -> str:
    return query.address("/failures", after=cursor_of(last, query.order))


def cards_of(
    database: Database,
    causes: tuple[FailedCause, ...],
    *,
    period: Period | None,
    now: datetime,
    gone: Gone,
) -> tuple[CauseCard, ...]:
    """Causes with their bars over the period (a week by default), counts and trials."""
    keys, shown = [one.key for one in causes], period or Period.WEEK
    scale = SCALES[shown]
    with database.read() as connection:
        bars = over_time(connection, keys, until=now, step=scale.step, stretches=scale.buckets)
        counts = recently(connection, keys, now=now)
        trials = latest_trials(connection, keys)
        lasting = [one.key for one in causes if one.cause.is_lasting]
        hopeful = causes_with_hope(connection, lasting)
    return tuple(
        CauseCard(
            found=one,
            strip=strip_of(bars[one.key], shown),
            recently=counts.get(one.key, Recently()),
            trial=trials.get(one.key),
            is_vain=one.cause.is_lasting and one.key not in hopeful,
            gone=gone.of(one.key),
        )
        for one in causes
    )
