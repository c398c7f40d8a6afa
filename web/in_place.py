"""Styles of a mail without what moves text over other text, or out of sight.

A link that nobody sees, laid over an address that everybody does, leads where no text says. Reads
markup as `nh3` writes it (`web.tags`), whose styles are without comments.
"""

from __future__ import annotations

import re
from html import escape, unescape

from web.tags import ATTRIBUTE, TAG

_DECLARATION = re.compile(r"""(?:"[^"\\]*"|'[^'\\]*'|\([^()"'\\]*\)|[^;()"'\\])+""")
_NUMBER = re.compile(r"([+-]?(?:\d*\.)?\d+(?:e[+-]?\d{1,3})?)(%|[a-z]*)", re.IGNORECASE)
# What moves text; numbers below nothing lay it over other text, these and more push it out.
_MOVES = re.compile(r"margin|padding|text-indent|letter-spacing")
_FAR = {"": 300.0, "px": 300.0, "pt": 225.0, "%": 90.0}
_FAR_OTHERWISE = 30.0
# Lines closer than this run into each other.
_CLOSE = {"": 0.8, "px": 8.0, "pt": 6.0, "%": 80.0}
_CLOSE_OTHERWISE = 0.8
# A box smaller than what is in it lets that hang over what follows: it may be so large at least.
_AT_LEAST = {"height": "min-height", "width": "min-width", "max-height": "", "max-width": ""}
_SMALL_PX = 16.0


def in_place(markup: str) -> str:
    """The markup with text only where the flow of the letter puts it."""
    return TAG.sub(_tag_in_place, markup)


def _tag_in_place(tag: re.Match[str]) -> str:
    if " style=" not in tag[3]:
        return tag[0]
    is_picture = tag[2].lower() == "img"
    return ATTRIBUTE.sub(lambda one: _attribute_in_place(one, is_picture=is_picture), tag[0])


def _attribute_in_place(attribute: re.Match[str], *, is_picture: bool) -> str:
    if attribute[1] != "style":
        return attribute[0]
    text = unescape(attribute[2]).strip("; ")
    said = _DECLARATION.findall(text)
    # Taking a part out of what is not understood might bring to life what stood in a string.
    if ";".join(said) != text:
        return ""
    kept = [put for one in said if (put := _declared(one, is_picture=is_picture))]
    return attribute[0] if kept == said else f' style="{escape(";".join(kept))}"'


def _declared(declaration: str, *, is_picture: bool) -> str:
    """One declaration as it may stand; "" when it may not."""
    name, _, value = declaration.partition(":")
    name, value = name.strip().lower(), value.partition("!")[0].lower()
    if _MOVES.match(name):
        return "" if "(" in value or any(map(_is_out, _NUMBER.finditer(value))) else declaration
    if name == "vertical-align":
        return "" if "(" in value or _NUMBER.search(value) else declaration
    if name in {"line-height", "font"}:
        height = value if name == "line-height" else value.partition("/")[2]
        return "" if "(" in height or any(map(_is_close, _NUMBER.finditer(height))) else declaration
    if name in _AT_LEAST and not is_picture:
        is_small = "(" in value or any(map(_is_small, _NUMBER.finditer(value)))
        least = _AT_LEAST[name]
        return declaration if not is_small else f"{least}:{value.strip()}" if least else ""
    return declaration


def _is_out(number: re.Match[str]) -> bool:
    size = float(number[1])
    return size < 0 or size > _FAR.get(number[2].lower(), _FAR_OTHERWISE)


def _is_close(number: re.Match[str]) -> bool:
    return float(number[1]) < _CLOSE.get(number[2].lower(), _CLOSE_OTHERWISE)


def _is_small(number: re.Match[str]) -> bool:
    # A percentage, or a size by the letters, is large enough above one.
    is_in_dots = number[2].lower() in {"", "px", "pt"}
    return float(number[1]) < (_SMALL_PX if is_in_dots else 1.0)
