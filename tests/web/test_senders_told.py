"""Who wrote is told by name and address: a name alone can be anybody's."""

from __future__ import annotations

import re

import pytest

from tests.mboxes import mbox_of, raw_message
from tests.web.visiting import Visit
from web.shown import poses_as_other


def letter(number: int, sender: str, *, subject: str = "Pay at once", more: str = "") -> bytes:
    """A letter from somebody who calls himself as he likes."""
    made = raw_message(number, subject=subject, body=f"pay {number}")
    made = re.sub(rb"\nFrom: [^\n]*", f"\nFrom: {sender}".encode(), made, count=1)
    return made.replace(b"\nSubject:", f"\n{more}Subject:".encode(), 1) if more else made


BOSS, IMPOSTOR = "Mina Park <mina@bank.example>", "Mina Park <mina@evil.example>"


@pytest.mark.parametrize("group", ["", "&group=thread"])
def test_two_who_bear_one_name_are_told_apart_in_hits_and_facets(here: Visit, group: str) -> None:
    here.take_in(mbox_of([letter(1, BOSS), letter(2, BOSS), letter(3, IMPOSTOR)]))

    page = here.visitor().get(f"/search?q=pay{group}").text
    hits, facets = page.split('class="hits')[1].split("</ol>")[0], page.split('id="facets"')[1]

    for address in ("mina@bank.example", "mina@evil.example"):
        assert address in hits
        assert address in facets
    assert facets.count("Mina Park</bdi>") == 2


def test_a_name_alone_in_the_facets_bears_its_address_too(here: Visit) -> None:
    here.take_in(mbox_of([letter(1, IMPOSTOR)]))

    facets = here.visitor().get("/search?q=pay").text.split('id="facets"')[1]

    assert "mina@evil.example" in facets


def test_a_name_written_like_another_address_is_said_to_be_none(here: Visit) -> None:
    here.take_in(
        mbox_of(
            [
                letter(1, '"mina@bank.example" <x@evil.example>', subject="first"),
                letter(2, "Mina@bank.example <mina@BANK.example>", subject="second"),
            ]
        )
    )
    visitor = here.visitor()

    posing = visitor.get("/search?q=subject:first").text
    honest = visitor.get("/search?q=subject:second").text
    korean = here.visitor(language="ko").get("/search?q=subject:first").text

    assert posing.count("not this address") == 2  # the hit and its facet
    assert "not this address" not in honest
    assert "이 주소가 아님" in korean


def test_the_conversation_of_a_message_tells_addresses(here: Visit) -> None:
    answer = letter(2, IMPOSTOR, more="In-Reply-To: <1@letters.example.org>\n")
    here.take_in(mbox_of([letter(1, BOSS), answer]))

    page = here.visitor().get("/messages/1-0").text
    table = page.split('aria-labelledby="conversation"')[1].split("</section>")[0]

    assert "mina@bank.example" in table
    assert "mina@evil.example" in table


@pytest.mark.parametrize(
    ("name", "address", "poses"),
    [
        ("Mina Park", "mina@bank.example", False),
        ("mina@bank.example", "mina@bank.example", False),
        ("MINA@bank.example", "mina@bank.example", False),
        ("mina@bank.example via list", "list@lists.example", True),
        ("mina\N{FULLWIDTH COMMERCIAL AT}bank.example", "x@evil.example", True),
        ("Mina (mina@bank.example)", "x@evil.example", True),
        ("mina@bank.example", None, True),
        ("me @ home", "x@evil.example", False),
        (None, "x@evil.example", False),
        ("mina @ bank.example", "x@evil.example", True),
        ("mina @bank.example", "x@evil.example", True),
        ("mina@bank\N{IDEOGRAPHIC FULL STOP}example", "x@evil.example", True),
        ("Sales @ bank.example", "mina@post.bank.example", False),
        ("Sales @ bank.example", "mina@notbank.example", True),
        ("sales@bank.example", "mina@bank.example", True),
        ("“mina@bank.example”", "mina@bank.example", False),
        ("mina@bank.example!", "mina@bank.example", False),
        ("mina@은행.example", "mina@xn--zs5b84x.example", False),
        ("mina@xn--zs5b84x.example", "mina@은행.example", False),
        ("mina@은행.example", "mina@xn--zs5b84y.example", True),
        ("a@" * 250, "x@evil.example", False),
    ],
)
def test_what_counts_as_posing(name: str | None, address: str | None, poses: bool) -> None:
    assert poses_as_other(name, address) is poses
