"""Rows 19 to 31 of bad-input.md, "Message structure", and what parts are."""

from __future__ import annotations

import base64
import hashlib
import quopri
import tracemalloc

import pytest

from mail.mbox import Rule
from mail.message import Limits, body_html, read_message
from mail.part import PartKind, part_bytes
from mail.rule import Dialect
from tests.mail.builders import (
    PNG,
    SINGLE,
    count_messages,
    defect_kinds,
    mbox_of,
    multipart,
    raw_message,
    read,
    read_all,
    read_header,
    text_part,
)


@pytest.mark.parametrize("value", ["", " ", "<>", "[]"])
def test_row_19_an_empty_message_id_is_none(value: str) -> None:
    message = read_header(f"Message-ID: {value}", "Subject: x")

    assert message.envelope.message_id is None
    assert "message_id_missing" in defect_kinds(message)


@pytest.mark.parametrize(
    ("value", "message_id"),
    [
        ("<<a@b>>", "a@b"),
        ("a@b", "a@b"),
        ("<a@b> <c@d>", "a@b"),
        ("<a b@c>", "ab@c"),
    ],
)
def test_row_19_a_malformed_message_id_is_saved(value: str, message_id: str) -> None:
    message = read_header(f"Message-ID: {value}", "Subject: x")

    assert message.envelope.message_id == message_id
    assert "message_id_malformed" in defect_kinds(message)


def test_row_19_a_message_id_of_several_kilobytes_keeps_its_digest() -> None:
    ids = [read_header(f"Message-ID: <{'a' * 4000}{end}@b>").envelope.message_id for end in "xy"]

    assert ids[0] != ids[1]
    assert all(one is not None and len(one) <= 500 for one in ids)


def test_row_20_one_message_id_with_different_content_gives_different_digests() -> None:
    assert read(raw_message("one\n")).digest != read(raw_message("two\n")).digest


def test_row_21_transport_and_labels_do_not_change_the_digest() -> None:
    received = "Received: from a by b; Mon, 05 Jan 2015 10:00:01 +0000\nX-Gmail-Labels: Inbox\n"

    assert read(raw_message()).digest == read(raw_message(headers=received)).digest


def test_row_22_mails_that_are_merely_similar_have_different_digests() -> None:
    one = raw_message("Disk 1 is full.\n")

    assert read(one).digest != read(one.replace(b"Disk 1", b"Disk 2")).digest
    assert read(one).digest != read(one.replace(b"one@", b"two@")).digest


@pytest.mark.parametrize("rest", [b"", b"From: a@b.example\nSubject: Re: disks\n"])
def test_what_transport_wrote_tells_mails_apart_that_were_cut_off_before_their_ids(
    rest: bytes,
) -> None:
    one = b"Received: from one.example by x\nList-Id: <httpd.example>\n" + rest

    assert read(one).digest != read(one.replace(b"httpd", b"samsung")).digest
    assert read(one).digest == read(one.replace(b"\n", b"\r\n")).digest


def test_the_digest_is_blind_to_line_ends_quoting_and_blank_ends() -> None:
    mail = raw_message("a\n>From b\n")
    mbox = mbox_of(mail)

    digests = {read_all(mbox.replace(b"\n", end))[0].digest for end in (b"\n", b"\r\n", b"\r")}

    assert digests == {read(mail + b"\n\n").digest, read(mail.replace(b">From", b"From")).digest}
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("body", "defect"),
    [
        (b"--cut\n\none\n--cut\n\ntwo\n", "multipart_unclosed"),
        (
            b"--other\nContent-Type: text/plain\n\none\n--other\n\ntwo\n--other--\n",
            "boundary_wrong",
        ),
        (b"--cut  \n\none\n--cut\t\n\ntwo\n--cut--  \n", None),
    ],
)
def test_row_23_multiparts_with_broken_boundaries_keep_their_parts(
    body: bytes, defect: str | None
) -> None:
    message = read(raw_message(body, headers='Content-Type: multipart/mixed; boundary="cut"\n'))

    assert message.text.split() == ["one", "two"]
    assert defect is None or defect in defect_kinds(message)


def test_row_23_a_multipart_without_parts_is_read_as_text() -> None:
    message = read(raw_message("All there is.\n", headers="Content-Type: multipart/mixed\n"))

    assert message.text == "All there is."
    assert {"boundary_missing", "multipart_empty"} <= defect_kinds(message)


def nested(levels: int) -> bytes:
    inner = text_part("deep")
    for level in range(levels):
        mark = b"m%d" % level
        head = b'Content-Type: multipart/mixed; boundary="' + mark + b'"\n\n'
        inner = head + b"--" + mark + b"\n" + inner + b"\n--" + mark + b"--\n"
    return b"Subject: nested\n" + inner


def test_row_24_a_nesting_bomb_is_cut_at_the_depth_limit() -> None:
    message = read(nested(3000))

    assert "depth_cut" in defect_kinds(message)
    assert len(message.parts) == 1


def test_row_24_messages_within_messages_are_cut_at_the_depth_limit() -> None:
    message = read(b"Content-Type: message/rfc822\n\n" * 3000 + b"Subject: innermost\n\nx\n")

    assert len(message.parts) <= Limits().depth + 1


def test_row_24_every_limit_on_depth_is_said() -> None:
    assert "depth_cut" in defect_kinds(read(b"Content-Type: message/rfc822\n\n" * 3000))


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_a_message_inside_that_was_encoded_is_opened_and_said(encoding: str) -> None:
    inner = multipart(text_part("Inside."), b"Content-Type: image/png; name=a.png\n\nabc")
    inner = inner.replace(b"cut", b"inner")
    encoded = base64.encodebytes(inner) if encoding == "base64" else quopri.encodestring(inner)
    head = f"Content-Type: message/rfc822\nContent-Transfer-Encoding: {encoding}\n\n"
    raw = multipart(text_part("Outside."), head.encode() + encoded)

    message = read(raw)

    assert message.text == "Outside.\nInside."
    assert "message_encoded" in defect_kinds(message)
    picture = next(part for part in message.parts if part.filename == "a.png")
    assert part_bytes(raw, picture.path, rule=SINGLE) == b"abc"
    whole = next(part for part in message.parts if part.kind is PartKind.MESSAGE)
    assert part_bytes(raw, whole.path, rule=SINGLE).startswith(b"Content-Type: multipart")


def test_row_25_parts_beyond_the_limit_are_left_out_and_counted() -> None:
    message = read(multipart(*[b"\nx"] * 12_000))

    assert len(message.parts) == Limits().parts
    assert [one.what for one in message.defects if one.kind == "parts_cut"] == [
        "2000 parts left out"
    ]


def test_row_26_of_a_message_too_large_to_read_the_headers_are_read() -> None:
    head = raw_message("x" * 1000)

    message = read_message(head, rule=SINGLE, whole=False)

    assert message.envelope.subject == "Hello"
    assert (message.text, message.parts) == ("", ())
    assert "too_large" in defect_kinds(message)


def test_row_26_a_large_attachment_costs_no_more_than_its_own_size_again() -> None:
    content = bytes(range(256)) * (40_000)
    encoded = base64.encodebytes(content)
    raw = multipart(
        text_part(),
        b"Content-Transfer-Encoding: base64\nContent-Type: application/zip\n\n" + encoded,
    )
    del encoded
    tracemalloc.start()

    message = read(raw)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert message.parts[1].sha256 == hashlib.sha256(content).digest()
    assert peak < len(raw) * 2


def attachment(encoding: str, content: bytes) -> bytes:
    head = f"Content-Type: application/octet-stream\nContent-Transfer-Encoding: {encoding}\n\n"
    return multipart(text_part(), head.encode() + content)


@pytest.mark.parametrize(("status", "deleted"), [("0009", True), ("0001", False), ("zz", False)])
def test_row_29_thunderbirds_deleted_mark_is_kept(status: str, deleted: bool) -> None:
    message = read(raw_message(headers=f"X-Mozilla-Status: {status}\n"))

    assert message.deleted_in_source is deleted


def test_row_30_a_folders_own_data_is_recognised() -> None:
    subject = "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA"

    assert "folder_internal_data" in defect_kinds(read(raw_message(subject=subject)))


def test_an_alternative_is_searched_by_its_plain_text() -> None:
    raw = multipart(text_part("plain"), text_part("<p>rich", kind="html"), kind="alternative")

    message = read(raw)

    assert message.text == "plain"
    assert message.has_html
    assert body_html(raw, rule=SINGLE) == "<p>rich"


def test_an_alternative_whose_plain_text_is_blank_is_searched_by_its_html() -> None:
    raw = multipart(text_part(" \n"), text_part("<p>rich", kind="html"), kind="alternative")

    assert read(raw).text.strip() == "rich"


def test_a_message_inside_is_a_part_and_so_are_its_own_parts() -> None:
    inner = multipart(text_part("inner text"), b"Content-Type: image/png\n\n" + PNG)
    inner = b"Content-Type: message/rfc822\n\n" + inner.replace(b"cut", b"inner-mark")
    message = read(multipart(text_part("outer text"), inner))

    assert [(part.path, part.kind) for part in message.parts] == [
        ("1", PartKind.TEXT),
        ("2", PartKind.MESSAGE),
        ("2.1", PartKind.TEXT),
        ("2.2", PartKind.ATTACHMENT),
    ]
    assert "inner text" in message.text


def test_a_picture_with_a_content_id_is_inline() -> None:
    picture = b"Content-Type: image/png\nContent-ID: <pic@x>\n\n" + PNG
    raw = multipart(text_part("<img src=cid:pic@x>", kind="html"), picture, kind="related")

    part = read(raw).parts[1]

    assert (part.kind, part.content_id) == (PartKind.INLINE, "pic@x")


def test_the_bytes_of_a_part_are_those_its_digest_was_taken_of() -> None:
    content = base64.encodebytes(PNG * 50)
    raw = attachment("base64", content)

    part = read(raw).parts[1]

    assert part.size == len(PNG * 50)
    assert hashlib.sha256(part_bytes(raw, part.path, rule=SINGLE)).digest() == part.sha256


@pytest.mark.parametrize("path", ["", "3", "1.1", "1#1", "2#x"])
def test_an_unknown_part_path_is_a_key_error(path: str) -> None:
    with pytest.raises(KeyError):
        part_bytes(multipart(text_part(), text_part()), path, rule=SINGLE)


def test_apples_byte_count_before_the_headers_is_left_out() -> None:
    mail = raw_message("Hello.\n")

    message = read(b"%d\n" % len(mail) + mail + b"<?xml version='1.0'?><plist/>")

    assert (message.text, message.envelope.subject) == ("Hello.", "Hello")


def test_the_blank_line_before_the_next_separator_is_no_part_of_the_mail() -> None:
    rule = Rule.of(Dialect.MBOXRD)
    raw = multipart(b"Content-Type: application/x\n\nabc", close=False)

    assert part_bytes(raw + b"\n", "1", rule=rule) == b"abc\n"


def test_row_18_the_same_mail_met_twice_has_one_digest() -> None:
    mbox = mbox_of(raw_message(), raw_message("other\n"))

    again = [one.digest for one in read_all(mbox + mbox)]

    assert count_messages(mbox + mbox) == 4
    assert again[:2] == again[2:]
