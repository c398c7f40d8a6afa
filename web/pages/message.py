"""`GET /messages/{id}`: one message as HTML, text, headers, raw or hex, with all that is known.

`?view=` chooses how, `?charset=` reads the text with another charset. The HTML itself is behind an
address of its own, `web.pages.message_html`.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response

from mail.message import read_message
from store.conversations import ThreadMessage, conversation_of
from store.reading import MessageView, text_of
from web.asked import address, chosen, search_came_from
from web.errors import BadRequest
from web.house import house_of
from web.language import N_
from web.letters import letter_of, require_message
from web.render import render

CHARSETS = (
    "utf-8",
    "cp949",
    "iso-2022-kr",
    "shift_jis",
    "iso-2022-jp",
    "gb18030",
    "big5",
    "windows-1252",
)
HEADER_BYTES = 64 << 10
RAW_BYTES = 256 << 10
HEX_BYTES = 4096
HEX_ROW = 16


class Look(StrEnum):
    """How a message is looked at."""

    HTML = "html"
    TEXT = "text"
    HEADERS = "headers"
    RAW = "raw"
    HEX = "hex"


LOOKS = {
    Look.HTML: N_("Formatted"),
    Look.TEXT: N_("Text"),
    Look.HEADERS: N_("Headers"),
    Look.RAW: N_("Raw"),
    Look.HEX: N_("Bytes"),
}
DATE_SOURCES = {
    "date": N_("from its Date header"),
    "received": N_("from a Received header, for want of a usable Date"),
    "separator": N_("from the separator line, for want of a usable Date"),
    "resent_date": N_("from its Resent-Date header, for want of a usable Date"),
    "none": N_("unknown: no header has a usable date"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A way to look, as a link."""

    title: str
    address: str
    is_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePageView:
    """The message, and the body as it was asked for. `cut` says the body goes on."""

    message: MessageView
    came_from: str  # the query of the search it was opened from, "" for none
    look: Look
    tabs: tuple[Tab, ...]
    body: str | None
    cut: bool
    charset: str | None
    charsets: tuple[str, ...]
    remote: bool
    frame: str
    date_source: str
    conversation: tuple[ThreadMessage, ...]


def message_page(request: Request) -> Response:
    """The page. Raises NotFound."""
    message = require_message(request)
    look = chosen(request, "view", Look) or (Look.HTML if message.has_html else Look.TEXT)
    charset = charset_of(request)
    body, cut = _body(request, message, look=look, charset=charset)
    here, remote = f"/messages/{message.place.name}", request.query_params.get("remote") == "1"
    came_from = search_came_from(request)
    view = MessagePageView(
        message=message,
        came_from=came_from,
        look=look,
        tabs=_tabs(here, message, look=look, charset=charset, came_from=came_from),
        body=body,
        cut=cut,
        charset=charset,
        charsets=CHARSETS,
        remote=remote,
        frame=address(f"{here}/html", charset=charset, remote="1" if remote else None),
        date_source=DATE_SOURCES.get(message.date_source, str(message.date_source)),
        conversation=_conversation(request, message),
    )
    return render(request, "pages/message.html", view)


def _conversation(request: Request, message: MessageView) -> tuple[ThreadMessage, ...]:
    """What it answers and what answers it; empty when it stands alone."""
    with house_of(request).database.read() as connection:
        found = conversation_of(connection, message.first.id)
    return found if len(found) > 1 else ()


def charset_of(request: Request) -> str | None:
    """The charset asked for. Raises BadRequest for one that does not exist."""
    name = request.query_params.get("charset") or None
    if name is None:
        return None
    try:
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        raise BadRequest("There is no such charset.") from None


def _tabs(
    here: str, message: MessageView, *, look: Look, charset: str | None, came_from: str
) -> tuple[Tab, ...]:
    return tuple(
        Tab(
            title=title,
            address=address(here, view=name, charset=charset, **{"from": came_from}),
            is_here=name is look,
        )
        for name, title in LOOKS.items()
        if name is not Look.HTML or message.has_html
    )


def _body(
    request: Request, message: MessageView, *, look: Look, charset: str | None
) -> tuple[str | None, bool]:
    house, place = house_of(request), message.place
    if look is Look.HTML:
        return None, False
    if look is Look.TEXT and charset is None:
        with house.database.read() as connection:
            return text_of(connection, place.id) or "", message.text_cut
    separator = message.separator_length
    if look is Look.TEXT:
        letter = letter_of(house, place, separator_length=separator)
        read = read_message(letter.raw, rule=letter.rule, charset=charset, whole=letter.whole)
        return read.text, read.text_cut
    sizes = {Look.HEADERS: HEADER_BYTES, Look.RAW: RAW_BYTES, Look.HEX: HEX_BYTES}
    letter = letter_of(house, place, separator_length=separator, at_most=sizes[look])
    if look is Look.HEX:
        return hex_lines(letter.separator + letter.raw, first=place.offset), not letter.whole
    readable = letter.raw.decode(charset or "utf-8", "replace").replace("\r\n", "\n")
    if look is Look.HEADERS:
        head, _, rest = readable.partition("\n\n")
        return head, not rest and not letter.whole
    return readable, not letter.whole


def hex_lines(data: bytes, *, first: int) -> str:
    """Offset in the file, bytes, and their ASCII, sixteen a line."""
    rows = ((first + at, data[at : at + HEX_ROW]) for at in range(0, len(data), HEX_ROW))
    return "\n".join(f"{at:010x}  {row.hex(' '):<48} {_ascii(row)}" for at, row in rows)


def _ascii(row: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
