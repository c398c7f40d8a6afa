"""A link that shows one address and leads to another is marked, whatever its mail tries."""

from __future__ import annotations

import time

import pytest

from tests.mboxes import mbox_of
from tests.web.visiting import Visit
from web.disguised import pieces_of
from web.link_hosts import drawn, hosts_of, names_in, other_host
from web.sanitise import SafeHtml, sanitise

EVIL = "https://evil.example/login"


def elsewhere(text: str, href: str) -> str | None:
    """The host of a link when its text names another one."""
    return other_host(names_in(drawn(text)), hosts_of(href))


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
        " " * 2_100 + "https://bank.example",
        "\u200b" * 2_100 + "https://bank.example",
        "word " * 500 + "https://bank.example",
        f'<span style="display:none">{"word " * 500}</span>https://bank.example',
        '<span style="display:none">of </span>bank.example',
        'https<span style="font-size:0"> </span>://bank.example',
        'https<span style="font-size:0">x</span>://bank.example',
        'https<span style="font-size:0.0em ! important">x</span>://bank.example',
        'https<span style="font-size:1px">x</span>://bank.example',
        'https<span style="font-size:1e-9px;font-size:foo">x</span>://bank.example',
        'https<span style="font-size:0!important;font-size:9px">x</span>://bank.example',
        'https<span style="font:0/0 a">x</span>://bank.example',
        'https<span style="font-size:calc(0px)">x</span>://bank.example',
        'https<font style="font-size:0"><b style="font-size:2em">x</b></font>://bank.example',
        'https<img alt="x" src="cid:x">://bank.example',
        "https<rp>x</rp>://bank.example",
        '<b style="font-size:0"><i style="font-size:20px">https://bank.example</i></b>',
        'bank<span style="color:#fff"> of </span>.example',
        'bank<span style="color:white"> of </span>.example',
        'bank<font color="white"> of </font>.example',
        'bank<i style="background-color:#000"> of </i>.example',
        'https<span style="color:transparent">x</span>://bank.example',
        '<b style="color:red">h</b>ttps<i style="color:snow">x</i>://bank.example',
        'h<i style="color:snow">x</i>ttps<i style="color:ivory">y</i>://bank.example',
        "".join(f'<i style="color:#fffff{n}">x {n}</i>' for n in range(7)) + "://bank.example",
        '<bdo dir="rtl">elpmaxe.knab//:sptth</bdo>',
        "→https://bank.example",
        "Go:https://bank.example",
        "→www.bank.example",
        "→service@bank.example",
        "https:∕∕bank.example",
        "https:⁄⁄bank.example",
        "https∶//bank.example",
        "https : //bank.example",
        "https\u3164://bank.example",
        "https\ufe0f://bank.example",
        "https://bank。example",
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
        '<img src="cid:x" style="display:none" alt="bank.example">Read on',
        "https://evil.example/to/https://bank.example",
        "→ https://evil.example",
        "(https://evil.example/)",
        "https:// is how it begins",
        "package@1.2.3",
        '<b style="color:red">Read</b> more on <i style="color:blue">our shop</i>',
        '<b style="color:red">evil</b>.example',
        '<b style="color:red">https</b>://evil.example',
        '<span style="background-color:#06c;color:#fff">Read on</span>',
        "<ruby>漢<rp>(</rp><rt>한</rt><rp>)</rp></ruby>",
        "word " * 300 + " " * 2_000,
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
        ("mailto:a@bank.example?to=b@evil.example", "evil.example"),
        ("mailto:a@bank.example?subject=x&TO=b%40evil.example", "evil.example"),
        ("mailto:a@bank.example?bcc=b@evil.example", "evil.example"),
        ("mailto:b@evil.example,a@bank.example", "evil.example"),
        ("mailto:" + "a@bank.example," * 9 + "b@evil.example", "bank.example"),
        ("https://bank.example" + "\u00ad" * 250 + ".evil.example/", "bank.example.evil.example"),
    ],
)
def test_where_a_link_leads_is_read_as_a_browser_does(href: str, host: str) -> None:
    assert elsewhere("https://bank.example", href) == host


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("github.io", "https://evil.github.io/"),
        ("https://bank.github.io/", "https://evil.github.io/"),
        ("bank.blogspot.com", "https://blogspot.com/evil"),
    ],
)
def test_hosts_within_one_that_anybody_may_use_do_not_stand_for_each_other(
    text: str, href: str
) -> None:
    assert elsewhere(text, href) is not None


def test_a_host_that_is_shared_stands_for_itself() -> None:
    assert elsewhere("https://bank.github.io/a", "https://bank.github.io/b") is None
    assert elsewhere("bank.github.io", "https://login.bank.github.io/") is None


def test_a_host_may_be_written_in_its_own_letters() -> None:
    assert elsewhere("https://은행.example/", "https://xn--zs5b84x.example/") is None
    assert elsewhere("https://xn--zs5b84x.example/", "https://은행.example/") is None


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("https://faß.de", "https://fass.de"),
        ("https://fass.de", "https://faß.de"),
        ("https://βόλος.com", "https://βόλοσ.com"),
    ],
)
def test_letters_that_make_hosts_of_their_own_do_not_pass_for_others(text: str, href: str) -> None:
    assert elsewhere(text, href) is not None


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("https://faß.de", "https://xn--fa-hia.de"),
        ("https://FAẞ.de", "https://faß.de"),
        ("https://ΣΑΣ.com", "https://σασ.com"),
        ("https://bu\u0308cher.de", "https://b\u00fccher.de"),
        ("https://ＢＡＮＫ。example", "https://bank.example"),
        ("a@bank.example, b@shop.example", "mailto:a@bank.example?cc=b@shop.example"),
    ],
)
def test_one_host_written_in_two_ways_is_one(text: str, href: str) -> None:
    assert elsewhere(text, href) is None


def test_a_size_of_nothing_around_a_link_does_not_mark_it() -> None:
    around = '<table><tr><td style="font-size:0"> {} </td></tr></table>'

    assert clean(around.format(f'<a href="{EVIL}" style="font-size:9px">go</a>')).disguised == 0
    assert (
        clean(around.format(f'<a href="{EVIL}"> <b style="font-size:9px">go</b></a>')).disguised
        == 0
    )


def test_words_hidden_around_a_link_do_not_part_what_it_shows() -> None:
    show = '<b style="font-size:9px">{}</b>'
    link = f'<a href="{EVIL}">{show.format("https")} {show.format("://bank.example")}</a>'

    assert clean(f'<p style="font-size:0">{link}</p>').disguised == 1
    for style in ("", "font-size:1em", "font-size:foo", "font-family:'a;font-size:9px'"):
        words = link.replace("> <", f'><i style="{style}">x</i><')
        assert clean(f'<p style="font-size:0">{words}</p>').disguised == 1


def test_a_link_within_a_link_is_judged_by_itself() -> None:
    inner = '<a href="https://bank.example">https://bank.example</a>'
    html = clean(f'<a href="{EVIL}"><table><tr><td>{inner}</td></tr></table></a>')

    assert [piece.leads_to for piece in html.pieces] == ["evil.example", None]
    assert html.pieces[0].markup.endswith("</table></a>")


@pytest.mark.parametrize(
    "markup",
    [
        "<a" * 20_000,
        '<a href="https://e.example">' * 20_000 + "https://b.example",
        '<a href="https://e.example">' + "www.b." * 100_000 + "</a>",
        '<a href="' + '"' * 100_000 + ">x</a>",
        '<a href="https://e.example">' + "a.b-" * 100_000 + "</a>",
        "<td>x</td></a>" * 20_000,
        '<a href="https://e.example">' + "\u200b \u2060" * 300_000 + "</a>",
        '<a href="https://e.example">' + "<b> </b>x" * 50_000 + "</a>",
        '<a href="https://e.example"><td>' * 10_000 + "://b " * 390 + "</td></a>" * 10_000,
        ('<a href="https://e.example">' + "://b.c@" * 280 + "</a>") * 200,
        ('<a href="https://e.example">' + "a" * 1_990 + "</a>") * 500,
        '<a href="mailto:' + "a@b.c," * 100_000 + '">a@b.c</a>',
        '<b style="' + "font-size:0;" * 50_000 + '">' + '<b style="font-size:1em">' * 20_000,
        '<b style="font-size:' + "0" * 200_000 + 'x!">x</b>',
        '<b style="font-size:' + " " * 200_000 + '">x</b>',
        '<a href="https://' + "\u0301\u0323" * 100_000 + '">b.example</a>',
        '<a href="https://e.example">'
        + "".join(f'<b style="color:#{n % 6}">b.c </b>' for n in range(20_000))
        + "</a>",
        '<a href="https://e.example">' * 5_000
        + "".join(f'<b style="color:#{n % 6}">b.c </b>' for n in range(400))
        + "</a>" * 5_000,
        '<b style="color:' + "x" * 200_000 + '">b</b>',
        '<a href="https://' + "ü" * 200_000 + '.de">https://' + "ü" * 1_900 + "</a>",
    ],
)
def test_hostile_markup_holds_nobody_up_and_loses_nothing(markup: str) -> None:
    began = time.process_time()

    pieces = pieces_of(markup)

    assert "".join(piece.markup for piece in pieces) == markup
    assert time.process_time() - began < 10  # what grew with the square took minutes


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
    assert [piece.markup for piece in clean('<p class="elsewhere">x</p>').pieces] == ["<p>x</p>"]
