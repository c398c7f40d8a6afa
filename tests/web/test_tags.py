"""What stands in the value of one attribute is never read as another one."""

from __future__ import annotations

import time
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.in_place import in_place
from web.sanitise import sanitise
from web.tags import attributes_of

BANK, EVIL = "https://bank.example/", "https://evil.example/"
FAR = "margin-top:-50px"
# What titles and the like say of other attributes; with what ends a tag or a value, too.
DECEITS = (
    "x style=",
    "x href=",
    "x alt=",
    f" href={BANK} ",
    f"' href='{BANK}'",
    f'" href="{BANK}" x="',
    '" style="color:red" x="',
    "x color= bgcolor=",
    "color:red;background-color:blue",
    "> style=",
    "\n\tstyle=",
    "&quot; style=&quot;",
    "=",
)
any_words = st.one_of(
    st.sampled_from(DECEITS),
    st.lists(
        st.sampled_from((*DECEITS, *" '\"<>=&;:/\n\t\f\0", "style", "href", "title", "color")),
        max_size=6,
    ).map("".join),
    st.text(max_size=12),
)


def cleaned(html: str) -> str:
    pieces = sanitise(html, pictures={}, allow_remote=False).pieces
    return "".join(piece.markup for piece in pieces)


def leads_to(html: str) -> list[str]:
    pieces = sanitise(html, pictures={}, allow_remote=False).pieces
    return [piece.leads_to for piece in pieces if piece.leads_to]


def with_words(name: str, words: str, *, rest: str, first: bool) -> str:
    """Attributes, with one more before or after them."""
    more = f'{name}="{escape(words)}"'
    return f"{more} {rest}" if first else f"{rest} {more}"


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("name", ["title", "lang", "align", "width"])
@pytest.mark.parametrize("words", DECEITS)
def test_a_style_is_found_whatever_other_attributes_say(name: str, words: str, first: bool) -> None:
    attributes = with_words(name, words, rest=f'style="{FAR};color:red"', first=first)

    html = cleaned(f"<p {attributes}>x</p>")

    assert FAR not in html
    assert 'style="color:red"' in html


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("name", ["title", "name", "lang", "align"])
@pytest.mark.parametrize("words", DECEITS)
def test_a_link_is_found_whatever_other_attributes_say(name: str, words: str, first: bool) -> None:
    attributes = with_words(name, words, rest=f'href="{EVIL}"', first=first)

    assert leads_to(f"<a {attributes}>{BANK}</a>") == ["evil.example"]
    assert leads_to(f"<a {attributes}>https://evil.example/</a>") == []


@pytest.mark.parametrize("words", DECEITS)
def test_a_picture_says_what_its_text_says(words: str) -> None:
    title = f'title="{escape(words)}"'

    assert leads_to(f'<a href="{EVIL}"><img {title} alt="{BANK}" src="cid:x"></a>') == [
        "evil.example"
    ]
    assert leads_to(f'<a href="{EVIL}"><img {title} src="cid:x">go</a>') == []


def test_colours_are_those_of_style_and_their_own_attributes() -> None:
    for said in ('style="color:#fff"', 'bgcolor="#000"'):
        assert leads_to(f'<a href="{EVIL}">bank<i {said}> of </i>.example</a>') == ["evil.example"]
    assert leads_to(f'<a href="{EVIL}">bank<i title="color:#fff"> of </i>.example</a>') == []


@given(words=any_words, other=any_words, first=st.booleans())
def test_values_of_other_attributes_change_nothing_that_is_read(
    words: str, other: str, first: bool
) -> None:
    rest = with_words("lang", other, rest=f'href="{EVIL}" style="{FAR};color:red"', first=not first)
    attributes = with_words("title", words, rest=rest, first=first)

    read = attributes_of(cleaned(f"<a {attributes}>{BANK}</a>").removesuffix(f">{BANK}</a>"))

    assert (read["href"], read["style"]) == (EVIL, "color:red")
    assert set(read) == {"href", "style", "title", "lang", "target", "rel"}
    assert leads_to(f"<a {attributes}>{BANK}</a>") == ["evil.example"]


@pytest.mark.parametrize(
    "tag",
    [
        "<p" + " a" * 200_000 + ' style="x">',
        "<p " + "a" * 400_000 + ' style="x">',
        "<p" + ' a="' * 100_001 + ' style="x">',
        '<p title="' + " style=" * 60_000 + '" style="x">',
        '<p title="' + " " * 400_000 + '" style="x">',
    ],
)
def test_a_hostile_tag_holds_nobody_up(tag: str) -> None:
    began = time.process_time()

    in_place(tag)
    attributes_of(tag)

    assert time.process_time() - began < 5
