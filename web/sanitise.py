"""HTML from mail, made harmless: no script, no form, no style that reaches out, no remote content.

The answer is shown in a sandboxed frame with a policy of its own (`web.pages.message_html`); this
is the first of the two nets, and must hold alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

import nh3

from mail.html import has_crowded_tag, is_deep
from web.disguised import Piece, pieces_of
from web.in_place import in_place

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
# Parsing time grows with depth: nobody writes a letter this deep.
MAX_CHARS = 4_000_000
MAX_OPEN_TAGS = 60_000
MAX_UNCERTAIN_ATTRIBUTES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeHtml:
    """What may be shown. `remote` pictures were left out; `too_large` says nothing is shown.

    `pieces` are the markup, cut after each link that leads elsewhere than its text says.
    """

    remote: int
    pieces: tuple[Piece, ...] = ()
    too_large: bool = False

    @property
    def disguised(self) -> int:
        """How many links lead elsewhere than their text says."""
        return sum(piece.leads_to is not None for piece in self.pieces)


def sanitise(html: str, *, pictures: Mapping[str, str], allow_remote: bool) -> SafeHtml:
    """Clean a body. `pictures` maps content ids of the message's own parts to data: addresses."""
    if len(html) > MAX_CHARS or html.count("<") > MAX_OPEN_TAGS or _is_bomb(html):
        return SafeHtml(remote=0, too_large=True)
    remote = 0

    def judge(tag: str, name: str, value: str) -> str | None:
        nonlocal remote
        if name == "href":
            return value if value.strip().lower().startswith(LINKS) else None
        if (tag, name) != ("img", "src"):
            return value
        if value.lower().startswith("cid:"):
            return pictures.get(unquote(value[4:]).strip("<>"))
        if not value.strip().lower().startswith(REMOTE):
            return None
        remote += 1
        return value if allow_remote else None

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
    return SafeHtml(remote=remote, pieces=pieces_of(in_place(markup)))


def _is_bomb(html: str) -> bool:
    """Whether attributes without number, or styles that stay open, would hold the console up."""
    return is_deep(html) or has_crowded_tag(html, uncertain=MAX_UNCERTAIN_ATTRIBUTES)
