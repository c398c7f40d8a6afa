"""Rows 27 and 28 of bad-input.md: broken encodings, files in the text, what is encrypted."""

from __future__ import annotations

import binascii

import pytest

from mail.part import PartKind, part_bytes
from tests.mail.builders import (
    SINGLE,
    defect_kinds,
    multipart,
    raw_message,
    read,
    text_part,
)


def attachment(encoding: str, content: bytes) -> bytes:
    head = f"Content-Type: application/octet-stream\nContent-Transfer-Encoding: {encoding}\n\n"
    return multipart(text_part(), head.encode() + content)


def part_kinds(raw: bytes) -> list[PartKind]:
    return [part.kind for part in read(raw).parts]


@pytest.mark.parametrize(
    ("written", "decoded", "broken"),
    [
        (b"SGVsbG8h\nSGVsbG8h\n", b"Hello!Hello!", False),
        (b"SGVs!bG8h", b"Hello!", True),
        (b"SGVsbG8hS", b"Hello!", True),
        (b"SGVsbG8", b"Hello", True),
        (b"SGVsbG8h\n_____\nThis list is moderated\n", b"Hello!", True),
        (b"SGVsbG8=SGVsbG8=", b"HelloHello", True),
    ],
)
def test_row_27_broken_base64_is_saved_as_far_as_it_goes(
    written: bytes, decoded: bytes, broken: bool
) -> None:
    raw = attachment("base64", written)

    assert part_bytes(raw, "2", rule=SINGLE) == decoded
    assert ("base64_broken" in defect_kinds(read(raw))) is broken


def test_row_27_broken_quoted_printable_is_saved_as_far_as_it_goes() -> None:
    raw = attachment("quoted-printable", b"50=25 of =ZZ and a soft=\nbreak=3D")

    assert part_bytes(raw, "2", rule=SINGLE) == b"50% of =ZZ and a softbreak="
    assert "quoted_printable_broken" in defect_kinds(read(raw))


def test_row_27_an_unknown_transfer_encoding_leaves_the_bytes_alone() -> None:
    raw = attachment("rot13", b"Uryyb")

    assert part_bytes(raw, "2", rule=SINGLE) == b"Uryyb"
    assert "encoding_unknown" in defect_kinds(read(raw))


def test_row_27_a_uuencoded_file_in_the_text_is_an_attachment() -> None:
    raw = raw_message("See below.\nbegin 644 cat.txt\n#0V%T\n`\nend\nBye.\n")

    message = read(raw)

    assert message.text == "See below.\nBye."
    assert [(one.kind, one.filename, one.size) for one in message.parts[:1]] == [
        (PartKind.TEXT, None, len("See below.\nbegin 644 cat.txt\n#0V%T\n`\nend\nBye.\n"))
    ]
    assert [(one.path, one.filename, one.size) for one in message.parts[1:]] == [
        ("1#1", "cat.txt", 3)
    ]
    assert part_bytes(raw, "1#1", rule=SINGLE) == b"Cat"


def test_row_27_a_yenc_file_in_the_text_is_an_attachment() -> None:
    content = bytes((byte + 42) & 255 for byte in b"Cat")
    raw = raw_message(b"=ybegin line=128 size=3 name=cat.txt\n" + content + b"\n=yend size=3\n")

    assert part_bytes(raw, "1#1", rule=SINGLE) == b"Cat"
    assert read(raw).parts[1].filename == "cat.txt"


UU_LINES = binascii.b2a_uu(b"a" * 45) * 3


def test_row_27_a_uuencoded_file_without_its_end_is_saved_and_said() -> None:
    message = read(raw_message(b"See:\nbegin 644 a.bin\n" + UU_LINES + b"Bye,\nAnn\n"))

    assert message.text == "See:\nBye,\nAnn"
    assert [part.size for part in message.parts if part.kind is PartKind.UUENCODE] == [135]
    assert "uuencode_broken" in defect_kinds(message)


def test_row_27_one_line_of_a_uuencoded_file_is_enough() -> None:
    message = read(raw_message("See:\nbegin 644 a.txt\n#0V%T\n\nBye.\n"))

    assert [part.size for part in message.parts if part.kind is PartKind.UUENCODE] == [3]
    assert "uuencode_broken" in defect_kinds(message)


def yenc(content: bytes, trailer: bytes) -> bytes:
    data = bytes((byte + 42) & 255 for byte in content)
    return b"See:\n=ybegin line=128 size=%d name=a.bin\n%b\n%b" % (len(content), data, trailer)


@pytest.mark.parametrize(
    ("trailer", "what"),
    [(b"=yend size=3 crc32=352441c2\n", None), (b"", "no end line"),
     (b"=yend size=3 crc32=00000001\n", "CRC"), (b"=yend size=4\n", "3 of 4 bytes")],
)  # fmt: skip
def test_row_27_a_yenc_file_is_checked(trailer: bytes, what: str | None) -> None:
    message = read(raw_message(yenc(b"abc", trailer)))

    found = [one.what for one in message.defects if one.kind == "uuencode_broken"]
    assert [part.filename for part in message.parts if part.kind is PartKind.UUENCODE] == ["a.bin"]
    assert (what in found[0]) if what else found == []


def test_row_27_talk_about_yenc_stays_text() -> None:
    text = "It begins so:\n=ybegin line=128 size=9 name=a.bin\nand then data."

    assert read(raw_message(text + "\n")).text == text


def test_row_27_a_word_such_as_begin_does_not_take_text_away() -> None:
    text = "begin with this\nand end\nend\n"

    assert read(raw_message(text)).text == text.strip()


def test_row_28_tnef_smime_and_pgp_are_no_errors() -> None:
    tnef = b"Content-Type: application/ms-tnef\n\n\x78\x9f\x3e\x22"
    smime = b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nx"
    signature = b"Content-Type: application/pgp-signature\n\nx"

    assert part_kinds(multipart(tnef, smime, signature)) == [
        PartKind.TNEF,
        PartKind.ENCRYPTED,
        PartKind.SIGNATURE,
    ]
    assert defect_kinds(read(multipart(tnef, smime, signature))) == set()


def test_row_28_a_pgp_message_typed_into_the_text_is_encrypted() -> None:
    body = "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n"

    assert [part.kind for part in read(raw_message(body)).parts] == [PartKind.ENCRYPTED]


@pytest.mark.parametrize("content", [b"\x78\x9f\x3e\x22rest", b"eJ8+Ig==\n"])
def test_row_28_tnef_without_name_or_type_is_known_by_its_first_bytes(content: bytes) -> None:
    encoding = b"Content-Transfer-Encoding: base64\n" if content.startswith(b"e") else b""
    part = b"Content-Type: application/octet-stream\n" + encoding + b"\n" + content

    assert read(multipart(text_part(), part)).parts[1].kind is PartKind.TNEF


def test_row_28_the_parts_of_an_encrypted_multipart_are_encrypted() -> None:
    version = b"Content-Type: application/pgp-encrypted\n\nVersion: 1"
    content = b"Content-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----"

    assert part_kinds(multipart(version, content, kind="encrypted")) == [PartKind.ENCRYPTED] * 2
