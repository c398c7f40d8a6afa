"""What a list of jobs is asked for by its address, and the addresses of its other states.

Pure: a query in, wishes and addresses out. Finding the jobs is `store.job_list`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from starlette.requests import Request

from store.job_filter import FOLDED, JobFilter, upload_in
from store.job_list import JobSort
from store.overall import SHOWN_STATES
from store.paging import Place, Turn
from web.asked import (
    JOB_ID,
    address,
    day_as_typed,
    day_of,
    known_word,
    known_words,
    moment,
    span_of,
    text_of,
)
from web.job_query import UNFOLDED
from web.language import N_
from web.passed_over import pass_over, query_of
from web.render import zone_of

ORDERS = {
    "-added": N_("Latest first"),
    "added": N_("Oldest first"),
    "name": N_("Name, A to Z"),
    "-name": N_("Name, Z to A"),
    "-size": N_("Largest first"),
    "size": N_("Smallest first"),
    "-messages": N_("Most messages first"),
    "messages": N_("Fewest messages first"),
    "-duration": N_("Longest first"),
    "duration": N_("Shortest first"),
}
USUAL = "-added"
NUMBER = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobWish:
    """A filter and an order, as they stand in the address. Days as typed: "2024-03-09"."""

    states: tuple[str, ...]
    text: str
    by: str
    since: str
    until: str
    ended: str  # over since that day
    quarantined: str  # with messages quarantined since that day
    order: str  # of ORDERS
    archive: str = ""  # the number of an upload: what came out of it
    is_folded: bool = True  # files stay under the archives they came out of

    @property
    def sort(self) -> JobSort:
        """What it is sorted by."""
        return JobSort(self.order.lstrip("-"))

    @property
    def down(self) -> bool:
        """The largest, latest, last of the alphabet first."""
        return self.order.startswith("-")

    @property
    def narrows(self) -> bool:
        """True when not every job is wanted."""
        days = self.since or self.until or self.ended or self.quarantined
        return bool(self.states or self.text or self.by or days or self.archive)

    def at(self, path: str, **place: object) -> str:
        """The address that says all this again."""
        return address(
            path,
            state=self.states,
            q=self.text,
            by=self.by,
            since=self.since,
            until=self.until,
            ended=self.ended,
            quarantined=self.quarantined,
            archive=self.archive or None,
            fold=None if self.is_folded or self.archive else UNFOLDED,
            sort=self.order if self.order != USUAL else None,
            **place,
        )

    def toggled(self, state: str) -> JobWish:
        """With one state more, or one less."""
        wanted = set(self.states) ^ {state}
        return replace(self, states=tuple(one for one in SHOWN_STATES if one in wanted))

    def sorted_by(self, sort: JobSort) -> JobWish:
        """In that order; the other way round when it is in that order already."""
        usual = sort if sort is JobSort.NAME else f"-{sort}"
        other = usual.lstrip("-") if usual.startswith("-") else f"-{usual}"
        return replace(self, order=other if self.order == usual else usual)


def wish_of(request: Request) -> JobWish:
    """What the address asks for; words that are not known are passed over, and told."""
    asked = known_words(request, "state", SHOWN_STATES)
    fold = known_word(request, "fold", (FOLDED, UNFOLDED))
    archive = _upload_of(request)
    return JobWish(
        states=tuple(state for state in SHOWN_STATES if state in asked),
        text=text_of(request, "q"),
        by=text_of(request, "by"),
        since=day_as_typed(request, "since"),
        until=day_as_typed(request, "until"),
        ended=day_as_typed(request, "ended"),
        quarantined=day_as_typed(request, "quarantined"),
        order=known_word(request, "sort", ORDERS) or USUAL,
        archive=archive,
        is_folded=not archive and fold != UNFOLDED,
    )


def _upload_of(request: Request) -> str:
    number = text_of(request, "archive")
    if number.isascii() and number.isdecimal() and len(number) < 10:
        return number
    if number:
        pass_over(request, "archive", number)
    return ""


def filter_of(request: Request, wish: JobWish) -> JobFilter:
    """The wish in the words of the store."""
    since, until = span_of(request, zone=zone_of(request))
    return JobFilter(
        states=wish.states,
        text=wish.text,
        by=wish.by,
        since=since,
        until=until,
        ended=day_of(request, "ended", zone=zone_of(request)),
        set_aside=day_of(request, "quarantined", zone=zone_of(request)),
        archive_id=upload_in(wish.archive),
        is_folded=wish.is_folded,
    )


def turn_of(request: Request, sort: JobSort) -> Turn:
    """Which page; a place that is none in this order is passed over, and told."""
    return Turn(after=_place(request, "after", sort), before=_place(request, "before", sort))


def written(place: Place) -> str:
    """A place in the list as it stands in an address."""
    value, job_id = place
    return f"{value.isoformat() if isinstance(value, datetime) else value}~{job_id}"


def _place(request: Request, name: str, sort: JobSort) -> Place | None:
    text = query_of(request).get(name, "")
    if not text:
        return None
    value, _, job_id = text.rpartition("~")
    found = _value(value, sort)
    if found is None or not JOB_ID.fullmatch(job_id):
        pass_over(request, name, text)
        return None
    return found, job_id


def _value(text: str, sort: JobSort) -> Any:
    match sort:
        case JobSort.ADDED:
            return moment(text)
        case JobSort.NAME:
            return text.replace("\0", "")
        case _:
            return int(text) if NUMBER.fullmatch(text) else None
