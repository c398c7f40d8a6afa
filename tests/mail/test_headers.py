"""Rows 32 to 48 of bad-input.md, "Headers, dates, encodings", as far as headers go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mail.envelope import DateSource
from mail.message import Limits, read_message
from tests.mail.builders import SINGLE, defect_kinds, raw_message, read, read_header

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


def senders(value: str) -> list[tuple[str | None, str]]:
    return [(one.name, one.address) for one in read_header(f"From: {value}").envelope.senders]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Ann <a@b.c>", [("Ann", "a@b.c")]),
        ('"Lee, Ann" <a@b.c>, bob@x.y', [("Lee, Ann", "a@b.c"), (None, "bob@x.y")]),
        ("Team: Ann <a@b>, c@d;", [("Ann", "a@b"), (None, "c@d")]),
        ("undisclosed-recipients:;", []),
        ("a@b (Ann (the first))", [("Ann (the first)", "a@b")]),
        ("Pete(A nice \\) chap) <pete(his)@silly.test(host)>", [("Pete", "pete@silly.test")]),
        ("ann at example.org (Ann Lee)", [("Ann Lee", "ann@example.org")]),
        ("<<a@b>>", [(None, "a@b")]),
        ('"=?utf-8?q?J=C3=B6rg?=" <j@x>', [("Jörg", "j@x")]),
        ("=?utf-8?q?Lee=2C_Ann?= <a@b>, c@d", [("Lee, Ann", "a@b"), (None, "c@d")]),
        ("=?utf-8?q?Ann_=3Ca=40b=3E?=", [("Ann", "a@b")]),
        ("Big Bug bb@bug.com", [("Big Bug", "bb@bug.com")]),
        ("a@b; c@d", [(None, "a@b"), (None, "c@d")]),
        ("Foo <f@b>, , Baz <b@q> <x@y>", [("Foo", "f@b"), ("Baz", "b@q"), (None, "x@y")]),
        ('"unclosed <a@b>', [("unclosed", "a@b")]),
        ("<@one,@two:c@d>", [(None, "c@d")]),
    ],
)
def test_addresses_are_read_in_every_shape(
    value: str, expected: list[tuple[str | None, str]]
) -> None:
    assert senders(value) == expected


def test_what_is_no_address_is_kept_as_written_and_said() -> None:
    message = read_header("From: MAILER-DAEMON")

    assert [one.address for one in message.envelope.senders] == ["MAILER-DAEMON"]
    assert "address_malformed" in defect_kinds(message)


def test_several_from_and_to_fields_are_all_read() -> None:
    envelope = read_header("To: a@b", "To: c@d, e@f", "From: x@y", "From: z@w").envelope

    assert [one.address for one in envelope.to] == ["a@b", "c@d", "e@f"]
    assert [one.address for one in envelope.senders] == ["x@y", "z@w"]


def test_row_47_thousands_of_addresses_are_capped_and_counted() -> None:
    people = ", ".join(f"a{number}@b.c" for number in range(3000))

    message = read_header(f"To: {people}")

    assert len(message.envelope.to) == Limits().addresses
    assert [one.what for one in message.defects if one.kind == "addresses_cut"] == [
        "3000 addresses"
    ]


@pytest.mark.parametrize("shape", ["a{}@example.org", '"A, {}" <a{}@example.org>', "a{}@x (A)"])
def test_row_47_addresses_beyond_64_kilobytes_are_counted_and_never_torn(shape: str) -> None:
    people = [shape.format(number, number) + " " * 60 for number in range(5000)]

    few, many = (
        read_header("To: " + ", ".join(people[:1200])),
        read_header("To: " + ",".join(people)),
    )

    assert [len(few.envelope.to), len(many.envelope.to)] == [1200, 2000]
    assert "addresses_cut" not in defect_kinds(few)
    assert [one.what for one in many.defects if one.kind == "addresses_cut"] == ["5000 addresses"]
    assert all(one.address.startswith("a") and "@" in one.address for one in many.envelope.to)


def test_row_47_a_subject_of_megabytes_is_cut_and_said() -> None:
    message = read_header("Subject: " + "x" * 900_000)

    assert message.envelope.subject == "x" * Limits().subject_characters
    assert "value_cut" in defect_kinds(message)


def test_row_47_a_header_beyond_the_limit_tears_no_address() -> None:
    people = ",\n ".join(f"a{number}@example.org" for number in range(60_000))

    message = read_header(f"To: {people}")

    assert {"header_too_large", "addresses_cut"} <= defect_kinds(message)
    assert all(one.address.endswith("@example.org") for one in message.envelope.to)


def test_row_47_a_header_of_megabytes_is_read_up_to_the_limit() -> None:
    folds = "\n " + "\n ".join("x" * 70 for _ in range(40_000))

    message = read_message(raw_message("body\n", headers=f"X-Long:{folds}\n"), rule=SINGLE)

    assert "header_too_large" in defect_kinds(message)
    assert message.text == "body"


def test_row_12_headers_with_no_blank_line_after_them_end_at_the_first_other_line() -> None:
    message = read(b"Subject: x\nFrom: a@b\nHello there,\nthis is text.\n\nMore.\n")

    assert message.envelope.subject == "x"
    assert message.text == "Hello there,\nthis is text.\n\nMore."
    assert "header_end_missing" in defect_kinds(message)


def test_a_lone_name_is_no_field_whether_or_not_it_was_met_before() -> None:
    read_header("X-Met-Before: yes")

    for name in ("X-Met-Before", "X-Never-Met"):
        assert defect_kinds(read_header("From: a@example.org", name)) >= {"header_end_missing"}


def test_a_fold_that_lost_its_blank_does_not_end_the_headers() -> None:
    message = read(b"Subject: a long\nsubject\nFrom: a@b\nTo: c@d\n\nHello.\n")

    assert message.envelope.subject == "a long subject"
    assert message.text == "Hello."
    assert "header_line_broken" in defect_kinds(message)


def test_a_separator_among_the_headers_is_skipped_and_said() -> None:
    message = read(b">From ann@example.org Mon Jan  5 10:00:00 2015\nSubject: x\n\nHello.\n")

    assert message.envelope.subject == "x"
    assert "stray_separator" in defect_kinds(message)


def test_references_and_replies_are_lists_of_ids() -> None:
    envelope = read_header(
        "In-Reply-To: Your message <a@b> of Monday", "References: <a@b>\n\t<c@d> <a@b>"
    ).envelope

    assert envelope.in_reply_to == ("a@b",)
    assert envelope.references == ("a@b", "c@d")


def test_the_list_and_the_thread_are_read() -> None:
    envelope = read_header(
        "List-Id: People of Perl <london.pm.org>", "X-GM-THRID: 1832456789012345678"
    ).envelope

    assert (envelope.list_id, envelope.thread_id) == ("london.pm.org", "1832456789012345678")


@pytest.mark.parametrize(
    ("value", "labels"),
    [
        ("Inbox,Work/Big Project", ("Inbox", "Work/Big Project")),
        ('"Rome, Italy",Inbox', ("Rome, Italy", "Inbox")),
        ("받은편지함,중요,가족", ("Inbox", "Important", "가족")),
        ("=?UTF-8?B?67Cb7J2A7Y647KeA7ZWo?=,Work", ("Inbox", "Work")),
        ("=?UTF-8?Q?Family=2CWork?=\n =?UTF-8?Q?,=EA=B0=80=EC=A1=B1?=", ("Family", "Work", "가족")),
        ("Inbox,\n Very long\n label,inbox", ("Inbox", "Very long label", "inbox")),
        ("Posteingang", ("Inbox",)),
        ("스팸", ("Spam",)),
        ("", ()),
    ],
)
def test_row_48_labels_are_decoded_before_they_are_split(
    value: str, labels: tuple[str, ...]
) -> None:
    assert read_header(f"X-Gmail-Labels: {value}").envelope.labels == labels


def test_row_48_every_field_of_labels_is_read() -> None:
    message = read_header("X-Gmail-Labels: Inbox,Work", "X-Gmail-Labels: Work,Home")

    assert message.envelope.labels == ("Inbox", "Work", "Home")


def test_row_48_hundreds_of_labels_are_kept() -> None:
    names = tuple(f"Label {number}" for number in range(400))

    assert read_header("X-Gmail-Labels: " + ",".join(names)).envelope.labels == names
