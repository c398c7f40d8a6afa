"""Rows 10 to 14 of bad-input.md: line ends, files that break off, empty ones."""

from __future__ import annotations

import pytest

from mail.mbox import BytesSource, Rule, SpanKind, detect, spans
from mail.rule import Dialect, LineEnd
from tests.mail.builders import (
    SEPARATOR,
    count_messages,
    defect_kinds,
    detected,
    found_spans,
    mbox_of,
    multipart,
    raw_message,
    read_all,
    text_part,
)

GOOD = raw_message()


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_row_10_every_line_end_gives_the_same_messages(line_end: bytes) -> None:
    mbox = mbox_of(GOOD, raw_message("a\nb\n")).replace(b"\n", line_end)

    messages = read_all(mbox)

    assert [one.text for one in messages] == ["Hello.", "a\nb"]
    assert messages[0].envelope.subject == "Hello"


def test_row_10_mixed_line_ends_are_split_alike() -> None:
    mbox = (
        mbox_of(GOOD).replace(b"\n", b"\r") + mbox_of(GOOD) + mbox_of(GOOD).replace(b"\n", b"\r\n")
    )

    assert detected(mbox).rule.line_end is LineEnd.MIXED
    assert count_messages(mbox) == 3


def test_row_10_a_byte_order_mark_before_the_first_separator_is_preamble() -> None:
    found = found_spans(b"\xef\xbb\xbf" + mbox_of(GOOD))

    assert [(span.kind, span.offset) for span in found] == [
        (SpanKind.PREAMBLE, 0),
        (SpanKind.MESSAGE, 3),
    ]


def test_row_10_a_carriage_return_too_many_changes_nothing() -> None:
    mbox = mbox_of(GOOD, GOOD, raw_message("a\nb\n")).replace(b"\n", b"\r\r\n")

    messages = read_all(mbox)

    assert [one.text for one in messages] == ["Hello.", "Hello.", "a\nb"]
    assert detected(mbox).rule.line_end is LineEnd.DOUBLED


@pytest.mark.parametrize("rest", [b"\n", b"\r\n"])
def test_row_10_a_long_first_message_with_other_line_ends_hides_no_separator(rest: bytes) -> None:
    first = mbox_of(raw_message("a line\n" * 4000)).replace(b"\n", b"\r")

    assert count_messages(first + mbox_of(GOOD, GOOD, GOOD).replace(b"\n", rest)) == 4


@pytest.mark.parametrize("line_end", [b"\r", b"\r\r\n"])
def test_row_10_another_dialect_keeps_the_line_ends_of_the_file(line_end: bytes) -> None:
    mbox = mbox_of(GOOD, GOOD, GOOD).replace(b"\n", line_end)

    assert count_messages(mbox, Rule.of(Dialect.MBOXO, seen=detected(mbox).rule)) == 3


def test_row_11_trailing_nuls_are_a_trailer() -> None:
    mbox = mbox_of(GOOD, GOOD)

    found = found_spans(mbox + bytes(4096))

    assert [span.kind for span in found][-1] is SpanKind.TRAILER
    assert (found[-1].offset, found[-1].length) == (len(mbox), 4096)


def test_row_11_a_file_cut_off_in_the_middle_keeps_its_last_message() -> None:
    mbox = mbox_of(GOOD, raw_message("A long story.\n" * 50))

    messages = read_all(mbox[:-200])

    assert len(messages) == 2
    assert messages[1].text.startswith("A long story.")


def test_row_11_a_message_before_trailing_nuls_is_truncated() -> None:
    first, last = read_all(mbox_of(GOOD, GOOD) + bytes(4096))

    assert "truncated" not in defect_kinds(first)
    assert "truncated" in defect_kinds(last)


def test_row_11_a_message_shorter_than_its_content_length_is_truncated() -> None:
    whole = mbox_of(raw_message("A long story.\n" * 50, headers="Content-Length: 700\n"))

    assert [defect_kinds(one) & {"truncated"} for one in read_all(whole)] == [set()]
    assert [defect_kinds(one) & {"truncated"} for one in read_all(whole[:-200])] == [{"truncated"}]


def test_row_11_a_multipart_that_ends_within_a_line_is_truncated() -> None:
    mbox = mbox_of(multipart(text_part("One."), text_part("Two, to be continued.")))

    assert "truncated" not in defect_kinds(read_all(mbox)[0])
    assert "truncated" in defect_kinds(read_all(mbox[:-20])[0])


def test_row_12_a_line_of_many_megabytes_hides_no_separator() -> None:
    long = b"x" * (9 << 20)

    assert count_messages(mbox_of(raw_message(long + b"\n"), GOOD)) == 2


def test_row_13_a_separator_on_a_read_block_edge_is_found() -> None:
    mbox = mbox_of(GOOD, raw_message("a\n\nFrom here on\n"), GOOD)
    source = BytesSource(mbox)
    rule = detect(source).rule
    whole = list(spans(source, rule))

    for block_bytes in range(1, 120):
        assert list(spans(source, rule, block_bytes=block_bytes)) == whole


def test_row_14_an_empty_file_has_no_spans() -> None:
    assert found_spans(b"") == []
    assert detected(b"").rule.dialect is Dialect.NONE


def test_row_14_a_file_of_one_separator_is_one_empty_message() -> None:
    found = found_spans(SEPARATOR)

    assert [(span.kind, span.length) for span in found] == [(SpanKind.MESSAGE, len(SEPARATOR))]


def test_row_14_empty_messages_are_messages() -> None:
    assert count_messages(SEPARATOR + b"\n" + SEPARATOR + b"\n" + mbox_of(GOOD)) == 3


def test_row_14_separators_back_to_back_are_empty_messages() -> None:
    assert [span.length for span in found_spans(SEPARATOR * 3)] == [len(SEPARATOR)] * 3
    assert count_messages(SEPARATOR * 3 + GOOD) == 3
