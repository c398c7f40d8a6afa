"""A link that shows one address and leads to another is marked, whatever its mail tries."""

from __future__ import annotations

import time

import pytest

from tests.mboxes import mbox_of
from tests.web.visiting import Visit
from web.disguised import elsewhere, pieces_of
from web.sanitise import SafeHtml, sanitise

EVIL = "https://evil.example/login"


def clean(html: str) -> SafeHtml:
    return sanitise(html, pictures={}, allow_remote=False)


@pytest.mark.parametrize(
    "text",
    [
        "https://bank.example/login",
        "HTTPS://BANK.EXAMPLE",
        "www.bank.example",
        "bank.example",
        "bank.example/account?x=1",
        "service@bank.example",
        "Go to https://bank.example now",
        "<b>https://</b>bank<i>.example</i>",
        "https://bank.\u200bexample",
        "https://bank.&#8203;example",
        "ｈｔｔｐｓ://bank.example",
        "(https://bank.example)",
        "https://bank.example@evil.example/",
        "https://bank.example.",
        "https://은행.example",
        '<img alt="https://bank.example" src="cid:x">',
        "https://evil.example.bank.example/",
        "https://notevil.example/",
    ],
)
def test_a_text_that_names_another_host_is_marked(text: str) -> None:
    (first, _rest) = clean(f'<p><a href="{EVIL}">{text}</a> and more</p>').pieces

    assert first.leads_to == "evil.example"
    assert first.markup.endswith("</a>")


@pytest.mark.parametrize(
    "text",
    [
        "click here",
        "https://evil.example/elsewhere",
        "evil.example",
        "www.evil.example",
        "https://login.evil.example",
        "someone@evil.example",
        "report.pdf",
        "Node.js",
        "the end.Then more",
        "10.5",
        "e.g.",
        "",
        '<img src="cid:x">',
    ],
)
def test_other_links_are_left_alone(text: str) -> None:
    assert clean(f'<a href="{EVIL}">{text}</a>').disguised == 0


@pytest.mark.parametrize(
    ("href", "host"),
    [
        ("https://bank.example@evil.example/", "evil.example"),
        ("https://evil.example\\@bank.example/", "evil.example"),
        ("https:///evil.example/bank.example", "evil.example"),
        ("https://evil.example:443/", "evil.example"),
        ("https://%65vil.example/", "evil.example"),
        ("https://ev\til.example/", "evil.example"),
        ("https://evil.example?bank.example", "evil.example"),
        ("https://evil.example#bank.example", "evil.example"),
        ("https://bank.example.evil.example/", "bank.example.evil.example"),
        ("https://bаnk.example/", "xn--bnk-6cd.example"),
        ("mailto:x@evil.example?subject=bank.example", "evil.example"),
        ("mailto:bank.example%40evil.example", "evil.example"),
    ],
)
def test_where_a_link_leads_is_read_as_a_browser_does(href: str, host: str) -> None:
    assert elsewhere("https://bank.example", href) == host


def test_a_host_may_be_written_in_its_own_letters() -> None:
    assert elsewhere("https://은행.example/", "https://xn--zs5b84x.example/") is None
    assert elsewhere("https://xn--zs5b84x.example/", "https://은행.example/") is None


def test_a_link_within_a_link_is_judged_by_itself() -> None:
    inner = '<a href="https://bank.example">https://bank.example</a>'
    html = clean(f'<a href="{EVIL}"><table><tr><td>{inner}</td></tr></table></a>')

    assert all(piece.leads_to in (None, "evil.example") for piece in html.pieces)
    assert "".join(piece.markup for piece in html.pieces) == html.markup


@pytest.mark.parametrize(
    "markup",
    [
        "<a" * 20_000,
        '<a href="https://e.example">' * 20_000 + "https://b.example",
        '<a href="https://e.example">' + "www.b." * 100_000 + "</a>",
        '<a href="' + '"' * 100_000 + ">x</a>",
        '<a href="https://e.example">' + "a.b-" * 100_000 + "</a>",
        "<td>x</td></a>" * 20_000,
    ],
)
def test_hostile_markup_holds_nobody_up_and_loses_nothing(markup: str) -> None:
    began = time.process_time()

    pieces = pieces_of(markup)

    assert "".join(piece.markup for piece in pieces) == markup
    assert time.process_time() - began < 2


@pytest.mark.parametrize(("language", "word"), [("en", "leads to"), ("ko", "실제 주소")])
def test_the_body_says_where_such_a_link_leads_in_words(
    here: Visit, language: str, word: str
) -> None:
    body = f'<a href="{EVIL}">https://bank.example</a> <a href="{EVIL}">click</a>'
    here.take_in(
        mbox_of(
            [
                b"From: a@b.example\nSubject: hello\nContent-Type: text/html\n\n"
                b"<p style='font-size:0;color:#fff'>" + body.encode() + b"</p>\n"
            ]
        )
    )

    page = here.visitor(language=language).get("/messages/1-0/html").text

    assert page.count('<span class="elsewhere"') == 1
    assert f"{word} <bdi>evil.example</bdi>" in page
    assert page.count('<p class="elsewhere"') == 1
    assert "all:initial" in page


def test_mail_cannot_wear_the_marks_clothes(here: Visit) -> None:
    assert "class" not in clean('<p class="elsewhere">x</p>').markup
