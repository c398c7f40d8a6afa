"""Choose the date of a message among those it carries, and say where it came from.

Date first, then the hop nearest to the sender, then the separator, then Resent-Date. Never
the present: a message without any usable date has none.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from mail.date import When, parse_date
from mail.defect import DefectKind
from mail.header import Header
from mail.words import Reading, header_text

_SEPARATOR_DATE = re.compile(
    rb"(?:^|[ \t])((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},?[ \t].*|\d{4}-\d\d?-.*|"
    rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*[ \t]+\d.*|"
    rb"\d{1,2}[ -](?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*[ -]\d{2,4}.*)"
)
# Git puts this date before every patch, whatever the day (git-format-patch).
_PATCH = re.compile(rb"From [0-9a-f]{40,64} Mon Sep 17 00:00:00 2001\s")
_SUFFIX = re.compile(r"\s(?:remote from|forwarded by)\s.*")
_MOST_HOPS = 30
_MOST_DATES = 10
_LONGEST_RAW = 1000  # characters kept of a Date field
_LONGEST_READ = 300  # characters of it that may be a date
_MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_MONTH_OF = (b"", *(b" " + month + b" %d " for month in _MONTHS))
# Mail as such begins in 1971; programs without a clock write 1970 or less.
_EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_CLOCK_SLACK = timedelta(days=2)
_LONGEST_WAY = timedelta(days=5 * 365)


class DateSource(StrEnum):
    """Where a message's date was found."""

    DATE = "date"
    RECEIVED = "received"
    SEPARATOR = "separator"
    RESENT_DATE = "resent_date"
    NONE = "none"


class Dated(NamedTuple):
    """The date of a message in UTC, with its origin, its raw form, and whether it can be true."""

    sent_at: datetime | None
    source: DateSource
    raw: str | None
    plausible: bool


def choose_date(
    header: Header, separator: bytes, reading: Reading, *, not_after: datetime | None = None
) -> Dated:
    """The best date of a message. Unusable ones on the way are noted as defects.

    `not_after` is when the mail had arrived here at the latest; no date beyond it can be true.
    """
    latest = _LATEST if not_after is None else min(_LATEST, not_after + _CLOCK_SLACK)
    raw, found = _first_date(header, reading)
    if found is None:
        return _fallback(header, separator, raw=raw, reading=reading, latest=latest)
    if not found.zone_known:
        reading.defects.note(DefectKind.DATE_ZONE_UNKNOWN, where="Date", what=raw or "")
    plausible = _is_plausible(found.moment, header, separator, reading, latest=latest)
    if not plausible:
        reading.defects.note(DefectKind.DATE_IMPLAUSIBLE, where="Date", what=raw or "")
    return Dated(found.moment, DateSource.DATE, raw, plausible)


def _first_date(header: Header, reading: Reading) -> tuple[str | None, When | None]:
    """The first Date field that is one, raw and read; of none that is, the first, as it stands."""
    value = header.get(b"date")
    raw = header_text(value, name="Date", reading=reading)[:_LONGEST_RAW] if value else None
    found = parse_date(raw[:_LONGEST_READ]) if raw else None
    if found is not None:
        return raw, found
    _note_unusable(raw, reading)
    for other in header.every(b"date")[1:_MOST_DATES]:
        text = header_text(other, name="Date", reading=reading)[:_LONGEST_RAW]
        found = parse_date(text[:_LONGEST_READ])
        if found is not None:
            return text, found
    return raw if value is None else raw or "", None


def _note_unusable(raw: str | None, reading: Reading) -> None:
    kind = DefectKind.DATE_UNREADABLE if raw else DefectKind.DATE_MISSING
    reading.defects.note(kind, where="Date", what=raw or "")


def _fallback(
    header: Header, separator: bytes, *, raw: str | None, reading: Reading, latest: datetime
) -> Dated:
    received = hops(header, reading)
    # No hop is later than the last one, which is the reader's own: clocks on the way may be wrong.
    arrived = min(received[-1], latest) if received else latest
    candidates: list[tuple[datetime | None, DateSource]] = [
        (moment, DateSource.RECEIVED) for moment in received if moment <= arrived + _CLOCK_SLACK
    ]
    candidates.append((separator_date(separator), DateSource.SEPARATOR))
    candidates.append((_resent(header, reading), DateSource.RESENT_DATE))
    for moment, source in candidates:
        if moment is not None and _EARLIEST <= moment <= latest:
            return Dated(moment, source, raw, True)
    return Dated(None, DateSource.NONE, raw, False)


def hops(header: Header, reading: Reading) -> list[datetime]:
    """The dates of the Received fields, the hop nearest to the sender first."""
    moments = []
    for value in reversed(header.every(b"received")[:_MOST_HOPS]):
        text = header_text(value.rpartition(b";")[2], name="Received", reading=reading)
        found = parse_date(text[:_LONGEST_READ])
        if found:
            moments.append(found.moment)
    return moments


def separator_date(separator: bytes) -> datetime | None:
    """The date of a From line; None for none, and for the fixed ones that some writers put there.

    Those are the epoch, and the date of git's patches.
    """
    if _PATCH.match(separator):
        return None
    found = _SEPARATOR_DATE.search(separator[5:1000])
    if found is None:
        return None
    text = _SUFFIX.sub("", found.group(1).decode("latin-1").strip())
    read = parse_date(text)
    return read.moment if read and read.moment >= _EARLIEST else None


def _resent(header: Header, reading: Reading) -> datetime | None:
    value = header.get(b"resent-date")
    text = header_text(value, name="Resent-Date", reading=reading) if value else ""
    found = parse_date(text[:_LONGEST_READ]) if text else None
    return found.moment if found else None


def _same_month(moment: datetime, header: Header) -> bool:
    """Whether the last hop names the date's own month, as nearly all mail does."""
    received = header.get(b"received")
    return received is not None and _MONTH_OF[moment.month] % moment.year in received


def _is_plausible(
    moment: datetime, header: Header, separator: bytes, reading: Reading, *, latest: datetime
) -> bool:
    """Whether a date lies in the window that the message's own way through the net allows."""
    if not _EARLIEST <= moment <= latest:
        return False
    if _same_month(moment, header):
        return True
    arrived = separator_date(separator)
    if arrived and arrived - _CLOCK_SLACK * 30 <= moment <= arrived + _CLOCK_SLACK:
        return True
    received = hops(header, reading)
    if received:
        return received[0] - _LONGEST_WAY <= moment <= max(received) + _CLOCK_SLACK
    return arrived is None or moment <= arrived + _CLOCK_SLACK
