"""How bytes, numbers, durations and times are written for a reader of a language.

Pure functions of a value and a language; templates reach them as filters by `web.render`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal, format_percent

from store.results import Marked
from web.language import Language

UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
DASH = "–"
# Second-precise, the year first in Korean as people there write it.
DATE_TIME = {Language.ENGLISH: "d MMM y, HH:mm:ss", Language.KOREAN: "y. M. d. HH:mm:ss"}
DATE_MINUTE = {Language.ENGLISH: "d MMM y, HH:mm", Language.KOREAN: "y. M. d. HH:mm"}
DAY_OF_MONTH = {Language.ENGLISH: "d MMM", Language.KOREAN: "M. d."}
DATE = {Language.ENGLISH: "d MMM y", Language.KOREAN: "y. M. d."}
SPAN_WORDS = {
    # No line ends between a number and its unit.
    Language.ENGLISH: (
        "{}\N{NO-BREAK SPACE}d",
        "{}\N{NO-BREAK SPACE}h",
        "{}\N{NO-BREAK SPACE}min",
        "{}\N{NO-BREAK SPACE}s",
    ),
    Language.KOREAN: ("{}일", "{}시간", "{}분", "{}초"),
}
PER_SECOND = {Language.ENGLISH: "/s", Language.KOREAN: "/초"}
# Characters that change the direction of what follows, or have no shape at all.
DIRECTION_CHARACTERS = frozenset(
    "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
# Of one name or type on a page; all of it stands among a message's headers and parts.
LONGEST_WORD = 120
_APART = r"\s<>()\[\]\"',;:@“”„‘’«»「」『』"
# Its beginning, what stands around the @, and its host; blanks there hide an address from nobody.
# Begins at the beginning of a word only: a name that is one long word is read once.
_ADDRESS_IN_NAME = re.compile(
    rf"(?<![^{_APART}])([^{_APART}]++)(\s{{0,2}}@\s{{0,2}})([^{_APART}]+\.[^{_APART}]+)"
)
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def poses_as_other(name: str | None, address: str | None) -> bool:
    """True for a name with something like an address in it that is not `address`.

    What a program wrote into both is no pose: letters count without their size, a sign that only
    looks like another counts as that (Unicode UAX #15, NFKC), and a host may be written either way
    (RFC 3492). Nor is "Sales @ shop.example", with blanks, from that very host or one below it.
    """
    named, real = _comparable(name), _comparable(address)
    if named == real:
        return False
    own, _, host = real.rpartition("@")
    host = _in_letters(host)
    for hit in _ADDRESS_IN_NAME.finditer(named):
        at = _in_letters(hit[3].strip(".!?/"))
        is_own = (hit[1], at) == (own, host)
        is_sign = hit[2] != "@" and (host == at or host.endswith(f".{at}"))
        if not is_own and not is_sign:
            return True
    return False


def _comparable(text: str | None) -> str:
    plain = unicodedata.normalize("NFKC", text or "").casefold()
    return plain.replace("\N{IDEOGRAPHIC FULL STOP}", ".")


def _in_letters(host: str) -> str:
    """A host in the letters of its language; as it stands where it is not written for machines."""
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host


def number(value: float | None, language: Language) -> str:
    """12,345 with the language's separators; a dash for nothing."""
    if value is None:
        return DASH
    return format_decimal(value, format="#,##0.##", locale=language)


def percent(share: float | None, language: Language) -> str:
    """A share from 0 to 1; never rounded up to 100 %."""
    if share is None:
        return DASH
    return _per_mille(int(share * 1000), language)


@lru_cache(maxsize=4096)  # a chunk map asks for the same few hundreds of times
def _per_mille(share: int, language: Language) -> str:
    return format_percent(share / 1000, format="#,##0.#%", locale=language)


def size(value: float | None, language: Language) -> str:
    """Bytes in the largest fitting decimal unit, three digits."""
    if value is None:
        return DASH
    scaled, unit = float(value), 0
    while scaled >= 999.5 and unit < len(UNITS) - 1:
        scaled, unit = scaled / 1000, unit + 1
    pattern = "#,##0" if unit == 0 or scaled >= 100 else "#,##0.0" if scaled >= 10 else "#,##0.00"
    return f"{format_decimal(scaled, format=pattern, locale=language)} {UNITS[unit]}"


def rate(value: float | None, language: Language) -> str:
    """Bytes per second."""
    return DASH if value is None else size(value, language) + PER_SECOND[language]


def duration(seconds: float | None, language: Language) -> str:
    """The two largest units of a length of time in seconds; tenths below ten seconds."""
    if seconds is None:
        return DASH
    words = SPAN_WORDS[language]
    if seconds < 9.95:
        return words[3].format(f"{max(seconds, 0):.1f}")
    counts = _split(round(seconds))
    first = next(index for index, count in enumerate(counts) if count)
    kept = [(words[index], counts[index]) for index in range(first, min(first + 2, 4))]
    return " ".join(word.format(count) for word, count in kept if count)


def _split(seconds: int) -> tuple[int, int, int, int]:
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return days, hour, minute, second


def moment(value: datetime | None, language: Language, *, zone: tzinfo) -> str:
    """Date and time to the second, with the name of its zone."""
    if value is None:
        return DASH
    try:
        local = value.astimezone(zone)
    except (OverflowError, ValueError):  # year 1 or 9999, pushed over the edge by the zone
        return value.replace(microsecond=0).isoformat()
    return f"{_dated(value, DATE_TIME[language], language=language, zone=zone)} {local.tzname()}"


def utc(value: datetime | None) -> str:
    """Date and time in UTC, as a search counts its days, whatever the reader's zone is."""
    return DASH if value is None else f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def minute(value: datetime | None, language: Language, *, zone: tzinfo) -> str:
    """Date and time to the minute, without a zone: for places where one stands close by."""
    return _dated(value, DATE_MINUTE[language], language=language, zone=zone)


def zoned_minute(value: datetime | None, language: Language, *, zone: tzinfo) -> str:
    """Date and time to the minute, with the name of its zone."""
    written = minute(value, language, zone=zone)
    try:
        return f"{written} {value.astimezone(zone).tzname()}" if value else written
    except (OverflowError, ValueError):  # as in `moment`
        return written


def day(value: datetime | None, language: Language, *, zone: tzinfo) -> str:
    """The date alone."""
    return _dated(value, DATE[language], language=language, zone=zone)


def month_day(value: datetime | None, language: Language, *, zone: tzinfo) -> str:
    """The date without its year: for axes."""
    return _dated(value, DAY_OF_MONTH[language], language=language, zone=zone)


def hour(value: datetime | None, language: Language, *, zone: tzinfo) -> str:
    """The time of day to the minute: for axes."""
    return _dated(value, "HH:mm", language=language, zone=zone)


def clock(value: datetime | None, language: Language, *, zone: tzinfo) -> str:
    """The time of day to the second."""
    return _dated(value, "HH:mm:ss", language=language, zone=zone)


def _dated(value: datetime | None, pattern: str, *, language: Language, zone: tzinfo) -> str:
    if value is None:
        return DASH
    try:
        return format_datetime(value, pattern, tzinfo=zone, locale=language)
    except (OverflowError, ValueError):  # year 1 or 9999, pushed over the edge by the zone
        return value.replace(microsecond=0).isoformat()


def zone_name(value: datetime | None, _: Language, *, zone: tzinfo) -> str:
    """What the reader's zone is called at that time: CET or CEST."""
    return DASH if value is None else value.astimezone(zone).tzname() or DASH


def ago(value: datetime | None, language: Language, *, now: datetime) -> str:
    """ "3 minutes ago"; "in 3 minutes" for the future."""
    if value is None:
        return DASH
    return format_timedelta(value - now, add_direction=True, locale=language)


def zone_named(name: str | None) -> tzinfo:
    """The zone of that IANA name; UTC when it is unknown or no name at all."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder's or overlong name
        return UTC


def plain(text: str | None) -> str:
    """Text of unknown make with every invisible or direction-changing character made visible.

    Escaping is the template's; this keeps a subject from reversing or swallowing its neighbours.
    """
    if text is None:
        return ""
    if text.isprintable() and text.isascii():
        return text
    return "".join(REPLACEMENT if _misleads(character) else character for character in text)


def _misleads(character: str) -> bool:
    if character in "\n\t":
        return False
    return character in DIRECTION_CHARACTERS or unicodedata.category(character) in {"Cc", "Cs"}


def shortened(text: str | None, most: int = LONGEST_WORD) -> str:
    """The beginning of a text; what is left out is shown by dots."""
    return text or "" if text is None or len(text) <= most else f"{text[:most]}…"


def pieces(marked: Marked) -> Iterator[tuple[str, bool]]:
    """A marked text as runs of (text, is it a hit), in order."""
    at = 0
    for start, stop in marked.ranges:
        if start > at:
            yield marked.text[at:start], False
        yield marked.text[start:stop], True
        at = stop
    if at < len(marked.text):
        yield marked.text[at:], False
