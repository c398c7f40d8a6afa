"""What handlers take from a request: ids in the path, cursors and filters in the query.

A path that cannot be is a visitor's mistake, raised here. What is not as it should be in the query
is passed over, and the page tells it (`web.passed_over`).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

from web.errors import NotFound
from web.passed_over import pass_over, query_of

# A query of 4,000 characters, escaped, and the way through its pages.
MOST_FROM = 40_000
OF_SEARCH = ("q", "order", "group", "after", "trail")
JOB_ID = re.compile(r"[0-9a-f]{32}")
Choice = TypeVar("Choice", bound=StrEnum)


def job_id_of(request: Request) -> str:
    """The job in the path. Raises NotFound for what cannot be one."""
    job_id = str(request.path_params["id"])
    if not JOB_ID.fullmatch(job_id):
        raise NotFound("There is no such job.")
    return job_id


def whole(request: Request, name: str) -> int | None:
    """A whole number of the query; None for none, and for something else, which is passed over."""
    text = query_of(request).get(name, "")
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", text):
        pass_over(request, name, text)
        return None
    return int(text)


def chosen(request: Request, name: str, choices: type[Choice]) -> Choice | None:
    """One of an enum in the query; None for anything else, which the page then tells."""
    word = known_word(request, name, tuple(choices))
    return choices(word) if word else None


def known_word(request: Request, name: str, known: Collection[str]) -> str:
    """The last such word of the query, if it is known; "" for none, and for one passed over."""
    return next(iter(known_words(request, name, known)[-1:]), "")


def known_words(request: Request, name: str, known: Collection[str]) -> tuple[str, ...]:
    """All such words of the query that are known.

    Old links go on working with others in them; but who reads the page is told of those, or they
    would take it for narrowed: see `web.passed_over`.
    """
    words = [word for word in query_of(request).getlist(name) if word]
    for word in words:
        if word not in known:
            pass_over(request, name, word)
    return tuple(word for word in words if word in known)


def cursor(at: datetime, key: str) -> str:
    """A place in a list that is ordered by time and key."""
    return f"{at.astimezone(UTC).isoformat()}~{key}"


def place_in_list(request: Request, name: str = "before") -> tuple[datetime, str] | None:
    """The cursor of the query; None for none, and for one that is none, which is passed over."""
    text = query_of(request).get(name, "")
    if not text:
        return None
    at, _, key = text.partition("~")
    when = moment(at)
    if when is None or not key:
        pass_over(request, name, text)
        return None
    return when, key


def moment(text: str) -> datetime | None:
    """A time with its zone, as UTC; None for anything else, also for one before the year 1."""
    try:
        when = datetime.fromisoformat(text)
        return None if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def address(path: str, **query: object) -> str:
    """A path with those parts of a query that have a value; a tuple's values one by one."""
    kept = [
        (name, str(one))
        for name, value in query.items()
        for one in (value if isinstance(value, tuple) else (value,))
        if one not in (None, "", False)
    ]
    return f"{path}?{urlencode(kept)}" if kept else path


def search_came_from(request: Request) -> str:
    """The query of the search page that a message was opened from; "" when none is told.

    Only what a search page takes is let through, evened out.
    """
    told = parse_qsl(query_of(request).get("from", "")[:MOST_FROM])
    kept = {name: value for name, value in told if name in OF_SEARCH}
    return urlencode(kept) if "q" in kept else ""


def text_of(request: Request, name: str, *, at_most: int = 200) -> str:
    """A text of the query, cut; "" for none. NUL is in no text that a database takes."""
    return query_of(request).get(name, "").replace("\0", "").strip()[:at_most]


def span_of(request: Request, *, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """From the first moment of `since` to the last of `until`, days of the reader's zone."""
    since, until = _day(request, "since"), _day(request, "until")
    return _midnight(since, zone), _midnight(until and until + timedelta(days=1), zone)


def day_of(request: Request, name: str, *, zone: tzinfo) -> datetime | None:
    """The first moment of one day of the reader's zone."""
    return _midnight(_day(request, name), zone)


def day_as_typed(request: Request, name: str) -> str:
    """A day of the query as a field shows it again; "" for none, and for one passed over."""
    return text_of(request, name) if _day(request, name) else ""


def _day(request: Request, name: str) -> date | None:
    """A day of the query; None for none, and for one that cannot be, which is passed over."""
    text = text_of(request, name)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not date(1970, 1, 1) <= day <= date(9998, 12, 30):
        pass_over(request, name, text)
        return None
    return day


def _midnight(day: date | None, zone: tzinfo) -> datetime | None:
    return datetime.combine(day, time.min, tzinfo=zone) if day is not None else None
