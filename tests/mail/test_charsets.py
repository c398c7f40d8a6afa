"""Rows 36 to 46 of bad-input.md: which letters bytes mean."""

from __future__ import annotations

import base64
import unicodedata

import pytest

from mail.charset import decode_labelled, guess
from mail.charset_label import codec_of
from mail.message import body_html, read_message
from tests.mail.builders import (
    SINGLE,
    defect_kinds,
    multipart,
    raw_message,
    read,
    read_header,
    text_part,
)

CP949_ONLY = "뷁 똠방각하 펲 햏"


def labelled(text: bytes, label: str) -> str:
    return read(raw_message(text, headers=f'Content-Type: text/plain; charset="{label}"\n')).text


@pytest.mark.parametrize("label", ["ks_c_5601-1987", "euc-kr", "ksc5601", "EUC-KR", "cp949"])
def test_row_36_every_korean_label_means_cp949(label: str) -> None:
    assert labelled(CP949_ONLY.encode("cp949"), label) == CP949_ONLY


@pytest.mark.parametrize(
    "label", ["windows-949", "x-windows-949", "x-euc-kr", "ks_c_5601-1989", "cseuckr"]
)
def test_row_37_labels_that_python_does_not_know_are_read(label: str) -> None:
    assert labelled(CP949_ONLY.encode("cp949"), label) == CP949_ONLY


@pytest.mark.parametrize(
    ("label", "codec"),
    [("cp-850", "cp850"), ("utf-8; format=flowed", "utf-8"), ('"utf-8"', "utf-8"),
     ("x-sjis", "cp932"), ("gb2312", "gb18030"), ("iso-8859-8-i", "iso8859-8"),
     ("unicode-1-1-utf-7", "utf-7"), ("ISO8859-15", "iso8859-15"), ("Windows-1257", "cp1257")],
)  # fmt: skip
def test_row_37_odd_labels_have_a_meaning(label: str, codec: str) -> None:
    assert codec_of(label) == codec


@pytest.mark.parametrize("label", ["unknown-8bit", "x-unknown", "rot13", "base64", "idna", "", "ÿ"])
def test_row_37_labels_that_mean_no_charset_are_none(label: str) -> None:
    assert codec_of(label) is None


def test_row_37_an_unknown_label_is_said_and_the_letters_are_guessed() -> None:
    raw = raw_message(
        "안녕하세요 회의 안내입니다".encode("cp949"),
        headers="Content-Type: text/plain; charset=x-nonsense\n",
    )

    message = read(raw)

    assert message.text == "안녕하세요 회의 안내입니다"
    assert {"charset_unknown", "charset_guessed"} <= defect_kinds(message)


@pytest.mark.parametrize("designator", [b"\x1b$)C", b""])
def test_row_38_iso_2022_kr_is_read_with_and_without_its_designator(designator: bytes) -> None:
    encoded = designator + "안녕하세요".encode("iso2022_kr").removeprefix(b"\x1b$)C")

    assert labelled(encoded, "iso-2022-kr") == "안녕하세요"


def test_row_38_iso_2022_kr_is_read_in_a_header_that_lost_its_designator() -> None:
    encoded = "회의 안내".encode("iso2022_kr").removeprefix(b"\x1b$)C")
    word = b"=?ISO-2022-KR?B?" + base64.b64encode(encoded) + b"?="

    assert read_header(b"Subject: " + word).envelope.subject == "회의 안내"


@pytest.mark.parametrize("label", ["", "; charset=us-ascii"])
def test_row_42_text_without_a_true_label_is_guessed_and_said(label: str) -> None:
    text = "안녕하세요, 회의 일정을 보내 드립니다."
    raw = raw_message(text.encode("cp949"), headers=f"Content-Type: text/plain{label}\n")

    message = read(raw)

    assert message.text == text
    assert [one.what for one in message.defects if one.kind == "charset_guessed"] == ["cp949"]


def test_row_42_utf8_under_a_latin_1_label_is_noticed() -> None:
    raw = raw_message(
        "Grüße – schön".encode(), headers="Content-Type: text/plain; charset=iso-8859-1\n"
    )

    assert read(raw).text == "Grüße – schön"
    assert "charset_guessed" in defect_kinds(read(raw))


def test_row_42_a_wrong_label_gives_way_to_what_html_says_of_itself() -> None:
    html = '<meta charset="euc-kr"><p>안녕하세요'.encode("cp949")
    raw = raw_message(html, headers="Content-Type: text/html; charset=utf-8\n")

    assert read(raw).text == "안녕하세요"


@pytest.mark.parametrize("label", ["iso-8859-1", "windows-1252", "us-ascii"])
def test_row_42_korean_under_a_western_label_is_noticed(label: str) -> None:
    text = "안녕하세요, 회의 일정을 보내 드립니다."

    message = read(
        raw_message(text.encode("cp949"), headers=f"Content-Type: text/plain; charset={label}\n")
    )

    assert message.text == text
    assert [one.what for one in message.defects if one.kind == "charset_guessed"] == ["cp949"]


@pytest.mark.parametrize("text", ["Grüße aus München, schöne Tage", "ÀÉ", "Ça va? Déjà vu à l’œil"])
def test_row_42_western_text_under_its_label_stays_western(text: str) -> None:
    assert labelled(text.encode("cp1252"), "windows-1252") == text


def test_row_42_html_that_names_its_charset_speaks_before_a_western_label() -> None:
    html = '<meta charset="euc-kr"><p>뷁 햏'.encode("cp949")

    message = read(raw_message(html, headers="Content-Type: text/html; charset=iso-8859-1\n"))

    assert message.text == "뷁 햏"
    assert "charset_guessed" in defect_kinds(message)


def test_row_42_a_little_damage_does_not_overrule_the_label() -> None:
    text = ("안녕하세요 " * 30).encode()

    message = read(raw_message(text[:-2], headers="Content-Type: text/plain; charset=utf-8\n"))

    assert message.text.startswith("안녕하세요 안녕하세요")
    assert "charset_broken" in defect_kinds(message)


def test_row_42_a_person_may_choose_another_charset() -> None:
    raw = raw_message("<p>" + "Привет", subject="x").decode().encode("cp1251")
    raw = raw.replace(b"\n\n", b"\nContent-Type: text/html; charset=iso-8859-1\n\n", 1)

    assert read_message(raw, rule=SINGLE, charset="windows-1251").text == "Привет"
    assert body_html(raw, rule=SINGLE, charset="windows-1251") == "<p>Привет"


def test_row_43_broken_parameters_do_not_stop_the_reading() -> None:
    raw = raw_message(
        "नमस्ते".encode(), headers="Content-Type: text/plain; charset*=utf-8''%E0%A4%A\n"
    )

    message = read(raw)

    assert message.text == "नमस्ते"
    assert "charset_unknown" in defect_kinds(message)


def test_row_44_nul_bytes_are_left_out_of_subject_and_text() -> None:
    message = read(b"Subject: a\0b\n\nc\0d\n")

    assert (message.envelope.subject, message.text) == ("ab", "cd")
    assert "nul_removed" in defect_kinds(message)


@pytest.mark.parametrize("word", [b"=?utf-8?q?a=00b?=", b"=?iso-8859-1?B?YQBi?="])
def test_row_44_a_nul_in_an_encoded_word_is_told(word: bytes) -> None:
    message = read(b"Subject: " + word + b"\n\ntext\n")

    assert message.envelope.subject == "ab"
    assert "nul_removed" in defect_kinds(message)


@pytest.mark.parametrize(
    ("content", "label"),
    [(b"a\xed\xa0\x80b", "utf-8"), (b"a+2AA-b", "utf-7"), (b"\xd8\x00\x00a", "utf-16be")],
)
def test_row_45_lone_surrogates_never_come_out(content: bytes, label: str) -> None:
    text = labelled(content, label)

    assert "a" in text
    assert not any(unicodedata.category(letter) == "Cs" for letter in text)


def test_row_46_decomposed_hangul_is_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "회의록.pdf")
    raw = multipart(
        text_part(decomposed),
        b"Content-Type: application/pdf;\n name*=utf-8''"
        + b"".join(b"%%%02X" % byte for byte in decomposed.encode())
        + b"\n\nx",
    )

    message = read(raw)

    assert message.text == "회의록.pdf"
    assert message.parts[1].filename == "회의록.pdf"


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("中文邮件测试，会议通知", "gb18030"),
        ("會議通知請參閱附件", "big5"),
        ("日本語のメールです", "cp932"),
        ("日本語のメールです", "euc_jp"),
        ("日本語のメールです", "iso2022_jp"),
        ("Привет как дела, сегодня встреча", "koi8-r"),
        ("Привет как дела, сегодня встреча", "cp1251"),
        ("Grüße aus München", "latin-1"),
        ("naïve résumé café", "latin-1"),
        ("“Quoted” – it’s", "cp1252"),
        ("안녕하세요 반갑습니다", "cp949"),
        ("홍길동", "cp949"),
    ],
)
def test_undeclared_text_is_guessed_right(text: str, charset: str) -> None:
    assert guess(text.encode(charset)).text == text


def test_vendor_letters_in_iso_2022_jp_are_read() -> None:
    assert decode_labelled(b"\x1b$B-!-j%F%9%H\x1b(B!", "iso-2022-jp").text == "①㈱テスト!"


def test_bytes_that_no_charset_has_are_still_some_letters() -> None:
    found = guess(bytes(range(128, 256)))

    assert found.guessed
    assert len(found.text) > 0


def test_bytes_beyond_seven_bits_among_escaped_japanese_are_survived() -> None:
    raw = b"Content-Type: text/plain; charset=iso-2022-jp\n\n\x1b$B%\xe9\x1b(B after\n"

    assert "after" in read(raw).text
