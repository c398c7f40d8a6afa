"""Read the dates that mail carries, in the many shapes programs have given them.

Everything comes out in UTC. A zone that nobody knows is taken as UTC and said so; a date that
cannot be one is None, never the present. Choosing among a message's dates is left to
`mail.when`.
"""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
        start=1,
    )
}
# Hours east of Greenwich. Names that mean several zones are left out.
_ZONES = {
    "UT": 0.0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1,
    "CET": 1, "CEST": 2, "MET": 1, "MEST": 2, "MEZ": 1, "MESZ": 2, "MEWT": 1, "EET": 2, "EEST": 3,
    "MSK": 3, "MSD": 4, "KST": 9, "KDT": 10, "JST": 9, "HKT": 8, "SGT": 8, "PHT": 8,
    "AEST": 10, "AEDT": 11, "ACST": 9.5, "ACDT": 10.5, "AWST": 8, "NZST": 12, "NZDT": 13,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "AKST": -9, "AKDT": -8, "HST": -10, "AST": -4, "ADT": -3, "NST": -3.5, "NDT": -2.5,
    "BRT": -3, "BRST": -2, "ART": -3, "IDT": 3, "SAST": 2, "PKT": 5,
    # Places that have no summer time.
    "ASIA/SEOUL": 9, "ASIA/TOKYO": 9, "ASIA/SHANGHAI": 8, "ASIA/HONG KONG": 8, "ASIA/TAIPEI": 8,
    "ASIA/SINGAPORE": 8, "ETC/UTC": 0, "ETC/GMT": 0,
}  # fmt: skip
_EASTERNMOST_MINUTES = 14 * 60
_TWO_DIGIT_PIVOT = 69

_QUICK = re.compile(
    r"(?:[A-Za-z]{3},? +)?(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d)(?::(\d\d))?"
    r" ([+-]\d\d[0-5]\d)(?: *\([^()]*\))? *\Z"
)
_TIME = (
    r"(?P<hour>\d{1,2})\s*[:.]\s*(?P<minute>\d{1,2})(?:\s*[:.]\s*(?P<second>\d{1,2})(?:[.,]\d+)?)?"
)
_EARLY_HALF = r"(?:(?P<early>오전|오후|[AaPp][Mm])\s*)?"
_WEEKDAY = r"(?:\w요일[\s,]*)?"
_HALF = r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?(?![A-Za-z]))?"
_ZONE = (
    r"(?:\s*(?P<zone>[+-]\s?\d{1,2}:?\d{2}|[+-]\d{1,2}(?!\d)|"
    r"[A-Za-z]{1,5}(?:\s?[+-]\d{1,2}(?::?\d{2})?)?|Z))?"
)
_NAMED_ZONE = (
    r"[+-]\d{2}(?::?\d{2})?|[A-Z][a-z]+(?:/[A-Za-z ]{1,20}){1,2}|"
    r"[A-Z]{1,5}(?:[+-]\d{1,2}(?::?\d{2})?)?"
)
_DAY_NAME = r"(?:[^\W\d_]{2,9}\.?,?\s*)?"
_NAMED_MONTH = r"(?P<month>[A-Za-z]{3})[a-z]{0,6}\.?"
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        # RFC 5322 and its dashed, two-digit and dotted relatives
        _DAY_NAME + r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[ -]+" + _NAMED_MONTH
        + r"[ ,-]+(?P<year>\d{2,4}),?\s+" + _TIME + _HALF + _ZONE,
        # asctime, with or without a zone before the year
        _DAY_NAME + _NAMED_MONTH + r"\s+(?P<day>\d{1,2}),?\s+" + _TIME + _HALF
        + r"(?:\s+(?P<zone>" + _NAMED_ZONE + r"))?\s+(?P<year>\d{4})"
        + r"(?:\s+(?P<after>" + _NAMED_ZONE + r"))?",
        # Month day, year time
        _DAY_NAME + _NAMED_MONTH + r"\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4}),?(?:\s+at)?\s+"
        + _TIME + _HALF + _ZONE,
        # ISO 8601 and slashes, dots or blanks in its place
        r"(?P<year>\d{4})[-/.](?P<number>\d{1,2})[-/.](?P<day>\d{1,2})(?:[T\s]+"
        + _WEEKDAY + _EARLY_HALF + _TIME + _HALF + _ZONE + r"|(?!.*\d\s*[:시]))",
        # Korean: 2004년 3월 5일 금요일 오후 3:04:05
        r"(?P<year>\d{4})\s*년\s*(?P<number>\d{1,2})\s*월\s*(?P<day>\d{1,2})\s*일"
        r"(?:\s*\(?\w요일\)?|\s*\(\w\))?(?:\s*(?P<half>오전|오후))?\s*(?:(?P<hour>\d{1,2})\s*[:시]\s*"
        r"(?:(?P<minute>\d{1,2})\s*(?:[:분]\s*(?P<second>\d{1,2})?)?)?)?\s*초?" + _ZONE,
        # Japanese and Chinese: 2004年3月5日 15:04:05
        r"(?P<year>\d{4})\s*年\s*(?P<number>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*[日号]\D{0,12}"
        + _TIME + _ZONE,
        # a date and no time
        _DAY_NAME + r"(?P<day>\d{1,2})[ -]+" + _NAMED_MONTH + r"[ ,-]+(?P<year>\d{2,4})\s*\Z",
    )
)  # fmt: skip
_OFFSET = re.compile(r"([+-])\s?(\d{1,2}):?(\d{2})\Z")
_NAMED_OFFSET = re.compile(r"([A-Za-z]{1,5})?\s?([+-])(\d{1,2})(?::?(\d{2}))?\Z")
_COMMENTED_ZONE = re.compile(r"\((?:(?:GMT|UTC)?\s*([+-]\d{1,2}:?\d{2})\b|([A-Z]{3,5})\))")
_COMMENT = re.compile(r"\([^()]*\)")
_LONGEST = 200


class When(NamedTuple):
    """A moment in UTC, and whether its zone was known."""

    moment: datetime
    zone_known: bool


@functools.lru_cache(maxsize=512)
def parse_date(text: str) -> When | None:
    """The moment a date header means, or None when it means none."""
    found = _QUICK.match(text)
    if found:
        return _quick(found)
    cleaned = text[:_LONGEST].replace("_", " ").strip(" \t\"'")
    for shape in _SHAPES:
        read = shape.match(_COMMENT.sub(" ", cleaned).strip())
        if read:
            return _assembled(read.groupdict(), comment=_COMMENTED_ZONE.search(cleaned))
    return None


def _quick(found: re.Match[str]) -> When | None:
    day, month, year, hour, minute, second, zone = found.groups()
    number = _MONTHS.get(month.lower()) or 0
    local = _moment(int(year), number, int(day), int(hour), int(minute), int(second or 0))
    if local is None:
        return None
    return _shifted(local, _zone_minutes(zone))


def _moment(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0
) -> datetime | None:
    try:
        # A leap second is the last second before it.
        # By place: by name it takes twice as long.
        return datetime(year, month, day, hour, minute, 59 if second == 60 else second, 0, UTC)
    except ValueError:
        return None


def _shifted(local: datetime, minutes: int | None) -> When | None:
    try:
        return When(local - _east(minutes) if minutes else local, minutes is not None)
    except OverflowError:
        return None


@functools.lru_cache(maxsize=256)
def _east(minutes: int) -> timedelta:
    return timedelta(minutes=minutes)


def _assembled(read: dict[str, str | None], *, comment: re.Match[str] | None) -> When | None:
    month = _month(read)
    hour = _hour(int(read.get("hour") or 0), read.get("half") or read.get("early"))
    if month is None or hour is None:
        return None
    local = _moment(
        full_year(read["year"] or "0"),
        month,
        int(read["day"] or 0),
        hour,
        int(read.get("minute") or 0),
        int(read.get("second") or 0),
    )
    if local is None:
        return None
    zone = read.get("zone") or read.get("after")
    if zone is None and comment:
        zone = comment.group(1) or comment.group(2)
    minutes = _zone_minutes(zone) if zone else None
    return _shifted(local, minutes)


def _month(read: dict[str, str | None]) -> int | None:
    name = read.get("month")
    return _MONTHS.get(name.lower()) if name else int(read.get("number") or 0)


def _hour(hour: int, half: str | None) -> int | None:
    if half is None or hour > 12:
        return hour
    return hour % 12 + (12 if half[0] in "pP" or half == "오후" else 0)


def full_year(digits: str) -> int:
    """The year that two, three or four digits mean (RFC 5322 section 4.3, but for 69 to 99)."""
    year = int(digits)
    if len(digits) == 2:
        return year + (1900 if year >= _TWO_DIGIT_PIVOT else 2000)
    return year + 1900 if len(digits) == 3 else year


@functools.lru_cache(maxsize=256)
def _zone_minutes(zone: str) -> int | None:
    """Minutes east of Greenwich, or None for a zone nobody knows."""
    found = _OFFSET.match(zone)
    if found:
        sign, hours, minutes = found.groups()
        return _plausible_offset(sign, int(hours), int(minutes), written=zone)
    named = _ZONES.get(zone.upper())
    if named is not None:
        return round(named * 60)
    found = _NAMED_OFFSET.match(zone)
    if found is None or (found.group(1) or "GMT").upper() not in ("GMT", "UTC", "UT"):
        return None
    return _plausible_offset(
        found.group(2), int(found.group(3)), int(found.group(4) or 0), written=zone
    )


def _plausible_offset(sign: str, hours: int, minutes: int, *, written: str) -> int | None:
    offset = hours * 60 + minutes
    if offset > _EASTERNMOST_MINUTES or minutes > 59 or written == "-0000":
        return None
    return -offset if sign == "-" else offset
