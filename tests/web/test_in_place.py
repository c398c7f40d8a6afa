"""Mail cannot lay text over other text, or push it out of sight, by its styles."""

from __future__ import annotations

import time

import pytest

from web.in_place import in_place
from web.sanitise import sanitise


def left_of(style: str, *, tag: str = "p") -> str:
    """What is left of a style."""
    html = sanitise(f'<{tag} style="{style}">x', pictures={}, allow_remote=False)
    _, begun, rest = "".join(piece.markup for piece in html.pieces).partition(' style="')
    return rest.partition('"')[0] if begun else ""


@pytest.mark.parametrize(
    "style",
    [
        "margin-left:-200px",
        "margin:0 -1px",
        "margin:-5PX !important",
        "m\\61rgin:-5px",
        "margin/**/:-5px",
        "margin:calc(0px - 9em)",
        "margin-left:9999px",
        "padding-left:100em",
        "text-indent:-9e3px",
        "text-indent:100%",
        "letter-spacing:-1em",
        "vertical-align:-99px",
        "line-height:0",
        "line-height:1px",
        "font:16px/0 serif",
        "max-height:0",
        "max-width:1px",
        "margin:(-5px;position:fixed;x)",
        "margin:'-5px;position:fixed;'",
    ],
)
def test_what_moves_text_away_is_taken_out(style: str) -> None:
    assert left_of(style) == ""


@pytest.mark.parametrize(
    "style",
    [
        "margin:0 auto",
        "margin:16px 0 1em",
        "padding:12px 24px",
        "text-indent:2em",
        "letter-spacing:0.5px",
        "vertical-align:middle",
        "line-height:1.4",
        "line-height:24px",
        "font:16px / 1.5 serif",
        "width:600px",
        "max-width:100%",
        "width:50%",
        "height:40px",
    ],
)
def test_what_letters_are_made_of_stays(style: str) -> None:
    assert left_of(style) == style


def test_a_line_drawn_as_a_low_box_is_still_seen_and_holds_what_is_in_it() -> None:
    assert left_of("height:1px;background-color:#ccc") == "min-height:1px;background-color:#ccc"
    assert left_of("width:0;white-space:nowrap") == "min-width:0;white-space:nowrap"


def test_pictures_may_be_small() -> None:
    assert left_of("width:1px;height:1px", tag="img") == "width:1px;height:1px"


def test_of_a_style_that_is_not_understood_nothing_stays() -> None:
    assert in_place('<p style="a:&quot;;margin:-1px;b:(">x</p>') == "<p>x</p>"


def test_words_that_look_like_a_style_are_left_alone() -> None:
    assert in_place('<p>a style="margin:-1px" b</p>') == '<p>a style="margin:-1px" b</p>'


@pytest.mark.parametrize(
    "style",
    [
        "(" * 200_000,
        "&quot;" * 100_001,
        "margin:-1px;" * 50_000,
        "margin:" + "9" * 200_000,
        "\\(" * 90_000,
    ],
)
def test_a_hostile_style_holds_nobody_up(style: str) -> None:
    began = time.process_time()

    in_place(f'<p style="{style}">x</p>')

    assert time.process_time() - began < 5
