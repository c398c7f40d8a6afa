"""The body of a message as it was asked for: its text, headers, bytes, or the tree of its parts.

A page of it at a time, each light enough to be sent (`web.cuts`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobs.rereading import CannotRead, Wish, look_in_a_child
from mail.message import read_message
from mail.tree import Node, tree_of
from store.reading import MessageView, text_of
from store.results import Marked
from web.cuts import PAGE_BYTES, Stretch, cuts_by_weight, cuts_of, stretch_of, weight_of
from web.found_marks import MOST_ON_A_PAGE, FoundMarks, part_of
from web.house import House
from web.letters import SURELY_LIGHT_BYTES, Letter, letter_of, window_of
from web.looks import Look
from web.message_links import MessageLinks
from web.raw_pages import raw_page
from web.shown import LONGEST_WORD

# Most headers end within the first, none that is read goes on beyond the second.
SOME_BYTES, HEADER_BYTES = 64 << 10, 2 << 20
_HEADER_END = re.compile(rb"(?<=\n)\r?\n|\A\r?\n")
# Parts on one page of the tree, and what the markup around the words of one takes.
PARTS, _AROUND_PART = 100, 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is shown. `cut` says that the message goes on behind what can be looked at.

    `stretch` is None where nothing is paged; `found` counts the hits in the whole text, of which
    this page has `marked_first` marked, where it has more; `to_found` leads to the page of the
    first one when this page has none. `why` says in one sentence why nothing can be shown.
    """

    text: Marked | None = None
    cut: bool = False
    stretch: Stretch | None = None
    tree: tuple[Node, ...] = ()
    found: int = 0
    found_more: bool = False
    marked_first: int | None = None
    to_found: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a body was asked for: by which look and charset, and from which place on."""

    look: Look
    charset: str | None
    at: int
    links: MessageLinks
    marks: FoundMarks

    def page_at(self, at: int) -> str:
        """The address of another page of the same."""
        return self.links.to(self.look, at=at)


def body_of(house: House, message: MessageView, asked: Asked) -> Body:
    """The body. Raises HTTPException 410 when the message's bytes are gone."""
    match asked.look:
        case Look.TEXT:
            return _text(house, message, asked)
        case Look.PARTS:
            return _parts(_letter(house, message), asked)
        case Look.HEADERS:
            return _headers(house, message, asked)
        case Look.RAW:
            return _raw(house, message, asked)
        case _:  # shown in a frame, and by `web.hexdump`
            return Body()


def stored_text(house: House, message: MessageView) -> str:
    """The text as it is searched."""
    with house.database.read() as connection:
        return text_of(connection, message.place.id) or ""


def _text(house: House, message: MessageView, asked: Asked) -> Body:
    if asked.charset is None:
        return _paged(stored_text(house, message), asked, cut=message.text_cut)
    if message.size > SURELY_LIGHT_BYTES:
        return _read_beside(house, message, asked)
    letter = _letter(house, message)
    read = read_message(letter.raw, rule=letter.rule, charset=asked.charset, whole=letter.whole)
    return _paged(read.text, asked, cut=read.text_cut)


def _read_beside(house: House, message: MessageView, asked: Asked) -> Body:
    """The text of a long message by another charset: read by a process that may be ended."""
    wish = Wish(
        key=message.place.id,
        charset=asked.charset,
        dialect=message.choice("rule"),
        wide=False,
        actor="",  # nothing is stored
    )
    try:
        read = look_in_a_child(house.config, wish, whole=True)
    except CannotRead as error:
        return Body(why=str(error))
    return _paged(read.text, asked, cut=read.cut)


def _paged(text: str, asked: Asked, *, cut: bool) -> Body:
    stretch = stretch_of(cuts_of(text), len(text), at=asked.at, page_at=asked.page_at)
    whole, is_more = asked.marks.in_text(text)
    shown = part_of(whole, stretch.start, stretch.stop)
    first = whole.ranges[0][0] if whole.ranges and not shown.ranges else None
    are_many = len(shown.ranges) > MOST_ON_A_PAGE
    return Body(
        text=Marked(shown.text, shown.ranges[:MOST_ON_A_PAGE]),
        cut=cut and stretch.next is None,
        stretch=stretch,
        found=len(whole.ranges),
        found_more=is_more,
        marked_first=MOST_ON_A_PAGE if are_many else None,
        to_found=None if first is None else asked.page_at(first),
    )


def _headers(house: House, message: MessageView, asked: Asked) -> Body:
    skip, place = message.separator_length, message.place
    head = window_of(house, place, start=skip, length=SOME_BYTES)
    end = _HEADER_END.search(head)
    if end is None and len(head) == SOME_BYTES:
        head = window_of(house, place, start=skip, length=HEADER_BYTES)
        end = _HEADER_END.search(head)
    text = head[: end.start() if end else None].decode(_charset(message, asked), "replace")
    text = text.replace("\r\n", "\n").removesuffix("\n")
    cut = end is None and skip + len(head) < place.length
    body = _paged(text, asked, cut=cut)
    return Body(text=body.text, cut=body.cut, stretch=body.stretch)


def _raw(house: House, message: MessageView, asked: Asked) -> Body:
    text, stretch = raw_page(
        house,
        message.place,
        skip=message.separator_length,
        charset=_charset(message, asked),
        at=asked.at,
        page_at=asked.page_at,
    )
    return Body(text=Marked(text), stretch=stretch)


def _charset(message: MessageView, asked: Asked) -> str:
    return asked.charset or message.choice("charset") or "utf-8"


def _parts(letter: Letter, asked: Asked) -> Body:
    if not letter.whole or letter.is_heavy:
        return Body(cut=True)
    tree = tree_of(letter.raw, rule=letter.rule)
    cuts = cuts_by_weight(map(_weight_of_part, tree), room=PAGE_BYTES, most=PARTS)
    stretch = stretch_of(cuts, len(tree), at=asked.at, page_at=asked.page_at)
    return Body(tree=tree[stretch.start : stretch.stop], stretch=stretch)


def _weight_of_part(node: Node) -> int:
    words = (node.content_type, node.charset, node.encoding, node.filename)
    return _AROUND_PART + sum(weight_of((word or "")[:LONGEST_WORD]) for word in words)


def _letter(house: House, message: MessageView) -> Letter:
    return letter_of(
        house,
        message.place,
        separator_length=message.separator_length,
        dialect=message.choice("rule"),
    )
