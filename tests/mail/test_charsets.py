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


@pytest.mark.parametrize(
    ("content", "label"),
    [(b"a\xed\xa0\x80b", "utf-8"), (b"a+2AA-b", "utf-7"), (b"\xd8\x00\x00a", "utf-16be")],
)
def test_row_45_lone_surrogates_never_come_out(content: bytes, label: str) -> None:
    labelled(content, label).encode()


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
