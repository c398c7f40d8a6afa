"""Rows 1 to 14 of bad-input.md, "Boundaries and file shape", and the rules an operator sees."""

from __future__ import annotations

import pytest

from mail.mbox import Rule, SpanKind
from mail.rule import Dialect, Quoting
from tests.mail.builders import (
    SEPARATOR,
    count_messages,
    detected,
    found_spans,
    mbox_of,
    message_offsets,
    raw_message,
    read_all,
)

GOOD = raw_message()


def two_with(separator: bytes) -> bytes:
    return mbox_of(GOOD, GOOD, separator=separator)


def test_row_1_a_from_line_inside_a_paragraph_does_not_start_a_message() -> None:
    mbox = mbox_of(raw_message("We set off.\n\nFrom now on, uphill.\nNote: steep.\n"))

    assert count_messages(mbox) == 1


def test_row_1_suspicious_lines_are_counted_and_shown() -> None:
    detection = detected(mbox_of(raw_message("We set off.\n\nFrom now on, uphill.\n")))

    assert detection.counts["suspicious"] == 1
    assert [one.line for one in detection.disagreements] == ["From now on, uphill."]
    assert not detection.disagreements[0].boundary


def test_row_2_a_quoted_git_patch_does_not_start_a_message() -> None:
    patch = "From " + "a" * 40 + " Mon Sep 17 00:00:00 2001\nFrom: Ann <ann@example.org>\n"

    assert count_messages(mbox_of(raw_message(f"See:\n\n{patch}Subject: x\n\n---\n"))) == 1


def test_row_2_a_file_of_git_patches_is_split_at_them() -> None:
    separator = b"From " + b"a" * 40 + b" Mon Sep 17 00:00:00 2001\n"

    assert count_messages(two_with(separator)) == 2


@pytest.mark.parametrize("separator", [b"From \n", b"From - Wed Nov 01 10:00:00 2006\n"])
def test_row_3_bare_separators_start_messages_before_a_header_field(separator: bytes) -> None:
    assert count_messages(two_with(separator)) == 2


def test_row_3_a_bare_separator_in_a_dated_file_starts_a_message_before_two_fields() -> None:
    inside = "From \nFrom: a@b\nSubject: b\n\ny\n"

    assert count_messages(mbox_of(raw_message("One.\n\n" + inside), GOOD)) == 3
    assert count_messages(mbox_of(raw_message("One.\n" + inside), GOOD)) == 2
    assert count_messages(mbox_of(raw_message("One.\n\nFrom \nNote: x\n\ny\n"), GOOD)) == 2


@pytest.mark.parametrize("line", ["From root", "From"])
def test_row_3_a_name_alone_separates_only_in_a_file_that_begins_so(line: str) -> None:
    separator = f"{line}\n".encode()

    assert count_messages(two_with(separator)) == 2
    assert count_messages(mbox_of(raw_message(f"One.\n\n{line}\n{GOOD.decode()}"), GOOD)) == 2


def test_row_4_gmail_separators_have_the_zone_before_the_year() -> None:
    mbox = two_with(b"From 1832456789012345678@xxx Fri May 23 16:35:53 +0000 2025\n")

    assert count_messages(mbox) == 2
    assert detected(mbox).rule.dialect is Dialect.GMAIL


def test_row_4_the_date_of_a_gmail_separator_is_read_as_utc() -> None:
    separator = b"From 1832456789012345678@xxx Fri May 23 16:35:53 +0000 2025\n"
    message = read_all(mbox_of(b"Subject: no date\n\nx\n", separator=separator))[0]

    assert message.envelope.sent_at is not None
    assert message.envelope.sent_at.isoformat() == "2025-05-23T16:35:53+00:00"


@pytest.mark.parametrize(
    "separator",
    [
        b"From ann@example.org Mon Jan  5 10:00:00 MET 2015\n",
        b"From ann@example.org Mon Jan  5 10:00:00 GMT+09:00 2015\n",
        b"From ann@example.org Mon Jan  5 10:00:00 Asia/Seoul 2015\n",
        b"From ann@example.org Mon Jan  5 10:00 2015\n",
        b"From ann@example.org Mon Jan  5 10:00:00 2015 remote from uucphost\n",
        b"From ann@example.org Mon, 05 Jan 2015 10:00:00 +0100\n",
        b"From ann@example.org 2015-01-05T10:00:00Z\n",
        b"From ann at example.org  Mon Jan  5 10:00:00 2015\n",
        b'From "Ann Lee"@example.org Mon Jan  5 10:00:00 2015\n',
    ],
)
def test_row_5_separators_of_every_usual_shape_start_messages(separator: bytes) -> None:
    assert count_messages(two_with(separator)) == 2


def test_row_6_mboxrd_loses_exactly_one_quote() -> None:
    texts = [one.text for one in read_all(mbox_of(raw_message(">From a\n>>From b\n> From c\n")))]

    assert texts == ["From a\n>From b\n> From c"]


def test_row_6_mboxo_keeps_what_its_writer_did_not_quote() -> None:
    mbox = mbox_of(raw_message("a\n>From b\n>>From c\nFrom d is plain\n"))

    assert detected(mbox).rule.quoting is Quoting.MBOXO
    assert read_all(mbox)[0].text == "a\nFrom b\n>>From c\nFrom d is plain"


def test_a_quote_is_undone_only_at_the_beginning_of_a_line() -> None:
    mbox = mbox_of(raw_message(">From a\nb >From c\nd>>From e\n >From f\n>>From g\n"))

    assert read_all(mbox)[0].text == "From a\nb >From c\nd>>From e\n >From f\n>From g"


@pytest.mark.parametrize("front", [b">" + SEPARATOR, b""])
def test_row_7_a_first_separator_that_is_escaped_or_missing_loses_no_message(front: bytes) -> None:
    mbox = front + GOOD + b"\n" + mbox_of(GOOD)

    assert message_offsets(mbox) == [0, len(front + GOOD) + 1]


def test_row_7_any_line_before_a_header_at_the_front_is_its_separator() -> None:
    found = found_spans(b"From the desk of Ann\n" + GOOD)

    assert [(span.kind, span.separator_length) for span in found] == [(SpanKind.MESSAGE, 21)]


def test_row_7_what_is_no_mail_before_the_first_separator_is_preamble() -> None:
    mbox = b"This folder was exported.\n\n" + mbox_of(GOOD)

    assert [span.kind for span in found_spans(mbox)] == [SpanKind.PREAMBLE, SpanKind.MESSAGE]


def with_length(length: int) -> bytes:
    body = f"Quoted:\n\n{SEPARATOR.decode()}From: x\n\nstill the first\n"
    return raw_message(body, headers=f"Content-Length: {length}\n")


TRUE_LENGTH = len(with_length(0).partition(b"\n\n")[2])


def test_row_8_a_content_length_that_lands_on_a_separator_is_believed() -> None:
    assert count_messages(mbox_of(with_length(TRUE_LENGTH), GOOD)) == 2


@pytest.mark.parametrize("length", [0, 7, TRUE_LENGTH + 5, 10**14])
def test_row_8_a_content_length_that_lands_nowhere_is_ignored(length: int) -> None:
    assert count_messages(mbox_of(with_length(length), GOOD)) == 3


def test_row_9_a_separator_without_a_blank_line_before_it_is_accepted() -> None:
    mbox = SEPARATOR + GOOD + SEPARATOR + GOOD

    assert count_messages(mbox) == 2
    assert [one.reason for one in detected(mbox).disagreements] == ["no blank line before it"]


def test_row_2_another_dialect_keeps_git_patches_apart() -> None:
    patches = two_with(b"From " + b"a" * 40 + b" Mon Sep 17 00:00:00 2001\n")

    assert count_messages(patches, Rule.of(Dialect.MBOXRD, seen=detected(patches).rule)) == 2


def test_a_byte_order_mark_does_not_change_the_dialect() -> None:
    assert detected(b"\xef\xbb\xbf" + mbox_of(GOOD)).rule.dialect is Dialect.MBOXRD


def test_a_file_without_separators_is_one_message() -> None:
    found = found_spans(GOOD)

    assert detected(GOOD).rule.dialect is Dialect.SINGLE
    assert [(span.offset, span.length, span.separator_length) for span in found] == [
        (0, len(GOOD), 0)
    ]


def test_a_message_that_has_another_inside_with_its_separator_stays_whole() -> None:
    inner = b"Content-Type: message/rfc822\n\n" + SEPARATOR + GOOD
    outer = raw_message(
        b"--cut\n\n" + b"text\n--cut\n" + inner + b"\n--cut--\n",
        headers='Content-Type: multipart/mixed;\n boundary="cut"\n',
    )

    assert count_messages(outer) == 1


def test_a_file_without_mail_is_one_preamble() -> None:
    assert [span.kind for span in found_spans(b"just text\n" * 10)] == [SpanKind.PREAMBLE]


@pytest.mark.parametrize(
    ("mark", "dialect"),
    [
        ("X-Mozilla-Status: 0001\n", Dialect.THUNDERBIRD),
        ("X-Gmail-Labels: Inbox\n", Dialect.GMAIL),
        ("X-Google-Group-Id: 123\n", Dialect.GROUPS),
    ],
)
def test_a_program_that_leaves_its_fields_is_recognised(mark: str, dialect: Dialect) -> None:
    mbox = mbox_of(raw_message(headers=mark), raw_message(headers=mark))

    assert detected(mbox).rule.dialect is dialect


def test_row_31_a_google_groups_file_is_recognised_by_its_content() -> None:
    separator = b"From 1832456789012345678@xxx Fri May 23 16:35:53 +0000 2025\n"
    post = raw_message(headers="X-Google-Group-Id: 123\n")

    assert detected(mbox_of(post, post, separator=separator)).rule.dialect is Dialect.GROUPS


@pytest.mark.parametrize("dialect", list(Dialect))
def test_a_rule_survives_being_kept_as_json(dialect: Dialect) -> None:
    rule = Rule.of(dialect)

    assert Rule.from_json(rule.to_json()) == rule
    assert (
        Rule.from_json(
            {
                key: str(value) if isinstance(value, str) else value
                for key, value in rule.to_json().items()
            }
        )
        == rule
    )


def test_the_detector_counts_what_each_rule_would_call_a_boundary() -> None:
    mbox = mbox_of(GOOD, raw_message("a\n>From b\n\nFrom now on\n"))

    counts = detected(mbox).to_json()["counts"]

    assert counts["from_lines"] == 3
    assert counts["after_blank_line"] == 3
    assert counts["dated_separators"] == 2
    assert counts["escaped_once"] == 1
