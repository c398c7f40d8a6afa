"""What is searched: words and pairs, the visible text of HTML, unwrapped paragraphs, limits."""

from __future__ import annotations

import time
import unicodedata

import pytest

from mail.html import visible_text
from mail.message import Limits, read_message
from mail.text import nfc_clean, tokens, unflowed
from tests.mail.builders import SINGLE, defect_kinds, multipart, raw_message, read, text_part


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, World!", ["hello", "world"]),
        ("ann@example.org's foo_bar", ["ann", "example", "org", "s", "foo", "bar"]),
        ("온라인결제시스템은", ["온라", "라인", "인결", "결제", "제시", "시스", "스템", "템은"]),
        ("결제", ["결제"]),
        ("강 a", ["강", "a"]),
        ("KT결제3월", ["kt", "결제", "3", "월"]),
        ("東京タワー", ["東京", "京タ", "タワ", "ワー"]),
        ("Füße ÄRGER", ["füße", "ärger"]),
        ("“don’t” – it…", ["don", "t", "it"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("x" * 100, ["x" * 64]),
        ("é" * 100 + " a", ["é" * 64, "a"]),
        ("1,234.5 ½ x²", ["1", "234", "5", "½", "x²"]),
        (
            "plain été là " + "words " * 30 + "fin été",
            ["plain", "été", "là", *["words"] * 30, "fin", "été"],
        ),
        ("a" * 70 + " é", ["a" * 64, "é"]),
        ("", []),
        ("!?—", []),
    ],
)
def test_a_text_is_cut_into_words_and_pairs(text: str, words: list[str]) -> None:
    assert tokens(text) == words


def test_no_combining_mark_parts_a_word() -> None:
    marks = [chr(c) for c in range(0x300, 0x10000) if unicodedata.category(chr(c))[0] == "M"]

    lost = [mark for mark in marks if "".join(tokens(f"x{mark}x")) != nfc_clean(f"x{mark}x")]

    assert lost == []


def test_decomposed_and_composed_hangul_have_the_same_words() -> None:
    assert tokens("\u1112\u116c\u110b\u1174") == tokens("회의") == ["회의"]


def test_a_word_inside_a_longer_one_is_a_phrase_of_its_pairs() -> None:
    whole, inside = tokens("온라인결제시스템은"), tokens("결제시스템")

    assert any(whole[at : at + len(inside)] == inside for at in range(len(whole)))


def test_nul_and_lone_surrogates_are_cleaned() -> None:
    assert nfc_clean("a\0b\ud800c") == "ab\N{REPLACEMENT CHARACTER}c"
    assert nfc_clean("\U0001f600") == "\U0001f600"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("H<b>ell</b>o<br>World", "Hello\nWorld"),
        ("caf&eacute; &amp; &#54924;&#51032; a&nbsp;b", "café & 회의 a b"),
        ("<style>p{}</style><script>x()</script><title>t</title>shown", "shown"),
        ('<div style="display:none">preheader</div>shown', "shown"),
        ('<span style="DISPLAY : none !important;">no</span>yes', "yes"),
        ("<div hidden>no</div>yes", "yes"),
        ('<span style="font-size:0px">no</span>yes', "yes"),
        ('<span style="font-size:0.9em">yes</span>', "yes"),
        ("<!-- no -->yes", "yes"),
        ("<p>a\n   b</p>", "a b"),
        ("no markup &lt; at all", "no markup < at all"),
        ("<p>unclosed <b>tags", "unclosed tags"),
        ("a < b and c > d", "a < b and c > d"),
    ],
)
def test_row_49_only_visible_text_of_html_is_searched(markup: str, text: str) -> None:
    assert visible_text(markup) == text


@pytest.mark.parametrize(
    "style",
    ["display:none", "max-height:0;overflow:hidden", "mso-hide:all", "font-size:0px", "opacity: 0",
     "visibility:hidden", "height:0;overflow:hidden"],
)  # fmt: skip
@pytest.mark.parametrize(
    "shape",
    [
        "<div style='{}'>secret</div>seen",
        "<style>.ph{{{}}}</style><div class='a ph'>secret</div>seen",
        "<style>/* x */ p, div.ph {{ {} }}</style><div class=ph>secret</div>seen",
        "<style>#ph{{{}}}</style><div id=ph>secret</div>seen",
    ],
)
def test_row_49_a_preheader_is_left_out_however_it_is_hidden(style: str, shape: str) -> None:
    assert visible_text(shape.format(style)) == "seen"


@pytest.mark.parametrize(
    "markup",
    [
        "<style>@media (max-width:600px){.ph{display:none}}</style><div class=ph>seen</div>",
        "<style>.ph{display:none}</style><div class=other>seen</div>",
        "<div style='font-size:0.9em;max-height:10px;overflow:hidden'>seen</div>",
        "<div style='max-height:0'>seen</div>",
        "<div style='line-height:0;overflow:hidden;opacity:0.5'>seen</div>",
    ],
)
def test_row_49_what_is_hidden_from_nobody_is_kept(markup: str) -> None:
    assert visible_text(markup) == "seen"


def test_a_soft_hyphen_parts_no_word() -> None:
    assert tokens("Donau\u00addampf") == ["donaudampf"]
    assert visible_text("<p>Donau&shy;dampf") == "Donaudampf"


def test_row_49_an_html_only_mail_is_searched_by_what_it_shows() -> None:
    html = '<style>x</style><div style="display:none">peek</div><p>Dear Bob,<p>see you.'

    message = read(raw_message(html, headers="Content-Type: text/html\n"))

    assert message.text.split("\n") == ["Dear Bob,", "see you."]
    assert message.has_html


@pytest.mark.parametrize("tag", ["div", "b", "table"])
def test_deeply_nested_html_takes_no_longer_than_flat_html(tag: str) -> None:
    begun = time.monotonic()

    assert visible_text(f"<{tag}>" * 100_000 + "deep") == "deep"
    assert time.monotonic() - begun < 5


def test_html_of_nothing_but_angle_brackets_takes_linear_time() -> None:
    begun = time.monotonic()

    visible_text("<" * 500_000)
    visible_text("<!--" * 200_000)

    assert time.monotonic() - begun < 5


def test_row_50_text_beyond_the_limit_is_cut_and_said() -> None:
    raw = raw_message("word " * 100)

    message = read_message(raw, rule=SINGLE, limits=Limits(text_characters=50))

    assert len(message.text) == 50
    assert message.text_cut
    assert "text_cut" in defect_kinds(message)


def test_row_50_the_limit_holds_for_all_text_parts_together() -> None:
    raw = multipart(*[text_part("word " * 20)] * 10)

    message = read_message(raw, rule=SINGLE, limits=Limits(text_characters=250))

    assert len(message.text) == 250
    assert message.text_cut


@pytest.mark.parametrize("encoding", ["7bit", "base64", "quoted-printable"])
def test_of_an_enormous_text_only_its_beginning_is_decoded(encoding: str) -> None:
    line = b"V29yZCA9\n" if encoding == "base64" else b"Word =3D\n"
    raw = raw_message(line * 10_000, headers=f"Content-Transfer-Encoding: {encoding}\n")

    message = read_message(raw, rule=SINGLE, limits=Limits(text_characters=1000))

    assert message.text.startswith("Word =")
    assert message.text_cut
    assert message.parts[0].size == {"7bit": 90_000, "base64": 60_000}.get(encoding, 70_000)
    assert "base64_broken" not in defect_kinds(message)


@pytest.mark.parametrize(
    ("flowed", "joined"),
    [
        ("one \ntwo\nthree", "one two\nthree"),
        ("> a \n> b\nc", "> a b\nc"),
        ("> a \n>> b", "> a \n>> b"),
        (" From here", "From here"),
        ("bye \n-- \nAnn", "bye \n-- \nAnn"),
    ],
)
def test_flowed_text_is_joined(flowed: str, joined: str) -> None:
    assert unflowed(flowed, delete_space=False) == joined


def test_flowed_text_of_asian_languages_is_joined_without_a_space() -> None:
    head = "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\n"

    assert read(raw_message("안녕 \n하세요\n", headers=head)).text == "안녕하세요"
