"""Mail written to hold a reader up: the work stays in proportion to the bytes.

Each pump repeats a fragment on which some pattern could start over at every place. At four times
the size, a reader that takes the square of it would need sixteen times as long, far beyond the
ceiling; one in proportion stays far below it on any machine.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import pytest

from mail.html import visible_text
from mail.mbox import BytesSource, detect, spans
from mail.message import Limits, body_html, read_message
from mail.rule import Dialect, Rule
from mail.text import nfc_clean, tokens, unflowed
from tests.mail.builders import SEPARATOR, SINGLE, defect_kinds, read, read_header

CEILING_SECONDS = 12.0
SIZES = (30_000, 120_000)

FRAGMENTS = [
    b" ", b"\t", b"a", b"a ", b"a.", b"a,", b"a@", b"a@:", b"a;", b"a=", b"a*0*=b;", b"<", b"<a",
    b"<a>", b"(", b"(a", b")", b"[", b'"', b'"a\\', b'a="\\";', b"=?", b"=?a?q?x ", b"=?a?q?x?=",
    b"=?a*a", b"=?utf-8?b?YQ==?= ", b"\xff", b"\x0e>", b"\x1b$B!", b"1", b"1:", b"&#1", b"=", b"= ",
    b"a?", b">", b"\\(", b"\0", b"--", b"a at ", "\u0301\u0327".encode(), "가a".encode(),
]  # fmt: skip
FIELDS = [
    b"From", b"To", b"Subject", b"Date", b"Received", b"Message-ID", b"References", b"List-Id",
    b"X-Gmail-Labels", b"X-GM-THRID", b"Content-Type", b"Content-Type: text/plain; a",
    b"Content-Disposition: attachment; filename", b"Content-ID", b"Content-Transfer-Encoding",
    b"X-Mozilla-Status",
]  # fmt: skip
LINES = [
    b"\n", b" \n", b"a\n", b"a: b\n", b"a: b\r", b"From x\n", b">From x\n", b"From \n", b"--B\n",
    b"--B \t", b"--B--\n", b"--\n", b"--B\n\n", b"M\n", b"QUJD\n!", b"A=", b"begin 644 a\n",
    b"begin 644 a\nM\n", b"=ybegin line=1 name=a\n", b"=ybegin line=1 name=a\n\xff\n", b"=y",
    b"Content-Type: message/rfc822\n\n", b"--B\nContent-Type: multipart/mixed; boundary=B\n\n",
    b"--x" + b" " * 1000 + b"y\n", b"> x \n", b"x \n", b"<a", b"<a b='", b"<b><p>", b"<div></x>",
    b"<!--", b"<style>/*", b"a " * 20 + b"b=c ", b"\xb0\xa1\xff", b"From \nTo: a\n\n",
]  # fmt: skip
BODIES = [
    b"",
    b"Content-Type: multipart/mixed; boundary=B\n",
    b"Content-Type: multipart/mixed\n",
    b"Content-Type: text/html\n",
    b"Content-Type: text/enriched\n",
    b"Content-Type: text/plain; format=flowed\n",
    b"Content-Type: text/plain; charset=iso-2022-kr\n",
    b"Content-Transfer-Encoding: base64\n",
    b"Content-Transfer-Encoding: quoted-printable\n",
    b"Content-Transfer-Encoding: x-uuencode\n",
]


def read_everything(raw: bytes) -> None:
    """All readers of a message, and the boundary scan with it as an mbox."""
    tokens(read_message(raw, rule=Rule.of(Dialect.MBOXRD)).text)
    body_html(raw, rule=SINGLE)
    source = BytesSource(SEPARATOR + raw)
    list(spans(source, detect(source).rule))


def assert_bounded(work: Callable[[int], object]) -> None:
    for size in SIZES:
        begun = time.process_time()
        work(size)
        assert time.process_time() - begun < CEILING_SECONDS, size


def pumped(fragment: bytes, size: int) -> bytes:
    return fragment * (size // len(fragment) + 1)


@pytest.mark.parametrize("field", FIELDS, ids=bytes.decode)
@pytest.mark.parametrize("closed", [b"", b"x", b'?=>)"'], ids=["open", "x", "closed"])
def test_no_header_takes_more_than_its_length(field: bytes, closed: bytes) -> None:
    def work(size: int) -> None:
        for fragment in FRAGMENTS:
            head = field + (b"=" if b";" in field else b": ")
            value = pumped(fragment, size // len(FRAGMENTS))
            read_everything(b"From: a@b\n" + head + value + closed + b"\n\nx\n")

    assert_bounded(work)


@pytest.mark.parametrize("head", BODIES, ids=bytes.decode)
@pytest.mark.parametrize("closed", [b"", b"!"], ids=["open", "!"])
def test_no_body_takes_more_than_its_length(head: bytes, closed: bytes) -> None:
    def work(size: int) -> None:
        for fragment in LINES + FRAGMENTS:
            pump = pumped(fragment, size // 8)
            read_everything(b"From: a@b\n" + head + b"\nx\n" + pump + closed)

    assert_bounded(work)


@pytest.mark.parametrize(
    "raw",
    [
        b"List-Id: <" + b" " * 60_000 + b"x\n\n",
        b"List-Id: " + b"<" * 200_000 + b"\n\n",
        b"Content-Type: text/plain; " + b"a" * 400_000 + b"\n\n",
        b"Subject: " + b"=?a?q?x " * 50_000 + b"\n\n",
        b"Subject: =?a?q?" + b"\xff" * 200_000 + b"\n\n",
        b"From: " + b"=?a?q?x " * 50_000 + b"\n\n",
        b"References: " + b"a" * 800_000 + b"\n\n",
        b"From: " + b'"a\\' * 100_000 + b"\n\n",
        b"From: a" + b" " * 200_000 + b"b\n\n",
        b'From: "a' + b" " * 200_000 + b'b" c@d\n\n',
        b"To: " + b"a@:" * 100_000 + b"\n\n",
        b"Content-Transfer-Encoding: base64\n\n" + b" " * 400_000 + b"!",
        b"\n" + b"=ybegin line=1 name=a\n" * 100_000,
        b"Content-Type: multipart/mixed\n\n" + (b"--x" + b" " * 1000 + b"y\n") * 8_000,
        b"Content-Type: multipart/mixed; boundary=B\n\n" + (b"--B" + b" " * 100_000 + b"y\n") * 30,
        b"Content-Type: text/html\n\n<a " + b" ".join(b"a%d" % n for n in range(300_000)) + b">x",
        b"\na" + "\u0301\u0327".encode() * 400_000,
        b"Content-Type: text/plain; format=flowed\n\n" + b"x \n" * 900_000,
    ],
    ids=lambda raw: repr(raw[:40]),
)  # fmt: skip
def test_what_once_hung_a_reader_is_read(raw: bytes) -> None:
    begun = time.process_time()

    read_everything(b"X-First: x\n" + raw)

    assert time.process_time() - begun < CEILING_SECONDS


@pytest.mark.parametrize(
    "pump",
    ["<div></x>", "<b id=x><p>x</p>", "<font><p>", "<a b='<' c=\">\"", "&#11", "<b></p>", "<!--"],
)
def test_no_markup_takes_more_than_its_length(pump: str) -> None:
    assert_bounded(lambda size: visible_text("<p>" + pump * (size // len(pump))))


def test_styles_that_stay_open_are_not_made_anew_in_every_paragraph() -> None:
    opened = "<p>" + "".join(f"<b id={number}>" for number in range(1000)) + "</p>"

    assert_bounded(lambda size: visible_text(opened + "<p>x</p>" * (size // 8)))


def test_a_number_that_no_letter_has_is_no_error() -> None:
    assert visible_text("a &#" + "9" * 5000 + "; b") == "a \N{REPLACEMENT CHARACTER} b"


def test_marks_without_number_are_parted_and_stay_marks() -> None:
    text = nfc_clean("a" + "\u0301\u0327" * 100_000)

    assert text.startswith("á")
    assert len(tokens(text)) == 1


def test_flowed_text_is_joined_in_one_go() -> None:
    assert unflowed("x \n" * 300_000, delete_space=False) == "x " * 300_000


def test_labels_of_any_length_are_read() -> None:
    labels = read_header("X-Gmail-Labels: " + "x" * 140_000).envelope.labels

    assert [label[:3] for label in labels] == ["xxx"]


def test_findings_without_number_are_counted() -> None:
    message = read_header("From: " + ",".join(f"x{number}" for number in range(1900)))

    assert len(message.defects) <= 501
    assert message.defects[-1].kind == "defects_cut"


def test_a_message_stops_where_its_time_is_over() -> None:
    part = b"--B\nContent-Type: text/html\n\n<p>x\n"
    raw = b"Content-Type: multipart/mixed; boundary=B\n\n" + part * 50 + b"--B--\n"

    message = read_message(raw, rule=SINGLE, limits=Limits(seconds=-1))

    assert "time_cut" in defect_kinds(message)
    assert len(message.parts) <= 1


def test_row_24_messages_within_messages_say_where_they_were_cut() -> None:
    assert "depth_cut" in defect_kinds(read(b"Content-Type: message/rfc822\n\n" * 3000))


def test_thousands_of_people_who_never_come_again_do_not_fill_the_memory() -> None:
    lists = (",".join(f"{mail:x}.{one:x}<a@b>" for one in range(140)) for mail in range(800))
    tracemalloc.start()
    for people in lists:
        read(b"To: " + people.encode() + b"\n\nHello.\n")
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held < 16 << 20
