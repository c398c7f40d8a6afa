"""Links of a mail whose text looks like an address but which lead to another host.

Reads cleaned markup (`web.sanitise`), in which tags are closed and values are quoted. Changes
nothing in it: answers the pieces between which a warning is to stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import NamedTuple

from web.link_hosts import drawn, hosts_of, names_in, other_host
from web.tags import TAG, attributes_of

_INLINE = frozenset(
    """abbr b bdi big cite code del dfn em font i ins kbd mark q s samp small span strike
    strong sub sup tt u var wbr""".split()  # noqa: SIM905 - read as a text
)
# Elements that have no end tag, so that nothing lies within them.
_VOID = frozenset({"br", "col", "hr", "img", "wbr"})
_DECLARED = re.compile(r"(?:^|;)\s*(display|font-size|font)\s*:([^;]*)")
_QUOTED = re.compile(r""""[^"]*"|'[^']*'""")
_NUMBER = re.compile(r"[+-]?((?:\d*\.)?\d+(?:e[+-]?\d{1,3})?)([a-z]*|%)")
_KEYWORDS = frozenset("xx-small x-small small medium large x-large xx-large xxx-large".split())  # noqa: SIM905
# What has this size in its unit, or less, nobody reads; other units are relative to what is around.
_TINY = {"px": 2.0, "pt": 1.5, "pc": 0.1, "in": 0.02, "cm": 0.05, "mm": 0.5, "q": 2.0}
_TINY_RELATIVE = 0.1
# What text and ground are said to be. Whether one can be told from the other is not worked out:
# names, numbers and what lies around decide that, and need not mean the same to every browser.
_COLOUR = re.compile(r"""(?<![\w-])(background-)?color\s*:([^;"]*)""")
Colours = tuple[str, str]
LONGEST_TEXT = 2_000
# What is read once without each of them and once by each; more are too many to tell what is seen.
MOST_COLOURS = 6
MOST_CHANGES = 100


@dataclass(frozen=True, slots=True)
class Piece:
    """Some markup, and where the link that ends it leads to, when its text tells otherwise."""

    markup: str
    leads_to: str | None = None


class _Hidden(NamedTuple):
    """How deep the element lies that hides what is read; 0 for none.

    `ink` and `ground` are its colours as they were said, there or around it.
    """

    gone: int = 0
    tiny: int = 0
    skipped: bool = False
    ink: str = ""
    ground: str = ""

    @property
    def depth(self) -> int:
        """The depth of the innermost."""
        return max(self.gone, self.tiny)


@dataclass(slots=True)
class _Reading:
    """A text as it is drawn, without what is drawn as nothing; only its beginning."""

    text: str = ""
    is_cut: bool = False

    def add(self, text: str) -> None:
        """More of it: what `drawn` made."""
        if text.startswith(" ") and (not self.text or self.text.endswith(" ")):
            text = text[1:]
        room = LONGEST_TEXT - len(self.text)
        self.is_cut = self.is_cut or len(text) > room
        self.text += text[:room]


@dataclass(slots=True)
class _Link:
    """A link, and its text: what shows, that and what is hidden around it, and both with images."""

    href: str | None
    depth: int
    shown: _Reading = field(default_factory=_Reading)
    plain: _Reading = field(default_factory=_Reading)
    whole: _Reading = field(default_factory=_Reading)
    coloured: list[tuple[Colours, str]] = field(default_factory=list)
    has_hidden: bool = False
    has_hidden_within: bool = False

    def see(self, text: str, hidden: _Hidden) -> None:
        """Text in it."""
        if hidden.skipped or not text:
            return
        if hidden.depth > self.depth:
            self.has_hidden_within = self.has_hidden_within or not text.isspace()
            return
        if not hidden.depth:
            self.shown.add(text)
        else:
            self.has_hidden = self.has_hidden or not text.isspace()
        if not self.whole.is_cut:
            self._note((hidden.ink, hidden.ground), text)
        self.plain.add(text)
        self.whole.add(text)

    def _note(self, colours: Colours, text: str) -> None:
        """Its text by colour; blanks have that of what is before them."""
        before, so_far = self.coloured[-1] if self.coloured else (colours, "")
        if before == colours or text.isspace():
            if not text.isspace() or not so_far.endswith(" "):
                self.coloured[-1:] = [(before, so_far + text)]
        elif len(self.coloured) <= MOST_CHANGES:
            self.coloured.append((colours, text))

    def take(self, inner: _Link) -> None:
        """A link that stands in this one."""
        for mine, its in zip(self.readings(), inner.readings(), strict=True):
            mine.add(its.text)
            mine.is_cut = mine.is_cut or its.is_cut
        for colours, text in inner.coloured:
            self._note(colours, text)
        self.has_hidden = self.has_hidden or inner.has_hidden
        self.has_hidden_within = self.has_hidden_within or inner.has_hidden_within

    def readings(self) -> tuple[_Reading, _Reading, _Reading]:
        """The ways to read it."""
        return self.shown, self.plain, self.whole

    def texts(self) -> set[str]:
        """Every way to read it: also without what one colour may hide, and that alone."""
        found = {one.text for one in self.readings()}
        colours = self._colours()
        if 1 < len(colours) <= MOST_COLOURS:
            for one in colours:
                found.add(self._text_of({one}))
                found.add(self._text_of(colours - {one}))
        return found

    def _colours(self) -> set[Colours]:
        return {colours for colours, text in self.coloured if not text.isspace()}

    def _text_of(self, colours: set[Colours]) -> str:
        reading = _Reading()
        for its, text in self.coloured:
            reading.add(text if its in colours else "")
        return reading.text

    def is_unclear(self) -> bool:
        """Whether its text cannot be told: some of it is hidden, it has no end, or is gaudy."""
        is_mixed = self.has_hidden and not self.shown.text.isspace() and bool(self.shown.text)
        has_no_end = any(one.is_cut for one in self.readings())
        is_gaudy = len(self.coloured) > MOST_CHANGES or len(self._colours()) > MOST_COLOURS
        return self.has_hidden_within or is_mixed or has_no_end or is_gaudy


@dataclass(slots=True)
class _Reader:
    """Follows markup from tag to tag; a link in a cell of a table may stand in another link."""

    links: list[_Link] = field(default_factory=list)
    within: list[tuple[str, _Hidden]] = field(default_factory=list)
    # Of the link before: of links in links, each is likely to say no more than the one in it.
    names: dict[str, frozenset[str]] = field(default_factory=dict)

    def see(self, text: str) -> None:
        """Text, in the innermost link."""
        if self.links:
            self.links[-1].see(text, self.within[-1][1] if self.within else _Hidden())

    def begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        """A start tag."""
        around = self.within[-1][1] if self.within else _Hidden()
        style = attributes.get("style", "").lower()
        hidden = _hidden(tag, style, around, depth=len(self.within) + 1)
        hidden = _coloured(attributes, style, hidden)
        if tag not in _INLINE and tag not in {"a", "img"}:
            self.see(" ")
        if tag == "img" and self.links and not hidden.depth and not hidden.skipped:
            self.links[-1].whole.add(drawn(attributes.get("alt", "")))
        if tag not in _VOID:
            self.within.append((tag, hidden))
        if tag == "a":
            self.links.append(_Link(attributes.get("href"), len(self.within)))

    def end(self, tag: str) -> str | None:
        """An end tag; answers where the link it closes leads to, when that is not what it says."""
        if self.within and self.within[-1][0] == tag:
            self.within.pop()
        if tag != "a" or not self.links:
            self.see("" if tag in _INLINE else " ")
            return None
        link = self.links.pop()
        if self.links:
            self.links[-1].take(link)
        hosts = hosts_of(link.href or "")
        if hosts and link.is_unclear():
            return hosts[0]
        self.names = {text: self.names.get(text) or names_in(text) for text in link.texts()}
        found = (other_host(names, hosts) for names in self.names.values())
        return next((host for host in found if host is not None), None)


def _hidden(tag: str, style: str, around: _Hidden, *, depth: int) -> _Hidden:
    """What hides the text of an element. No other property that hides passes `web.sanitise`."""
    gone, is_tiny, is_large = around.gone, False, False
    for name, value in _DECLARED.findall(_QUOTED.sub("", style)):
        words = value.partition("!")[0].partition("/")[0].split()
        if name == "display":
            gone = depth if "none" in words else gone
            continue
        # Which of several sizes holds is not asked: the smallest is the one to be wary of.
        is_tiny = is_tiny or "(" in value or any(map(_is_tiny, words))
        is_large = is_large or any(map(_is_large, words))
    tiny = depth if is_tiny else 0 if is_large else around.tiny
    return _Hidden(gone, tiny, around.skipped or tag == "rp", around.ink, around.ground)


def _coloured(attributes: Mapping[str, str], style: str, hidden: _Hidden) -> _Hidden:
    """With the colours that an element says itself, in place of those around it."""
    said = _COLOUR.findall(style)
    inks = [attributes.get("color", ""), *(value for ground, value in said if not ground)]
    grounds = [attributes.get("bgcolor", ""), *(value for ground, value in said if ground)]
    ink, ground = (" ".join(" ".join(one).lower().split()) for one in (inks, grounds))
    return hidden._replace(ink=ink or hidden.ink, ground=ground or hidden.ground)


def _is_tiny(size: str) -> bool:
    found = _NUMBER.fullmatch(size)
    if found is None:
        return False
    number, unit = float(found[1]), found[2]
    if unit == "%":
        return number <= _TINY_RELATIVE * 100
    return number <= (_TINY.get(unit, _TINY_RELATIVE) if unit else 0)


def _is_large(size: str) -> bool:
    """Whether text of the size shows even where the text around is tiny."""
    found = _NUMBER.fullmatch(size)
    return size in _KEYWORDS or (found is not None and found[2] in _TINY and not _is_tiny(size))


def pieces_of(markup: str) -> tuple[Piece, ...]:
    """The markup, cut after each link that leads elsewhere than its text says."""
    return tuple(_pieces(markup))


def _pieces(markup: str) -> Iterator[Piece]:
    reader, begun, seen = _Reader(), 0, 0
    for tag in TAG.finditer(markup):
        reader.see(drawn(unescape(markup[seen : tag.start()])) if reader.links else "")
        seen = tag.end()
        if not tag[1]:
            reader.begin(tag[2].lower(), attributes_of(tag[3]))
        elif (host := reader.end(tag[2].lower())) is not None:
            yield Piece(markup[begun:seen], host)
            begun = seen
    yield Piece(markup[begun:])
