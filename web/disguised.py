"""Links of a mail whose text looks like an address but which lead to another host.

Reads cleaned markup (`web.sanitise`), in which tags are closed and values are quoted. Changes
nothing in it: answers the pieces between which a warning is to stand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import unquote

_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:[^<>"]|"[^"]*")*+)>', re.IGNORECASE)
_HREF = re.compile(r'\shref="([^"]*)"')
_ALT = re.compile(r'\salt="([^"]*)"')
_INLINE = frozenset(
    """abbr b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strike
    strong sub sup tt u var wbr""".split()  # noqa: SIM905 - read as a text
)
# Browsers take any number of slashes of both kinds, and everything up to the last @ for a name.
_WEB = re.compile(r"https?:[/\\]*([^/\\?#]*)", re.IGNORECASE)
_SHOWN_WEB = re.compile(r"(?:[a-z][a-z0-9+.-]*:[/\\]+|(?=www\.))([^/\\?#:@]+)", re.IGNORECASE)
_SHOWN_MAIL = re.compile(r"[^@/\\]+@([^@/\\?#:]+)")
_SHOWN_HOST = re.compile(r"(?!www\.)((?:[^\W_](?:[\w-]*[^\W_])?\.)+([^\W\d_]{2,24}))(?:[:/?#].*)?")
_AROUND = "<>()[]{}\"'“”‘’«».,;:!"
# What stands last in the names of files, and is no ending of a host that people write.
_FILES = frozenset(
    """bmp csv doc docx eml exe gif gz hwp hwpx htm html ics jpeg jpg js json log mbox mp pdf png
    ppt pptx rtf tar tgz txt xls xlsx xml""".split()  # noqa: SIM905
)
LONGEST_TEXT = 2_000
LONGEST_HOST = 253


@dataclass(frozen=True, slots=True)
class Piece:
    """Some markup, and where the link that ends it leads to, when its text tells otherwise."""

    markup: str
    leads_to: str | None = None


@dataclass(slots=True)
class _Link:
    href: str | None
    text: str = ""


@dataclass(slots=True)
class _Reader:
    """Follows markup from tag to tag; a link in a cell of a table may stand in another link."""

    open: list[_Link] = field(default_factory=list)

    def see(self, text: str) -> None:
        """Text, in the innermost link."""
        if self.open:
            link = self.open[-1]
            link.text += text[: LONGEST_TEXT - len(link.text)]

    def begin(self, tag: str, attributes: str) -> None:
        """A start tag."""
        if tag == "a":
            href = _HREF.search(attributes)
            self.open.append(_Link(unescape(href[1]) if href else None))
        elif tag == "img" and (alt := _ALT.search(attributes)):
            self.see(unescape(alt[1]))
        elif tag not in _INLINE:
            self.see(" ")

    def end(self, tag: str) -> str | None:
        """An end tag; answers where the link it closes leads to, when that is not what it says."""
        if tag != "a" or not self.open:
            self.see("" if tag in _INLINE else " ")
            return None
        link = self.open.pop()
        self.see(link.text)
        return elsewhere(link.text, link.href or "")


def pieces_of(markup: str) -> tuple[Piece, ...]:
    """The markup, cut after each link that leads elsewhere than its text says."""
    return tuple(_pieces(markup))


def _pieces(markup: str) -> Iterator[Piece]:
    reader, begun, seen = _Reader(), 0, 0
    for tag in _TAG.finditer(markup):
        reader.see(unescape(markup[seen : tag.start()]) if reader.open else "")
        seen = tag.end()
        if not tag[1]:
            reader.begin(tag[2].lower(), tag[3])
        elif (host := reader.end(tag[2].lower())) is not None:
            yield Piece(markup[begun:seen], host)
            begun = seen
    yield Piece(markup[begun:])


def elsewhere(text: str, href: str) -> str | None:
    """The host of a link when its text names another one; None when nothing is wrong."""
    host = host_of(href)
    if host is None:
        return None
    shown = [_even(name) for name in shown_hosts(text)]
    return None if all(_is_same(name, host) for name in shown) else host


def shown_hosts(text: str) -> Iterator[str]:
    """The hosts that a reader of the text would take it to name."""
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    words = [word.strip(_AROUND) for word in unicodedata.normalize("NFKC", visible).split()]
    for word in words:
        if found := _SHOWN_WEB.match(word) or _SHOWN_MAIL.fullmatch(word):
            yield found[1]
    # Without a scheme, a word among others is more often the name of a file or a mere mistake.
    found = _SHOWN_HOST.fullmatch(words[0]) if len(words) == 1 else None
    if found and found[2].lower() not in _FILES:
        yield found[1]


def host_of(href: str) -> str | None:
    """Where a browser would go, or whom a mail would reach; None when there is no host in it."""
    href = re.sub(r"[\t\r\n]", "", href).strip()
    if href.lower().startswith("mailto:"):
        name = unquote(href[7:].partition("?")[0]).rpartition("@")[2]
    elif found := _WEB.match(href):
        name = re.sub(r":\d*$", "", unquote(found[1]).rpartition("@")[2])
    else:
        return None
    return _even(name) or None


def _even(host: str) -> str:
    """A host in the one form that can be compared, and in which no letter passes for another."""
    host = unicodedata.normalize("NFKC", host).lower().strip(".")[:LONGEST_HOST]
    try:
        return host.encode("idna").decode("ascii").removeprefix("www.")
    except UnicodeError:
        return host.removeprefix("www.")


def _is_same(shown: str, host: str) -> bool:
    """One is the other, or lies within it."""
    return shown == host or host.endswith(f".{shown}") or shown.endswith(f".{host}")
