"""Rows 32 to 35 of bad-input.md: dates, and where they come from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mail.envelope import DateSource
from mail.message import read_message
from tests.mail.builders import SINGLE, defect_kinds, read, read_header

SENT = "Mon, 05 Jan 2015 10:00:00 +0000"


AT_TEN = datetime(2015, 1, 5, 10, tzinfo=UTC)


RECEIVED = "Received: from a by b; Mon, 05 Jan 2015 11:00:00 +0100"


def iso(*lines: str) -> str | None:
    sent_at = read_header(*lines).envelope.sent_at
    return sent_at.isoformat() if sent_at else None


@pytest.mark.parametrize(
    "date",
    ["", "now", "Mon, 05 Jan 2015 25:61:00 +0000", "32 Jan 2015 10:00:00 +0000", "99/99/99"],
)
def test_row_32_an_unusable_date_gives_way_to_the_received_field(date: str) -> None:
    message = read_header(f"Date: {date}", RECEIVED)

    assert message.envelope.sent_at == AT_TEN
    assert message.envelope.date_source is DateSource.RECEIVED
    assert defect_kinds(message) & {"date_missing", "date_unreadable"}


def test_row_32_then_to_the_separator() -> None:
    raw = b"Date: soon\nResent-Date: Tue, 06 Jan 2015 10:00:00 +0000\n\nx\n"

    message = read(raw, separator=b"From ann@example.org Mon Jan  5 10:00:00 2015\n")

    assert message.envelope.sent_at == AT_TEN
    assert message.envelope.date_source is DateSource.SEPARATOR


def test_row_32_then_to_the_resent_date() -> None:
    message = read_header(f"Resent-Date: {SENT}")

    assert message.envelope.sent_at == AT_TEN
    assert message.envelope.date_source is DateSource.RESENT_DATE


def test_row_32_and_at_last_to_none_never_to_the_present() -> None:
    message = read_header("Date: today")

    assert message.envelope.sent_at is None
    assert message.envelope.date_source is DateSource.NONE
    assert message.envelope.date_raw == "today"


@pytest.mark.parametrize(
    ("date", "utc"),
    [
        ("1999/01/31", "1999-01-31T00:00:00+00:00"),
        ("2004년 3월 5일 금요일 오후 3:04:05 +0900", "2004-03-05T06:04:05+00:00"),
        ("2004年3月5日 15:04:05 +0900", "2004-03-05T06:04:05+00:00"),
        ("1 Jan 2001 10:00:00 +9900", "2001-01-01T10:00:00+00:00"),
        ("Wed Dec 18 19:59:02 2002", "2002-12-18T19:59:02+00:00"),
        ("Fri May 23 16:35:53 +0200 2025", "2025-05-23T14:35:53+00:00"),
        ("Monday, January 5, 2009 3:04 PM", "2009-01-05T15:04:00+00:00"),
        ("2020-01-02T03:04:05Z", "2020-01-02T03:04:05+00:00"),
        ("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "1997-11-21T15:55:06+00:00"),
        ("Thu, 14 Aug 103 10:00:00 +0200", "2003-08-14T08:00:00+00:00"),
        ("Tue, 31 Dec 2002 23:59:60 +0000", "2002-12-31T23:59:59+00:00"),
        ("2004-03-05 오후 3:04", "2004-03-05T15:04:00+00:00"),
        ("2004-03-05 (금) 오후 3:04:05 +0900", "2004-03-05T06:04:05+00:00"),
        ("2004-03-05 금요일 오전 12:04", "2004-03-05T00:04:00+00:00"),
        ("2004년 3월 5일 15시", "2004-03-05T15:00:00+00:00"),
    ],
)
def test_row_32_dates_of_many_programs_are_read(date: str, utc: str) -> None:
    assert iso(f"Date: {date}") == utc


def test_row_32_a_date_whose_time_cannot_be_read_is_no_date() -> None:
    assert iso("Date: 2004-03-05 um 3:04", RECEIVED) == AT_TEN.isoformat()


def test_row_32_a_hop_beyond_the_last_one_is_passed_over() -> None:
    message = read_header(
        "Received: from b by c; Mon, 05 Jan 2015 11:00:00 +0100",
        "Received: from a by b; Mon, 05 Jan 2090 10:00:00 +0000",
    )

    assert message.envelope.sent_at == AT_TEN
    assert message.envelope.date_source is DateSource.RECEIVED


def test_row_32_a_second_date_stands_in_for_one_that_is_none() -> None:
    envelope = read_header("Date: soon", f"Date: {SENT}").envelope

    assert (envelope.sent_at, envelope.date_source) == (AT_TEN, DateSource.DATE)
    assert envelope.date_raw == SENT


def test_row_33_a_pm_is_not_dropped() -> None:
    assert iso("Date: 15 Dec 00 11:13:27 PM") == "2000-12-15T23:13:27+00:00"
    assert iso("Date: 15 Dec 00 12:13:27 AM") == "2000-12-15T00:13:27+00:00"


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        ("MEZ", 9),
        ("KST", 1),
        ("(GMT+00:00)", 10),
        ("EST", 15),
        ("GMT+2", 8),
        ("+0900 (KST)", 1),
        ("+09", 1),
        ("(KST)", 1),
        ("GMT+09:00", 1),
    ],
)
def test_row_34_zone_names_are_known(zone: str, hour: int) -> None:
    message = read_header(f"Date: Mon, 05 Jan 2015 10:00:00 {zone}")

    assert message.envelope.sent_at == AT_TEN.replace(hour=hour)
    assert "date_zone_unknown" not in defect_kinds(message)


@pytest.mark.parametrize("zone", ["-0000", "XYZ", "", "+9900"])
def test_row_34_an_unknown_zone_is_taken_as_utc_and_said(zone: str) -> None:
    date = f"Mon, 05 Jan 2015 10:00:00 {zone}".strip()

    message = read_header(f"Date: {date}")

    assert message.envelope.sent_at == AT_TEN
    assert message.envelope.date_raw == date
    assert "date_zone_unknown" in defect_kinds(message)


@pytest.mark.parametrize("year", [1900, 1970, 2006, 2040, 2150, 9999])
def test_row_35_a_date_outside_what_its_way_allows_is_implausible(year: int) -> None:
    message = read_header(f"Date: Thu, 05 Mar {year} 10:00:00 +0000", RECEIVED)

    assert message.envelope.sent_at is not None
    assert message.envelope.sent_at.year == year
    assert not message.envelope.date_plausible
    assert "date_implausible" in defect_kinds(message)


@pytest.mark.parametrize("days", [-900, -1, 0, 1])
def test_row_35_a_date_near_its_way_is_plausible(days: int) -> None:
    date = (AT_TEN + timedelta(days=days)).strftime("%a, %d %b %Y %H:%M:%S +0000")

    assert read_header(f"Date: {date}", RECEIVED).envelope.date_plausible


@pytest.mark.parametrize(("year", "plausible"), [(2026, True), (2040, False)])
def test_row_35_a_date_after_the_mbox_was_received_is_implausible(
    year: int, plausible: bool
) -> None:
    raw = f"Date: Fri, 15 Jan {year} 10:00:00 +0000\n\nx\n".encode()

    message = read_message(raw, rule=SINGLE, not_after=datetime(2026, 6, 1, tzinfo=UTC))

    assert message.envelope.date_plausible is plausible
    assert ("date_implausible" in defect_kinds(message)) is not plausible


def test_row_35_year_zero_is_no_date() -> None:
    assert iso("Date: Mon, 05 Jan 0000 10:00:00 +0000") is None
