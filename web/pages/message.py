"""`GET /messages/{id}`: one message as HTML, text, headers, raw or hex, with all that is known.

`?view=` chooses how, `?charset=` reads the text with another charset. The HTML itself is behind an
address of its own, `web.pages.message_html`.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from mail.defect import DefectKind
from store.conversations import ThreadMessage, conversation_of
from store.places import ChunkPlace, place_of_byte
from store.reading import DefectView, MessageView
from web.asked import address, chosen, search_came_from, text_of
from web.bodies import LOOKS, Body, Look, body_of, frame_height, stored_text
from web.charsets import CharsetChoice, charset_choice, charset_in
from web.defect_words import DefectWords, defect_words
from web.errors import BadRequest
from web.hexdump import HexPage, hex_page
from web.house import house_of
from web.language import N_
from web.letters import require_message
from web.neighbours import Neighbours, neighbours_of
from web.passed_over import pass_over
from web.render import render

DATE_SOURCES = {
    "date": N_("from its Date header"),
    "received": N_("from a Received header, for want of a usable Date"),
    "separator": N_("from the separator line, for want of a usable Date"),
    "resent_date": N_("from its Resent-Date header, for want of a usable Date"),
    "none": N_("unknown: no header has a usable date"),
}
# In what a message can be read otherwise than it was found.
CHOICES = {"charset": N_("charset"), "rule": N_("rule"), "limits": N_("limits")}

# Of these defects the evidence is an amount, in words of ours.
SAID_BY_US = frozenset(
    (
        DefectKind.VALUE_CUT,
        DefectKind.TEXT_CUT,
        DefectKind.TIME_CUT,
        DefectKind.ADDRESSES_CUT,
        DefectKind.PARTS_CUT,
        DefectKind.HEADER_TOO_LARGE,
        DefectKind.MESSAGE_ID_LONG,
        DefectKind.UUENCODE_BROKEN,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A way to look, as a link."""

    title: str
    address: str
    is_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDefect:
    """One thing that was wrong, in words: what it means, where it is, the evidence."""

    words: DefectWords
    where: str
    chosen: str  # what a person chose, which lies nowhere in the message; "" for what was found
    what: str
    is_said_by_us: bool  # and not by the mail


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePageView:
    """The message, and the body as it was asked for."""

    message: MessageView
    came_from: str  # the query of the search it was opened from, "" for none
    beside: Neighbours | None  # in that search
    look: Look
    tabs: tuple[Tab, ...]
    body: Body
    hex: HexPage | None
    charset: str | None
    choice: CharsetChoice
    remote: bool
    frame: str
    frame_height: str
    chunk: ChunkPlace | None
    defects: tuple[ShownDefect, ...]
    date_source: str
    conversation: tuple[ThreadMessage, ...]


def message_page(request: Request) -> Response:
    """The page. Raises NotFound."""
    message = require_message(request)
    look = chosen(request, "view", Look) or (Look.HTML if message.has_html else Look.TEXT)
    charset = charset_of(request)
    here, remote = f"/messages/{message.place.name}", text_of(request, "remote") == "1"
    came_from = search_came_from(request)
    view = MessagePageView(
        message=message,
        came_from=came_from,
        beside=neighbours_of(request, message.first.id, came_from) if came_from else None,
        look=look,
        tabs=_tabs(here, message, look=look, charset=charset, came_from=came_from),
        body=body_of(house_of(request), message, look=look, charset=charset),
        hex=hex_page(request, message.place) if look is Look.HEX else None,
        charset=charset,
        choice=charset_choice(charset),
        remote=remote,
        frame=address(f"{here}/html", charset=charset, remote="1" if remote else None),
        frame_height=_frame_height(request, message) if look is Look.HTML else "",
        chunk=_chunk(request, message),
        defects=tuple(
            ShownDefect(
                words=defect_words(one.kind),
                where=one.where,
                chosen=_chosen(one),
                what=_evidence(one),
                is_said_by_us=one.kind in SAID_BY_US,
            )
            for one in message.defects
        ),
        date_source=DATE_SOURCES.get(message.date_source, str(message.date_source)),
        conversation=_conversation(request, message),
    )
    return render(request, "pages/message.html", view)


def _chosen(defect: DefectView) -> str:
    return CHOICES.get(defect.where, "") if defect.kind == DefectKind.READ_BY_CHOICE else ""


def _evidence(defect: DefectView) -> str:
    # For this kind the evidence says in English what its words say in any language.
    return "" if defect.kind == DefectKind.TOO_LARGE else defect.what


def _frame_height(request: Request, message: MessageView) -> str:
    pictures = sum(one.content_id is not None for one in message.attachments)
    return frame_height(stored_text(house_of(request), message), pictures=pictures)


def _chunk(request: Request, message: MessageView) -> ChunkPlace | None:
    """The chunk of a job that its bytes were read in."""
    place = message.place
    with house_of(request).database.read() as connection:
        return place_of_byte(connection, upload_id=place.upload_id, offset=place.offset)


def _conversation(request: Request, message: MessageView) -> tuple[ThreadMessage, ...]:
    """What it answers and what answers it; empty when it stands alone."""
    with house_of(request).database.read() as connection:
        found = conversation_of(connection, message.first.id)
    return found if len(found) > 1 else ()


def charset_of(request: Request) -> str | None:
    """The charset asked for; one that does not exist is passed over, and told."""
    asked = {name: text_of(request, name) for name in ("charset", "other_charset")}
    try:
        return charset_in(asked)
    except BadRequest:
        name = "other_charset" if asked["other_charset"] else "charset"
        pass_over(request, name, asked[name])
        return None


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
