"""Cleaned markup in pieces of bounded weight, each whole for itself.

What is open where a piece ends is closed there and opened again in the next; a numbered list goes
on with its numbers, and an item that is cut apart has its number in both. No link is cut apart:
whether one leads where its text says (`web.disguised`) is seen only in the whole of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from web.tags import ATTRIBUTE, TAG, attributes_of

PIECE_BYTES = 100_000
# What is opened again may weigh so much, and a link that does not fit a piece.
_MOST_REOPENED, _LONGEST_LINK = 15_000, 40_000
_TEXT_CHARACTERS = 4_000
_VOID = frozenset({"br", "col", "hr", "img", "wbr"})


class CannotBeCut(Exception):
    """A piece would have to end within a link, or to open too much again."""


@dataclass(slots=True)
class _Open:
    """An element that is not closed yet."""

    name: str
    tag: str  # its whole start tag
    number: int | None = None  # of the next item, of a numbered list

    def from_number(self, number: int) -> str:
        """The start tag of the rest of a numbered list."""
        attributes = ATTRIBUTE.findall(self.tag)
        others = "".join(f' {name}="{value}"' for name, value in attributes if name != "start")
        return f'<ol{others} start="{number}">'


@dataclass(slots=True)
class _Cutter:
    room: int
    pieces: list[str] = field(default_factory=list)
    _now: list[str] = field(default_factory=list)
    _weight: int = 0
    _open: list[_Open] = field(default_factory=list)
    _link: int = 0  # how many links are open
    _link_weight: int = 0

    def take(self, text: str, weight: int) -> None:
        """Something that a piece may end before."""
        if self._link:
            self._link_weight += weight
            if self._link_weight > _LONGEST_LINK:
                raise CannotBeCut
        elif self._now and self._weight + weight > self.room:
            self._cut()
        self._now.append(text)
        self._weight += weight

    def begin(self, name: str, tag: str, weight: int) -> None:
        """A start tag."""
        self.take(tag, weight)
        if name in _VOID:
            return
        if name == "li" and (around := self._list()) and around.number is not None:
            around.number += 1
        self._open.append(_Open(name, tag, _first_number(tag) if name == "ol" else None))
        self._link += name == "a"

    def end(self, name: str, tag: str) -> None:
        """An end tag, which stays with what it ends."""
        self._now.append(tag)
        self._weight += len(tag)
        if self._open and self._open[-1].name == name:
            self._open.pop()
            self._link -= name == "a"
            self._link_weight = self._link_weight if self._link else 0

    def _cut(self) -> None:
        reopened = "".join(self._again())
        if len(reopened.encode()) > _MOST_REOPENED:
            raise CannotBeCut
        closed = "".join(f"</{one.name}>" for one in reversed(self._open))
        self.pieces.append("".join(self._now) + closed)
        self._now = [reopened] if reopened else []
        self._weight = len(reopened.encode()) + len(closed)

    def _list(self) -> _Open | None:
        """The list whose item would begin here."""
        return next((one for one in reversed(self._open) if one.name in ("ol", "ul")), None)

    def _again(self) -> Iterator[str]:
        """The start tags of all that is open, for what follows."""
        for at, one in enumerate(self._open):
            if one.number is None:
                yield one.tag
            else:
                goes_on = at + 1 < len(self._open) and self._open[at + 1].name == "li"
                yield one.from_number(one.number - goes_on)

    def whole(self) -> list[str]:
        """All pieces, the last one included."""
        return [*self.pieces, "".join(self._now)]


def pieces_by_weight(
    markup: str, *, weight_of_tag: Callable[[str, str], int], room: int = PIECE_BYTES
) -> list[str]:
    """The markup in order; one piece where it fits. Raises CannotBeCut.

    `weight_of_tag` is given the name and the whole of a start tag, and answers bytes.
    """
    cutter, seen = _Cutter(room), 0
    for tag in TAG.finditer(markup):
        _take_text(cutter, markup[seen : tag.start()])
        seen, name = tag.end(), tag[2].lower()
        if tag[1]:
            cutter.end(name, tag[0])
        else:
            cutter.begin(name, tag[0], weight_of_tag(name, tag[0]))
    _take_text(cutter, markup[seen:])
    return cutter.whole()


def _first_number(tag: str) -> int:
    try:
        return int(attributes_of(tag).get("start", "1"))
    except ValueError:
        return 1


def _take_text(cutter: _Cutter, text: str) -> None:
    for some in _some_texts(text):
        cutter.take(some, len(some.encode("utf-8", "replace")))


def _some_texts(text: str) -> Iterator[str]:
    """A text in parts that are small beside a piece: cut at blanks, and never within an entity."""
    start = 0
    while len(text) - start > _TEXT_CHARACTERS:
        stop = text.rfind(" ", start, start + _TEXT_CHARACTERS) + 1
        if not stop:
            stop = start + _TEXT_CHARACTERS
            entity = text.rfind("&", stop - 40, stop)
            if entity > start and ";" not in text[entity:stop]:
                stop = entity
        yield text[start:stop]
        start = stop
    if start < len(text):
        yield text[start:]
