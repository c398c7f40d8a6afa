"""The body of a message as it was asked for: its text, headers, bytes, or the tree of its parts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mail.message import read_message
from mail.tree import Node, tree_of
from store.reading import MessageView, text_of
from web.house import House
from web.language import N_
from web.letters import letter_of

HEADER_BYTES = 64 << 10
RAW_BYTES = 256 << 10


class Look(StrEnum):
    """How a message is looked at."""

    HTML = "html"
    TEXT = "text"
    HEADERS = "headers"
    PARTS = "parts"
    RAW = "raw"
    HEX = "hex"


LOOKS = {
    Look.HTML: N_("Formatted"),
    Look.TEXT: N_("Text"),
    Look.HEADERS: N_("Headers"),
    Look.PARTS: N_("Parts"),
    Look.RAW: N_("Raw"),
    Look.HEX: N_("Bytes"),
}
SIZES = {Look.HEADERS: HEADER_BYTES, Look.RAW: RAW_BYTES}
# So many lines of text fit into a frame of that name, see static/lists.css.
FRAMES = ((6, "tiny"), (16, "small"), (32, "middle"))
LETTERS_A_LINE = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is shown. `cut` says that it goes on; `tree` is only there for a look at the parts."""

    text: str | None = None
    cut: bool = False
    tree: tuple[Node, ...] = ()


def body_of(house: House, message: MessageView, *, look: Look, charset: str | None) -> Body:
    """The body. Raises HTTPException 410 when the message's bytes are gone."""
    if look in (Look.HTML, Look.HEX):  # shown in a frame, and by `web.hexdump`
        return Body()
    if look is Look.TEXT and charset is None:
        return Body(text=stored_text(house, message), cut=message.text_cut)
    if look in (Look.TEXT, Look.PARTS):
        return _read_anew(house, message, look=look, charset=charset)
    return _shown_bytes(house, message, look=look, charset=charset)


def stored_text(house: House, message: MessageView) -> str:
    """The text as it is searched."""
    with house.database.read() as connection:
        return text_of(connection, message.place.id) or ""


def _read_anew(house: House, message: MessageView, *, look: Look, charset: str | None) -> Body:
    letter = letter_of(
        house,
        message.place,
        separator_length=message.separator_length,
        dialect=message.choice("rule"),
    )
    if look is Look.PARTS:
        tree = tree_of(letter.raw, rule=letter.rule) if letter.whole else ()
        return Body(tree=tree, cut=not letter.whole)
    read = read_message(letter.raw, rule=letter.rule, charset=charset, whole=letter.whole)
    return Body(text=read.text, cut=read.text_cut)


def _shown_bytes(house: House, message: MessageView, *, look: Look, charset: str | None) -> Body:
    place, separator = message.place, message.separator_length
    letter = letter_of(house, place, separator_length=separator, at_most=SIZES[look])
    charset = charset or message.choice("charset") or "utf-8"
    readable = letter.raw.decode(charset, "replace").replace("\r\n", "\n")
    if look is Look.HEADERS:
        head, _, rest = readable.partition("\n\n")
        return Body(text=head, cut=not rest and not letter.whole)
    return Body(text=readable, cut=not letter.whole)


def frame_height(text: str, *, pictures: int) -> str:
    """How high a frame the formatted body needs, by name: its text tells about how long it is."""
    lines = sum(len(line) // LETTERS_A_LINE + 1 for line in text[:10_000].split("\n"))
    lines += pictures * 12
    return next((name for most, name in FRAMES if lines <= most), "tall")
