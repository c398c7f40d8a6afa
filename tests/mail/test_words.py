"""Rows 38 to 41 of bad-input.md: raw headers, encoded-words, file names."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from tests.mail.builders import (
    defect_kinds,
    multipart,
    read,
    read_header,
    text_part,
)


@pytest.mark.parametrize("raw", [b"\x0e>H3gGO<<?d\x0f", b"\x0e>H3gGO<<?d"])
def test_row_38_shifts_without_any_escape_are_read_in_a_raw_header(raw: bytes) -> None:
    message = read_header(b"Subject: " + raw)

    assert message.envelope.subject == "안녕하세요"
    assert "charset_guessed" in defect_kinds(message)


@pytest.mark.parametrize("charset", ["utf-8", "cp949"])
@pytest.mark.parametrize("text", ["회의록 첨부합니다", "김철수님 안녕하세요", "[공지] 연휴 안내"])
def test_row_39_raw_korean_headers_are_read_and_the_guess_is_recorded(
    charset: str, text: str
) -> None:
    message = read_header(b"Subject: " + text.encode(charset))

    assert message.envelope.subject == text
    assert [one.what for one in message.defects if one.where == "Subject"] == [charset]


def test_row_39_what_the_message_declares_elsewhere_is_tried_first() -> None:
    message = read(
        b"Subject: "
        + "Привет".encode("koi8-r")
        + b"\nContent-Type: text/plain; charset=koi8-r\n\n"
        + "Да".encode("koi8-r")
    )

    assert message.envelope.subject == "Привет"


def test_row_39_a_charset_that_has_any_byte_comes_after_cp949() -> None:
    message = read(
        b"Subject: "
        + "회의 안내드립니다".encode("cp949")
        + b"\nContent-Type: text/plain; charset=iso-8859-1\n\nHello.\n"
    )

    assert message.envelope.subject == "회의 안내드립니다"


def test_row_39_a_raw_file_name_is_read() -> None:
    raw = multipart(
        text_part("안녕", charset="euc-kr").replace("안녕".encode(), b""),
        b'Content-Type: application/pdf; name="' + "사진.pdf".encode("cp949") + b'"\n\nx',
    )

    assert read(raw).parts[1].filename == "사진.pdf"


def test_row_40_a_letter_split_across_two_encoded_words_is_whole() -> None:
    content = "가나다".encode()
    words = [base64.b64encode(piece).decode() for piece in (content[:4], content[4:])]

    message = read_header(f"Subject: =?utf-8?B?{words[0]}?=\n =?UTF-8?B?{words[1]}?=")

    assert message.envelope.subject == "가나다"
    assert "charset_broken" not in defect_kinds(message)


def test_row_40_words_of_one_charset_under_two_names_are_joined() -> None:
    content = "가나다".encode("cp949")
    words = [base64.b64encode(piece).decode() for piece in (content[:3], content[3:])]

    message = read_header(f"Subject: =?euc-kr?B?{words[0]}?= =?ks_c_5601-1987?B?{words[1]}?=")

    assert message.envelope.subject == "가나다"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a?= b", "a b"),
        ("=?utf-8?q?a_b?=", "a b"),
        ("=?iso-8859-1?q?a?= =?utf-8?q?b?=", "ab"),
        ("x=?utf-8?q?a?=y", "xay"),
        ("=?utf-8*en?q?a?=", "a"),
        ("=?utf-8?b?SGVsbG8?=", "Hello"),
        ("=?utf-8?q?not closed", "=?utf-8?q?not closed"),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("=?ISO-2022-JP?B?GyRCJUYbKEI=?= =?ISO-2022-JP?B?GyRCJTkbKEI=?=", "テス"),
    ],
)
def test_encoded_words_are_decoded_as_people_mean_them(value: str, text: str) -> None:
    assert read_header(f"Subject: {value}").envelope.subject == text


def test_raw_bytes_inside_an_encoded_word_are_of_its_charset() -> None:
    subject = read_header(b"Subject: =?iso-8859-1?Q?Fr\xf6sche?=").envelope.subject

    assert subject == "Frösche"


@pytest.mark.parametrize(
    "parameters",
    [
        'filename="=?euc-kr?B?u+fB+C5qcGc=?="',
        "filename*=euc-kr''%BB%E7%C1%F8.jpg",
        "filename*0*=euc-kr''%BB%E7; filename*1*=%C1%F8; filename*2=.jpg",
        "filename=x.jpg; filename*=utf-8''%EC%82%AC%EC%A7%84.jpg",
        'filename*0="=?euc-kr?B?u+fB"; filename*1="+C5qcGc=?="',
    ],
)
def test_row_41_file_names_are_decoded_in_every_way_they_are_written(parameters: str) -> None:
    part = f"Content-Type: image/jpeg\nContent-Disposition: attachment; {parameters}\n\nx"

    assert read(multipart(text_part(), part.encode())).parts[1].filename == "사진.jpg"


@pytest.mark.parametrize("label", ["utf-8", "koi8-r", "iso-8859-1"])
def test_a_charset_wish_leaves_alone_what_is_declared_and_reads_well(label: str) -> None:
    text = {"utf-8": "한글", "koi8-r": "Привет", "iso-8859-1": "Grüße"}[label]
    digits = base64.b64encode(text.encode(label)).decode()
    raw = (
        f"Subject: =?{label}?b?{digits}?= number 7\n"
        f"From: =?{label}?b?{digits}?= <ann@example.org>\n"
        "Content-Type: text/plain; charset=utf-8\n\n"
    )

    message = read(raw.encode() + "가나".encode("cp949"), charset="cp949")

    assert message.envelope.subject == f"{text} number 7"
    assert message.envelope.senders[0].name == text
    assert message.text == "가나"


@pytest.mark.parametrize("label", ["utf-8", "x-nonsense", "us-ascii", "iso-8859-1"])
def test_a_charset_wish_reads_what_its_label_does_not_fit(label: str) -> None:
    text = "Привет, мир"
    digits = base64.b64encode(text.encode("cp1251")).decode()

    message = read(f"Subject: =?{label}?b?{digits}?=\n\nHello.\n".encode(), charset="cp1251")

    assert message.envelope.subject == text


def test_a_charset_wish_reads_raw_headers_beside_declared_words() -> None:
    word = base64.b64encode("한글".encode()).decode()

    message = read(
        f"Subject: =?utf-8?b?{word}?= ".encode() + "가나".encode("cp949") + b"\n\nHello.\n",
        charset="cp949",
    )

    assert message.envelope.subject == "한글 가나"


def test_a_charset_wish_leaves_a_file_name_alone_that_declares_its_own() -> None:
    def named(label: str) -> str | None:
        name = quote("한글.txt".encode())
        disposition = f"Content-Disposition: attachment; filename*={label}''{name}"
        raw = f"{disposition}\n\nHello.\n".encode()
        return read(raw, charset="cp949").parts[0].filename

    assert named("utf-8") == "한글.txt"
    assert named("x-nonsense") != "한글.txt"
