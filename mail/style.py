"""Which styles keep an element out of sight, in its own attribute or in a style sheet.

Mail hides a line for the list of messages (a preheader) in many ways; only those that hide it
from everybody count, so rules for small screens or for printing (@media) are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_ZERO = r"\s*:\s*[+-]?0(?![.\d]*[1-9])"
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size" + _ZERO + "|"
    r"(?:^|[;{\s])opacity" + _ZERO,
    re.IGNORECASE,
)
_NO_ROOM = re.compile(r"(?:^|[;{\s])(?:max-)?(?:height|width)" + _ZERO, re.IGNORECASE)
_CLIPPED = re.compile(r"overflow\s*:\s*hidden", re.IGNORECASE)
_BRACE = re.compile(r"[{}]")
_SIMPLE = re.compile(r"([A-Za-z][A-Za-z0-9]*)?([.#])([\w-]+)\Z")
_LONGEST_SHEET = 200_000


class Hidden(NamedTuple):
    """What style sheets hide: (element or "", "." or "#", class or id)."""

    selectors: frozenset[tuple[str, str, str]]

    def hides(self, tag: str, *, names: str | None, identity: str | None) -> bool:
        """Whether an element of these classes and this id is kept out of sight."""
        marks = [(".", name) for name in (names or "").split()]
        marks += [("#", identity)] if identity else []
        return any(
            ("", sign, name) in self.selectors or (tag, sign, name) in self.selectors
            for sign, name in marks
        )


def is_hiding(declarations: str) -> bool:
    """Whether the declarations of a style attribute or a rule hide what they stand at."""
    if _HIDING.search(declarations):
        return True
    clipped = _CLIPPED.search(declarations)
    return clipped is not None and _NO_ROOM.search(declarations) is not None


def hidden_by(sheets: Iterable[str]) -> Hidden:
    """What the sheets hide by plain selectors: a class or an id, perhaps of one element."""
    found: set[tuple[str, str, str]] = set()
    for sheet in sheets:
        for selectors, declarations in _rules(sheet[:_LONGEST_SHEET]):
            if is_hiding(declarations):
                found.update(_plain(selectors))
    return Hidden(frozenset(found))


def _plain(selectors: str) -> Iterable[tuple[str, str, str]]:
    for selector in selectors.split(","):
        simple = _SIMPLE.match(selector.strip())
        if simple:
            yield (simple.group(1) or "").lower(), simple.group(2), simple.group(3)


def _rules(sheet: str) -> Iterable[tuple[str, str]]:
    """Selectors and declarations of the rules that stand in no other block."""
    sheet = without(sheet, "/*", "*/").replace("<!--", "").replace("-->", "")
    depth = deepest = last = opened = 0
    for brace in _BRACE.finditer(sheet):
        if brace.group() == "{":
            if depth == 0:
                opened, deepest = brace.start(), 0
            depth += 1
            deepest = max(deepest, depth)
        elif depth:
            depth -= 1
            if depth == 0:
                if deepest == 1:
                    yield sheet[last:opened], sheet[opened + 1 : brace.start()]
                last = brace.end()


def without(text: str, opening: str, closing: str) -> str:
    """The text without what stands between two marks, in time linear to its length."""
    folded = text.lower() if len(text.lower()) == len(text) else text
    kept, at = [], 0
    while (begin := folded.find(opening, at)) >= 0:
        kept.append(text[at:begin])
        end = folded.find(closing, begin + len(opening))
        at = len(text) if end < 0 else end + len(closing)
    return "".join((*kept, text[at:]))
