"""Why a file is read by its dialect, in a sentence, and how sure that is."""

from __future__ import annotations

import pytest

from mail.rule import Dialect
from tests.mboxes import mbox_of, raw_message
from tests.web.visiting import Visit
from web.dialect_reasons import FEW, Sureness, reason_for

RD = {"with_bare_separators": 1902, "suspicious": 0}


def test_many_escaped_lines_weigh_more_than_two() -> None:
    two = reason_for("mboxrd", {**RD, "escaped_once": 2}, detected="mboxrd")
    many = reason_for("mboxrd", {**RD, "escaped_once": 5082}, detected="mboxrd")
    double = reason_for(
        "mboxrd", {**RD, "escaped_once": 5082, "escaped_more": FEW}, detected="mboxrd"
    )

    assert (two.sureness, many.sureness) == (Sureness.OPEN, Sureness.LIKELY)
    assert two.sentence != many.sentence
    assert many.numbers["once"] == 5082
    assert double.sureness is Sureness.SURE


def test_nothing_to_escape_says_that_it_makes_no_difference() -> None:
    reason = reason_for("mboxrd", RD, detected="mboxrd")

    assert reason.sureness is Sureness.OPEN
    assert "read such a file alike" in reason.sentence


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({**RD, "escaped_once": 3, "suspicious": 4}, "would have escaped them all"),
        ({**RD, "suspicious": 4}, "escaped nothing"),
    ],
)
def test_lines_that_are_not_escaped_are_told(counts: dict[str, int], says: str) -> None:
    assert says in reason_for("mboxo", counts, detected="mboxo").sentence


@pytest.mark.parametrize("dialect", Dialect)
def test_every_dialect_has_a_reason_and_one_that_was_chosen_says_so(dialect: Dialect) -> None:
    seen = reason_for(dialect, {}, detected=dialect)
    chosen = reason_for(dialect, RD, detected="another")

    assert seen.sentence % seen.numbers
    assert chosen.sureness is Sureness.CHOSEN


def test_lengths_that_hold_are_sure_and_others_are_likely() -> None:
    right = reason_for("mboxcl", {"content_length_right": 9}, detected="mboxcl")
    mixed = reason_for(
        "mboxcl", {"content_length_right": 9, "content_length_wrong": 3}, detected="mboxcl"
    )

    assert (right.sureness, mixed.sureness) == (Sureness.SURE, Sureness.LIKELY)
    assert mixed.numbers["looked"] == 12


def test_the_page_says_why_in_both_languages(here: Visit) -> None:
    body = ">From here on.\n\n" * 7
    floor = here.take_in(mbox_of([raw_message(1, body=body)]))
    visitor = here.visitor()

    english = visitor.get(f"/jobs/{floor.job_id}").text
    visitor.cookies.set("language", "ko")
    korean = visitor.get(f"/jobs/{floor.job_id}", headers={"Accept-Language": "ko"}).text

    assert "All 7 lines in texts that would begin with" in english
    assert "줄 7개가 모두" in korean
    assert english.index('id="rule-in-full"') < english.index("weak separators")
