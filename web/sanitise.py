"""HTML from mail, made harmless: no script, no form, no style that reaches out, no remote content.

The answer is shown in a sandboxed frame with a policy of its own (`web.pages.message_html`); this
is the first of the two nets, and must hold alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import nh3

from mail.html import has_crowded_tag, is_deep
from web.disguised import Piece, pieces_of
from web.html_pieces import CannotBeCut, pieces_by_weight
from web.in_place import in_place
from web.tags import TAG

TAGS = frozenset(
    """a abbr address article aside b bdi big blockquote br caption center cite code col
    colgroup dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6
    header hr i img ins kbd li main mark nav ol p pre q rp rt ruby s samp section small span
    strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr""".split()  # noqa: SIM905 - read as a text
)
CONTENT_GOES_TOO = frozenset({"script", "style", "title", "template", "noscript", "svg", "math"})
EVERYWHERE = {"align", "bgcolor", "dir", "height", "lang", "style", "title", "valign", "width"}
ATTRIBUTES: dict[str, set[str]] = {
    "*": EVERYWHERE,
    "a": {"href", "name"},
    "img": {"alt", "src", "border"},
    "font": {"color", "face", "size"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap", "scope"},
    "col": {"span"},
    "ol": {"start", "type"},
    "time": {"datetime"},
}
# No property that can fetch (background, list-style, content, cursor) or lay itself over others;
# no element that turns letters around (bdo). What moves text by numbers: `web.in_place`.
STYLES = frozenset(
    """background-color border border-bottom border-bottom-color border-bottom-style
    border-bottom-width border-collapse border-color border-left border-radius border-right
    border-spacing border-style border-top border-width color direction display float font
    font-family font-size font-style font-variant font-weight height letter-spacing line-height
    margin margin-bottom margin-left margin-right margin-top max-height max-width min-width
    overflow-wrap padding padding-bottom padding-left padding-right padding-top text-align
    text-decoration text-indent text-transform vertical-align white-space width word-break
    word-wrap""".split()  # noqa: SIM905
)
LINKS = ("http://", "https://", "mailto:")
REMOTE = ("http://", "https://", "//")
# How an own picture stands in cleaned markup.
OWN_PICTURE = re.compile(r' src="cid:([0-9]+)"')
# Cleaning takes half a second for a million of them: what lies behind is cut off, and said.
MAX_CHARS = 500_000
# Parsing time grows with depth: nobody writes a letter this deep.
MAX_OPEN_TAGS = 60_000
MAX_UNCERTAIN_ATTRIBUTES = 100_000
# A value longer than these is left out with its attribute.
LONGEST_VALUE, LONGEST_LINK = 4_000, 8_000
# Own pictures as data: addresses: such a one stands in a piece unasked, and all of them together
# take so much when they were asked for.
SMALL_PICTURE, ALL_PICTURES = 60_000, 12 << 20
# What a link takes besides itself when it is marked as leading elsewhere.
_MARKED_LINK = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeHtml:
    """One piece of what may be shown, and what is known of the whole.

    `too_large` says that nothing is shown; `cut` that the body goes on behind the last piece.
    `pieces` are its markup, cut after each link that leads elsewhere than its text says; own
    pictures stand in it as `cid:` and their place in `own`.
    """

    pieces: tuple[Piece, ...] = ()
    too_large: bool = False
    cut: bool = False
    number: int = 1  # which piece of how many
    numbers: int = 1
    remote: int = 0  # pictures from elsewhere
    hosts: tuple[str, ...] = ()  # that they would come from
    own: tuple[str, ...] = ()  # content ids
    heavy: frozenset[str] = frozenset()  # content ids of own pictures that are left out

    @property
    def disguised(self) -> int:
        """How many links lead elsewhere than their text says."""
        return sum(piece.leads_to is not None for piece in self.pieces)


@dataclass(slots=True)
class _Judge:
    """Decides about attributes, and counts the pictures."""

    pictures: Mapping[str, int]
    allow_remote: bool
    all_pictures: bool
    remote: int = 0
    hosts: dict[str, None] = field(default_factory=dict)
    own: dict[str, int] = field(default_factory=dict)
    heavy: set[str] = field(default_factory=set)
    room: int = ALL_PICTURES

    def __call__(self, tag: str, name: str, value: str) -> str | None:
        """The value as it may stand; None to leave the attribute out."""
        if name == "href":
            is_link = value.strip().lower().startswith(LINKS) and len(value) <= LONGEST_LINK
            return value if is_link else None
        if (tag, name) != ("img", "src"):
            return value if len(value) <= LONGEST_VALUE else None
        if value.lower().startswith("cid:"):
            return self._own(unquote(value[4:]).strip("<>"))
        if not value.strip().lower().startswith(REMOTE):
            return None
        self.remote += 1
        self.hosts[_host(value)] = None
        return value if self.allow_remote and len(value) <= LONGEST_LINK else None

    def _own(self, content_id: str) -> str | None:
        size = self.pictures.get(content_id)
        if size is None:
            return None
        if size > (self.room if self.all_pictures else min(self.room, SMALL_PICTURE)):
            self.heavy.add(content_id)
            return None
        self.room -= size
        return f"cid:{self.own.setdefault(content_id, len(self.own))}"

    def weight_of_tag(self, name: str, tag: str) -> int:
        """Of a start tag in a piece, with the picture that stands in it."""
        weight = len(tag.encode("utf-8", "replace"))
        if name == "a":
            return 2 * weight + _MARKED_LINK
        if name == "img" and not self.all_pictures and (found := OWN_PICTURE.search(tag)):
            weight += self.pictures[tuple(self.own)[int(found[1])]]
        return weight


def _host(address: str) -> str:
    try:
        return (urlsplit(address.strip()).hostname or "")[:253]
    except ValueError:  # an address that is none
        return ""


def sanitise(
    html: str,
    *,
    pictures: Mapping[str, int],
    allow_remote: bool,
    all_pictures: bool = False,
    piece: int = 1,
) -> SafeHtml:
    """Clean a body and give one piece of it, the last one for a number beyond it.

    `pictures` maps content ids of the message's own parts to the bytes of their data: addresses.
    """
    cut = len(html) > MAX_CHARS
    if cut:
        html = html[: max(html.rfind("<", 0, MAX_CHARS), MAX_CHARS - LONGEST_LINK)]
    if html.count("<") > MAX_OPEN_TAGS or _is_bomb(html):
        return SafeHtml(too_large=True)
    judge = _Judge(pictures, allow_remote, all_pictures)
    markup = nh3.clean(
        html,
        tags=set(TAGS),
        clean_content_tags=set(CONTENT_GOES_TOO),
        attributes=ATTRIBUTES,
        attribute_filter=judge,
        url_schemes={"http", "https", "mailto", "cid"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=set(STYLES),
        link_rel="noopener noreferrer",
    )
    try:
        pieces = pieces_by_weight(markup, weight_of_tag=judge.weight_of_tag)
    except CannotBeCut:
        return SafeHtml(too_large=True)
    number = min(max(piece, 1), len(pieces))
    return SafeHtml(
        pieces=pieces_of(in_place(pieces[number - 1])),
        cut=cut,
        number=number,
        numbers=len(pieces),
        remote=judge.remote,
        hosts=tuple(sorted(judge.hosts)),
        own=tuple(judge.own),
        heavy=frozenset(judge.heavy),
    )


def with_pictures(markup: str, addresses: Mapping[str, str], own: Sequence[str]) -> str:
    """A piece's markup with addresses of the own pictures in it, by content id."""

    def put_in(tag: re.Match[str]) -> str:
        if tag[2].lower() != "img" or tag[1]:
            return tag[0]
        return OWN_PICTURE.sub(
            lambda one: f' src="{addresses.get(own[int(one[1])], "")}"', tag[0], count=1
        )

    return TAG.sub(put_in, markup)


def own_pictures_in(markup: str, own: Sequence[str]) -> set[str]:
    """The content ids of the own pictures that stand in a piece."""
    tags = (tag[0] for tag in TAG.finditer(markup) if tag[2].lower() == "img")
    return {own[int(found[1])] for tag in tags if (found := OWN_PICTURE.search(tag))}


def _is_bomb(html: str) -> bool:
    """Whether attributes without number, or styles that stay open, would hold the console up."""
    return is_deep(html) or has_crowded_tag(html, uncertain=MAX_UNCERTAIN_ATTRIBUTES)
