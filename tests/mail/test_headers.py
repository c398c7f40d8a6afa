"""Rows 32 to 48 of bad-input.md, "Headers, dates, encodings", as far as headers go."""

from __future__ import annotations

import pytest

from mail.message import Limits, read_message
from tests.mail.builders import SINGLE, defect_kinds, raw_message, read, read_header


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


def test_row_47_a_name_or_address_longer_than_is_kept_is_said_to_be_cut() -> None:
    message = read_header(f"From: {'n' * 700} <{'a' * 600}@example.org>")

    [sender] = message.envelope.senders
    told = [one.what for one in message.defects if (one.kind, one.where) == ("value_cut", "From")]
    assert (sender.name, sender.address) == ("n" * 500, "a" * 500)
    assert told == ["500 of 700 characters kept", "500 of 612 characters kept"]
    assert "value_cut" not in defect_kinds(read_header(f"From: {'n' * 500} <a@b.example>"))


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
    assert envelope.list_description == "People of Perl"


@pytest.mark.parametrize(
    ("value", "list_id", "description"),
    [
        ("<walks.example.org>", "walks.example.org", None),
        ("walks.example.org", "walks.example.org", None),
        ('"Long walks, all year" <walks.example.org>', "walks.example.org", "Long walks, all year"),
        ('"The \\"long\\" walks" <walks.example.org>', "walks.example.org", 'The "long" walks'),
        ('"Long" and "short" <walks.example.org>', "walks.example.org", '"Long" and "short"'),
        ("Long walks\r\n <walks.example.org>", "walks.example.org", "Long walks"),
        ("=?euc-kr?B?u+rH4CC48MDT?= <walks.example.org>", "walks.example.org", "산행 모임"),
        ("=?utf-8?q?Walks_=3Clong=3E?= <walks.example.org>", "walks.example.org", "Walks <long>"),
        ("<>", "<>", None),
        ("<walks.example.org> <", "walks.example.org", None),
        ('<walks.example.org> "Foo <x"', "walks.example.org", None),
        ("<walks.example.org>, <boats.example.org>", "walks.example.org", None),
        ("Walks <long> <walks.example.org", "long", "Walks"),
    ],
)
def test_a_list_has_an_identifier_and_may_have_a_description(
    value: str, list_id: str, description: str | None
) -> None:
    envelope = read_header(f"List-Id: {value}").envelope

    assert (envelope.list_id, envelope.list_description) == (list_id, description)


def test_raw_bytes_in_a_lists_description_are_guessed_as_in_any_header() -> None:
    message = read_header("List-Id: 산행 모임 안내 <walks.example.org>".encode("cp949"))

    assert message.envelope.list_description == "산행 모임 안내"
    assert "charset_guessed" in defect_kinds(message)


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


def test_the_fixed_date_of_git_patches_says_nothing_of_when_they_were_sent() -> None:
    separator = b"From " + b"a1" * 20 + b" Mon Sep 17 00:00:00 2001\n"
    raw = b"From: ann@example.org\nDate: Tue, 5 Mar 2024 10:00:00 +0000\n\nx\n"

    dated = read(raw, separator=separator).envelope
    undated = read(b"Subject: x\n\nx\n", separator=separator).envelope

    assert dated.date_plausible
    assert undated.sent_at is None
