"""The values of a query's conditions: dates, sizes, facts, states.

Each function takes the text and answers a condition, or raises ValueError with a sentence about
the text; where it stood in the query is for `store.query` to say.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from store.document import Fact
from store.expression import (
    DeletedInSource,
    Duplicated,
    Expression,
    Has,
    Sent,
    Sized,
    Undated,
    WithFile,
    WithFileOfType,
)

_CALENDAR = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?", re.ASCII)
_AGO = re.compile(r"(\d{1,4})([dwmy])", re.ASCII)
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,3})?)\s*([kmg]?)(?:i?b)?", re.ASCII | re.IGNORECASE)
_FACTOR = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_LARGEST_SIZE = 1 << 62  # beyond any file, and within what a database can compare
_SHA256 = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
# What people call the content types of files; also the choices of the list of attachments.
FILE_TYPES = {
    "pdf": ("application/pdf",),
    "image": ("image/",),
    "text": ("text/",),
    "document": (
        *("application/msword", "application/rtf", "application/vnd.oasis.opendocument.text"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml",
        *("application/haansoft", "application/x-hwp", "application/hwp"),
        "application/vnd.hancom",
    ),
    "table": (
        *("application/vnd.ms-excel", "application/vnd.oasis.opendocument.spreadsheet"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml",
    ),
    "slides": (
        *("application/vnd.ms-powerpoint", "application/vnd.oasis.opendocument.presentation"),
        "application/vnd.openxmlformats-officedocument.presentationml",
    ),
    "archive": (
        *("application/zip", "application/x-zip", "application/x-tar", "application/gzip"),
        *("application/x-gzip", "application/x-7z", "application/x-rar", "application/vnd.rar"),
    ),
    "audio": ("audio/",),
    "video": ("video/",),
    "message": ("message/",),
}
# Years a calendar of ours can reckon with, with room for the day after.
_FIRST_YEAR, _LAST_YEAR = 1, 9998


def period(text: str, *, now: datetime) -> tuple[int, int]:
    """The Unix seconds [since, until) of a year, a month or a day (UTC), or of "7d" ago."""
    if ago := _AGO.fullmatch(text.lower()):
        return _day(_days_ago(now, int(ago[1]) * _DAYS[ago[2]]))
    if text.lower() in ("today", "yesterday"):
        return _day(_days_ago(now, int(text.lower() == "yesterday")))
    if found := _CALENDAR.fullmatch(text):
        return _calendar_period(text, *(int(part) if part else None for part in found.groups()))
    raise ValueError(f"“{text}” is no date; write 2024, 2024-03, 2024-03-05 or 7d")


def _calendar_period(
    text: str, year: int | None, month: int | None, day: int | None
) -> tuple[int, int]:
    if year is None or not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise ValueError(f"there is no year {text[:4]} in the calendar used here")
    try:
        first = date(year, month or 1, day or 1)
    except ValueError:
        raise ValueError(f"“{text}” is not in the calendar") from None
    if day is not None:
        return _day(first)
    if month is not None:
        return _seconds(first), _seconds((first + timedelta(days=31)).replace(day=1))
    return _seconds(first), _seconds(date(first.year + 1, 1, 1))


def _days_ago(now: datetime, days: int) -> date:
    try:
        return (now.astimezone(UTC) - timedelta(days=days)).date()
    except OverflowError:
        raise ValueError("that is before the first year of the calendar") from None


def _day(day: date) -> tuple[int, int]:
    return _seconds(day), _seconds(day + timedelta(days=1))


def _seconds(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400


def since(text: str, *, now: datetime) -> Expression:
    """`after:`: from the beginning of that period on."""
    return Sent(period(text, now=now)[0], None)


def until(text: str, *, now: datetime) -> Expression:
    """`before:`: up to the beginning of that period."""
    return Sent(None, period(text, now=now)[0])


def within(text: str, *, now: datetime) -> Expression:
    """`on:` and `date:`: in that period; `date:unknown` is what has no usable date."""
    if text.lower() == "unknown":
        return Undated()
    return Sent(*period(text, now=now))


def size(text: str) -> int:
    """Bytes; K, M and G are powers of 1024."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ValueError(f"“{text}” is no size; write 500, 20K, 1.5M or 1G")
    return min(int(float(found[1]) * _FACTOR[found[2].lower()]), _LARGEST_SIZE)


def larger(text: str) -> Expression:
    """`larger:`."""
    return Sized(size(text), None)


def smaller(text: str) -> Expression:
    """`smaller:`."""
    return Sized(None, size(text))


def file_type(text: str) -> Expression:
    """`type:`: a word for a group of content types, or the beginning of one."""
    wanted = text.lower()
    if wanted in FILE_TYPES:
        return WithFileOfType(FILE_TYPES[wanted])
    if "/" in wanted:
        return WithFileOfType((wanted,))
    known = ", ".join(FILE_TYPES)
    raise ValueError(f"“{text}” is no type of file; write one of {known}, or such as image/png")


def file_digest(text: str) -> Expression:
    """`sha256:`."""
    if not _SHA256.fullmatch(text):
        raise ValueError(f"“{text}” is no SHA-256; it has 64 digits from 0 to 9 and a to f")
    return WithFile(bytes.fromhex(text))


def fact(text: str) -> Expression:
    """`has:`."""
    try:
        return Has(Fact(text.lower()))
    except ValueError:
        known = ", ".join(Fact)
        raise ValueError(f"“{text}” is nothing a message can have; write one of {known}") from None


def state(text: str) -> Expression:
    """`is:`."""
    match text.lower():
        case "duplicate":
            return Duplicated()
        case "deleted":
            return DeletedInSource()
        case _:
            raise ValueError(f"“{text}” is nothing a message can be; write duplicate or deleted")
