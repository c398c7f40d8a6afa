"""The text that a reader of an HTML body would see.

Style, script, comments and elements hidden by their own style are left out; words that stand in
different cells, lines or paragraphs are never glued, words that markup runs through never torn.
"""

from __future__ import annotations

import html
import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mail.style import Hidden, hidden_by, is_hiding, without

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
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*+)[^<>]*+>")
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
# Styles that the next paragraph takes over when they are not closed.
_REOPENED = frozenset(
    (
        "a",
        "b",
        "big",
        "code",
        "em",
        "font",
        "i",
        "nobr",
        "s",
        "small",
        "strike",
        "strong",
        "tt",
        "u",
    )
)
_SHEET = re.compile(r"<style", re.IGNORECASE)
_NOTHING = Hidden(frozenset())
_ANGLE_IN_VALUE = re.compile(r"=\s*+(?:\"[^\"<>]*+[<>]|'[^'<>]*+[<>])")
_ANGLE_IN_TAG = re.compile(r"<[^<>]*+<")
_LONG_TAG = re.compile(r"<[^<>]{300,}")
_VALUE = re.compile(r"[^\s/>=]\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+')")
_ENDLESS_NUMBER = re.compile(r"&#[0-9]{9,};?")
_SOFT_HYPHEN = "\N{SOFT HYPHEN}"
_SPACES = re.compile(r"[ \t\r\n\f\xa0]+")
_AROUND_BREAK = re.compile(r" *\n[ \n]*")
_BREAKS = re.compile(r"\n{3,}")
# lexbor's time grows with the square of the depth: 100,000 levels take more than ten seconds.
_DEEPEST = 2_000
_FEW_TAGS = 600
_MOST_REOPENED = 1_000_000  # elements made for styles that stay open
# It compares every attribute with those before it in its tag.
_SHORT = 3_000
_MOST_ATTRIBUTES = 100
_MOST_SEPARATORS = 10_000
# Its tree takes some ten times the text's memory.
_LONGEST = 4_000_000


def visible_text(markup: str) -> str:
    """The visible text of an HTML document or fragment, one line for each block."""
    if "<" not in markup:
        return _tidy(_unescaped(markup))
    if len(markup) > _LONGEST or is_costly(markup):
        return _flat_text(markup)
    root = LexborHTMLParser(markup).root
    if root is None:
        return ""
    hidden = _hidden(root) if _SHEET.search(markup) else _NOTHING
    return _tidy("".join(_pieces(root, hidden)))


def _hidden(root: LexborNode) -> Hidden:
    return hidden_by(sheet.text() or "" for sheet in root.css("style"))


def is_costly(markup: str) -> bool:
    """Whether a tree of this markup may take more time or memory than any mail deserves."""
    return is_deep(markup) or has_crowded_tag(markup)


def is_deep(markup: str) -> bool:
    """Whether elements may nest deeper than a tree should be built for.

    Counted for each name apart, because an end tag without its start tag closes nothing. Styles
    that are never closed are made anew in every paragraph, so their number counts many times.
    """
    if markup.count("<") <= _FEW_TAGS:
        return False
    opened: dict[str, int] = {}
    depth = styles = most_styles = 0
    tags = _TAG.findall(markup)
    for closing, written in tags:
        name = written.lower()
        if not closing:
            if name in _VOID:
                continue
            opened[name] = opened.get(name, 0) + 1
            step = 1
        elif opened.get(name):
            opened[name] -= 1
            step = -1
        else:
            continue
        depth += step
        if name in _REOPENED:
            styles += step
            most_styles = max(styles, most_styles)
        if depth > _DEEPEST:
            return True
    return most_styles * len(tags) > _MOST_REOPENED


def has_crowded_tag(markup: str, *, uncertain: int = _MOST_SEPARATORS) -> bool:
    """Whether a tag may have so many attributes that comparing them takes long.

    `uncertain` is how many there may be in markup of which nobody knows where its tags end.
    """
    if len(markup) <= _SHORT:
        return False
    if _ANGLE_IN_VALUE.search(markup) or _ANGLE_IN_TAG.search(markup):
        # Where a tag ends is uncertain, so all of the markup may be one.
        return _separators(markup) > uncertain
    long_tags = (found.group() for found in _LONG_TAG.finditer(markup))
    return any(_separators(_VALUE.sub('"', tag)) > _MOST_ATTRIBUTES for tag in long_tags)


def _separators(markup: str) -> int:
    return sum(map(markup.count, " \t\r\n\f/\"'"))


def _pieces(root: LexborNode, hidden: Hidden) -> list[str]:
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
        elif tag not in _UNSEEN and not _is_hidden(node, tag, hidden):
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


def _is_hidden(node: LexborNode, tag: str, hidden: Hidden) -> bool:
    attributes = node.attributes
    if not attributes:
        return False
    style = attributes.get("style")
    if "hidden" in attributes or (style and is_hiding(style)):
        return True
    if not hidden.selectors:
        return False
    return hidden.hides(tag, names=attributes.get("class"), identity=attributes.get("id"))


def _flat_text(markup: str) -> str:
    """The text of markup too deep or too long for a tree: tags are cut out one by one."""
    for name in ("style", "script", "head"):
        markup = without(markup, f"<{name}", f"</{name}>")
    markup = without(markup, "<!--", "-->")
    return _tidy(_unescaped(_TAG.sub(_tag_space, _SPACES.sub(" ", markup))))


def _unescaped(markup: str) -> str:
    """The markup with its entities as letters; numbers that no letter has would raise."""
    return html.unescape(_ENDLESS_NUMBER.sub("\N{REPLACEMENT CHARACTER}", markup))


def _tag_space(tag: re.Match[str]) -> str:
    return "" if tag.group(2).lower() in _INLINE else "\n"


def _tidy(text: str) -> str:
    text = text.replace("\t", " ").replace("\u200b", "").replace("\u200c", "").replace("\ufeff", "")
    text = text.replace(_SOFT_HYPHEN, "")
    return _BREAKS.sub("\n\n", _AROUND_BREAK.sub("\n", _SPACES_ONLY.sub(" ", text))).strip()


_SPACES_ONLY = re.compile(r"[ \xa0]{2,}|\xa0")
