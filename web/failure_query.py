"""What an address asks of the list of failures: filter, order, place; and the way back to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request

from store.causes import KEY_LETTERS
from store.failure_filter import FailureFilter
from store.failure_lists import CauseOrder, FailedCause, Place, place_of
from web.asked import address, chosen, cursor, moment, place_in_list
from web.charts import Period
from web.errors import BadRequest, NotFound
from web.passed_over import pass_over, query_of

CAUSE = re.compile(f"[0-9a-f]{{{KEY_LETTERS}}}")
TEXT_LETTERS = 200
SPANS = {
    Period.HOUR: timedelta(hours=1),
    Period.DAY: timedelta(days=1),
    Period.WEEK: timedelta(weeks=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureQuery:
    """A list of causes as its address names it. `period` is None for any time."""

    error_type: str | None
    text: str | None
    file: str | None
    period: Period | None
    order: CauseOrder
    after: Place | None

    @property
    def is_filtered(self) -> bool:
        """True when some causes may be left out."""
        return any((self.error_type, self.text, self.file, self.period))

    def filter(self, *, now: datetime) -> FailureFilter:
        """What is asked for, counted back from now."""
        return FailureFilter(
            error_type=self.error_type,
            text=self.text,
            file=self.file,
            since=now - SPANS[self.period] if self.period else None,
        )

    def address(self, path: str, *, after: str | None = None) -> str:
        """The same list, or what is done with it, at another address or page."""
        order = None if self.order is CauseOrder.LATEST else self.order
        return address(path, **self.named, order=order, after=after)

    @property
    def named(self) -> dict[str, str | None]:
        """The filter as parts of a query."""
        return {
            "type": self.error_type,
            "text": self.text,
            "file": self.file,
            "period": self.period,
        }


def failure_query(request: Request) -> FailureQuery:
    """What the query asks for."""
    asked, order = query_of(request), chosen(request, "order", CauseOrder) or CauseOrder.LATEST
    return FailureQuery(
        error_type=words_of(asked, "type"),
        text=words_of(asked, "text"),
        file=words_of(asked, "file"),
        period=chosen(request, "period", Period),
        order=order,
        after=_place_asked(request, order),
    )


def words_of(fields: Mapping[str, str], name: str) -> str | None:
    """A text of a query or a form; None when it is empty."""
    return fields.get(name, "").strip()[:TEXT_LETTERS] or None


def _place_asked(request: Request, order: CauseOrder) -> Place | None:
    if order is not CauseOrder.MOST:
        return place_in_list(request, "after")
    text = query_of(request).get("after", "")
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{1,9})~(.+)", text)
    if found is None:
        pass_over(request, "after", text)
        return None
    return int(found[1]), found[2]


def cursor_of(found: FailedCause, order: CauseOrder) -> str:
    """The place of a cause in a list, for an address."""
    return written(place_of(found, order))


def written(place: Place) -> str:
    """A place in the list as it stands in an address."""
    value, key = place
    return cursor(value, key) if isinstance(value, datetime) else f"{value}~{key}"


def key_of(request: Request) -> str:
    """The cause in the path. Raises NotFound for what cannot be one."""
    key = str(request.path_params["key"])
    if not CAUSE.fullmatch(key):
        raise NotFound("There is no such cause.")
    return key


def filter_of(fields: Mapping[str, str], *, now: datetime) -> FailureFilter:
    """What a confirmation or its form names. Raises BadRequest for what cannot be."""
    key, since, period = (fields.get(name) or None for name in ("cause", "since", "period"))
    if key is not None and not CAUSE.fullmatch(key):
        raise BadRequest("There is no such cause.")
    begin = moment(since) if since else None
    if since and begin is None:
        raise BadRequest("This address has a time in it that is none.")
    if period is not None and period not in set(Period):
        raise BadRequest("This address has a word in it that is none.")
    if begin is None and period is not None:
        begin = now - SPANS[Period(period)]
    return FailureFilter(
        cause=key,
        error_type=words_of(fields, "type"),
        text=words_of(fields, "text"),
        file=words_of(fields, "file"),
        since=begin,
    )
