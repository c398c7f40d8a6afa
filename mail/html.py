"""The text that a reader of an HTML body would see.

Style, script, comments and elements hidden by their own style are left out; words that stand in
different cells, lines or paragraphs are never glued, words that markup runs through never torn.
"""

from __future__ import annotations

import html
import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

_UNSEEN = frozenset(
    ("style", "script", "head", "title", "template", "noscript", "-comment", "object", "svg")
)
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "label",
        "mark",
        "nobr",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "tt",
        "u",
        "var",
        "wbr",
        "o:p",
    ]
)
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])|"
    r"(?:^|[;\s])opacity\s*:\s*0(?:\.0*)?\s*(?:;|$)",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)[^<>]*>")
_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
_SPACES = re.compile(r"[ \t\r\n\f\xa0]+")
_AROUND_BREAK = re.compile(r" *\n[ \n]*")
_BREAKS = re.compile(r"\n{3,}")
# lexbor's time grows with the square of the depth: 100,000 levels take more than ten seconds.
_DEEPEST = 2_000
# Its tree takes some ten times the text's memory.
_LONGEST = 4_000_000


def visible_text(markup: str) -> str:
    """The visible text of an HTML document or fragment, one line for each block."""
    if "<" not in markup:
        return _tidy(html.unescape(markup))
    if len(markup) > _LONGEST or is_deep(markup):
        return _flat_text(markup)
    root = LexborHTMLParser(markup).root
    return _tidy("".join(_pieces(root))) if root else ""


def is_deep(markup: str) -> bool:
    """Whether elements may nest deeper than a tree should be built for."""
    if markup.count("<") <= _DEEPEST:
        return False
    depth = 0
    for tag in _TAG.finditer(markup):
        if tag.group(1):
            depth = max(0, depth - 1)
        elif tag.group(2).lower() not in _VOID:
            depth += 1
            if depth > _DEEPEST:
                return True
    return False


def _pieces(root: LexborNode) -> list[str]:
    """Texts in document order with a line break around everything that is no inline element."""
    pieces: list[str] = []
    node: LexborNode | None = root
    while node is not None:
        tag = node.tag or ""
        entered = False
        if tag == "-text":
            pieces.append(_SPACES.sub(" ", node.text_content or ""))
        elif tag == "br":
            pieces.append("\n")
        elif tag not in _UNSEEN and not _is_hidden(node):
            _break(tag, pieces)
            entered = node.first_child is not None
        node = node.first_child if entered else _after(node, root.mem_id, pieces)
    return pieces


def _after(node: LexborNode, root: int, pieces: list[str]) -> LexborNode | None:
    """The next node in document order that does not lie within `node`."""
    here: LexborNode | None = node
    # Nodes are told apart by their place in memory; comparing them compares their markup.
    while here is not None and here.mem_id != root:
        _break(here.tag or "", pieces)
        if here.next is not None:
            return here.next
        here = here.parent
    return None


def _break(tag: str, pieces: list[str]) -> None:
    if tag not in _INLINE and tag != "-text":
        pieces.append("\t" if tag in ("td", "th") else "\n")


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    if not attributes:
        return False
    return "hidden" in attributes or bool(_HIDDEN_STYLE.search(attributes.get("style") or ""))


def _flat_text(markup: str) -> str:
    """The text of markup too deep or too long for a tree: tags are cut out one by one."""
    for name in ("style", "script", "head"):
        markup = _without(markup, f"<{name}", f"</{name}>")
    markup = _without(markup, "<!--", "-->")
    return _tidy(html.unescape(_TAG.sub(_tag_space, _SPACES.sub(" ", markup))))


def _without(markup: str, opening: str, closing: str) -> str:
    """The markup without what stands between two marks, in time linear to its length."""
    folded = markup.lower() if len(markup.lower()) == len(markup) else markup
    kept, at = [], 0
    while (begin := folded.find(opening, at)) >= 0:
        kept.append(markup[at:begin])
        end = folded.find(closing, begin)
        at = len(markup) if end < 0 else end + len(closing)
    return "".join((*kept, markup[at:]))


def _tag_space(tag: re.Match[str]) -> str:
    return "" if tag.group(2).lower() in _INLINE else "\n"


def _tidy(text: str) -> str:
    text = text.replace("\t", " ").replace("\u200b", "").replace("\u200c", "").replace("\ufeff", "")
    return _BREAKS.sub("\n\n", _AROUND_BREAK.sub("\n", _SPACES_ONLY.sub(" ", text))).strip()


_SPACES_ONLY = re.compile(r"[ \xa0]{2,}|\xa0")
