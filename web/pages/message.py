"""`GET /messages/{id}`: one message as HTML, text, headers, raw or hex, with all that is known.

`?view=` chooses how, `?charset=` reads the text with another charset; `?at=`, `?piece=`, `?files=`,
`?defects=` and `?talk=` say which page of what does not fit one. The HTML itself is behind an
address of its own, `web.pages.message_html`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from store.conversations import ThreadMessage, conversation_of
from store.document import Field
from store.places import ChunkPlace, place_of_byte
from store.reading import MessageView, Place
from store.results import Marked
from web.asked import address, chosen, search_came_from, text_of, whole
from web.bodies import Asked, Body, body_of, stored_text
from web.charsets import CharsetChoice, charset_choice, charset_in
from web.cuts import Stretch, stretch_of
from web.errors import BadRequest
from web.formatted import Formatted, HowFormatted, formatted_of
from web.found_marks import found_marks
from web.hexdump import HexPage, hex_page
from web.house import house_of
from web.language import N_
from web.letters import require_message
from web.looks import LOOKS, Look, frame_height
from web.message_links import MessageLinks
from web.message_lists import (
    Listed,
    ShownDefect,
    ShownFile,
    Some,
    Talk,
    defects_shown,
    files_shown,
    some_labels,
    some_places,
    talk_shown,
)
from web.neighbours import Neighbours, neighbours_of
from web.passed_over import pass_over
from web.people_shown import ShownPeople, people_shown
from web.render import render
from web.shown_charset import ShownAs, shown_as

LONGEST_TITLE, LONGEST_SUBJECT = 200, 1_000
MOST_BESIDE = 6_000
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
class Frame:
    """The formatted body: where it is, how high, what was left out of it, and its other pieces."""

    formatted: Formatted
    source: str
    height: str
    remote: bool
    all_pictures: bool
    with_remote: str
    with_pictures: str
    plainly: str
    stretch: Stretch | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePageView:
    """The message, and the body as it was asked for."""

    message: MessageView
    title: str
    subject: Marked
    subject_cut: bool
    came_from: str  # the query of the search it was opened from, "" for none
    carried: str  # of it, what links carry
    beside: Neighbours | None  # in that search
    look: Look
    tabs: tuple[Tab, ...]
    headers: str  # addresses of other looks
    plain_text: str
    raw: str
    body: Body
    hex: HexPage | None
    frame: Frame | None
    charset: str | None
    other_charset: ShownAs | None  # than the one it is kept by
    choice: CharsetChoice
    chunk: ChunkPlace | None
    people: tuple[ShownPeople, ...]
    came_labels: Some[str]
    own_labels: Some[str]
    copies: Some[Place]
    variants: Some[Place]
    files: Listed[ShownFile]
    defects: Listed[ShownDefect]
    date_source: str
    conversation: Listed[Talk] | None


def message_page(request: Request) -> Response:
    """The page. Raises NotFound."""
    house, message = house_of(request), require_message(request)
    look = chosen(request, "view", Look) or (Look.HTML if message.has_html else Look.TEXT)
    charset, came_from = charset_of(request), search_came_from(request)
    here = f"/messages/{message.place.name}"
    links = MessageLinks(path=here, came_from=came_from, charset=charset)
    marks = found_marks(came_from)
    asked = Asked(
        look=look, charset=charset, at=whole(request, "at") or 0, links=links, marks=marks
    )
    subject = message.subject or ""
    view = MessagePageView(
        message=message,
        title=subject[:LONGEST_TITLE],
        subject=marks.on(subject, Field.SUBJECT, most=LONGEST_SUBJECT),
        subject_cut=len(subject) > LONGEST_SUBJECT,
        came_from=came_from,
        carried=links.carried,
        beside=_beside(request, message, came_from) if came_from else None,
        look=look,
        tabs=_tabs(links, message, look=look),
        headers=links.to(Look.HEADERS),
        plain_text=links.to(Look.TEXT),
        raw=links.to(Look.RAW),
        body=body_of(house, message, asked),
        hex=hex_page(request, message.place) if look is Look.HEX else None,
        frame=_frame(request, message, links) if look is Look.HTML else None,
        charset=charset,
        other_charset=shown_as(message, links, look),
        choice=charset_choice(charset),
        chunk=_chunk(request, message),
        people=people_shown(message, marks),
        came_labels=some_labels(message.came_labels),
        own_labels=some_labels(message.own_labels, own=True),
        copies=some_places(message.copies),
        variants=some_places(message.variants),
        files=files_shown(
            message.attachments,
            marks,
            at=whole(request, "files") or 0,
            page_at=lambda at: links.to(look, "parts", files=at),
        ),
        defects=defects_shown(
            message.defects,
            at=whole(request, "defects") or 0,
            page_at=lambda at: links.to(look, "defects", defects=at),
        ),
        date_source=DATE_SOURCES.get(message.date_source, str(message.date_source)),
        conversation=_conversation(request, message, links, look=look),
    )
    return render(request, "pages/message.html", view)


def _beside(request: Request, message: MessageView, came_from: str) -> Neighbours:
    """The hits beside it; of a very long query only the way back, as each link holds all of it."""
    if len(came_from) > MOST_BESIDE:
        return Neighbours(previous=None, next=None, back=f"/search?{came_from}")
    return neighbours_of(request, message.first.id, came_from)


def how_formatted(request: Request) -> HowFormatted:
    """How the formatted body is asked for, by its page or by its frame."""
    return HowFormatted(
        charset=charset_of(request),
        allow_remote=text_of(request, "remote") == "1",
        all_pictures=text_of(request, "pictures") == "1",
        piece=whole(request, "piece") or 1,
        marks=found_marks(search_came_from(request)),
    )


def _frame(request: Request, message: MessageView, links: MessageLinks) -> Frame:
    house, how = house_of(request), how_formatted(request)
    asked: dict[str, object] = {
        "remote": "1" if how.allow_remote else None,
        "pictures": "1" if how.all_pictures else None,
    }
    formatted = formatted_of(house, message, how, for_frame=False)
    html = formatted.html
    number = html.number if html else 1
    pictures = sum(one.content_id is not None for one in message.attachments)

    def piece_at(piece: int) -> str:
        return links.to(Look.HTML, piece=piece, **asked)

    return Frame(
        formatted=formatted,
        source=address(
            f"{links.path}/html",
            charset=how.charset,
            **asked,
            piece=number if number > 1 else None,
            **{"from": links.carried},
        ),
        height=frame_height(stored_text(house, message), pictures=pictures),
        remote=how.allow_remote,
        all_pictures=how.all_pictures,
        with_remote=links.to(Look.HTML, piece=number, **{**asked, "remote": "1"}),
        with_pictures=links.to(Look.HTML, piece=number, **{**asked, "pictures": "1"}),
        plainly=links.to(Look.HTML, piece=number),
        stretch=_pieces(number, html.numbers, piece_at) if html else None,
    )


def _pieces(number: int, numbers: int, piece_at: Callable[[int], str]) -> Stretch:
    found = stretch_of(range(numbers), numbers, at=number - 1, page_at=lambda at: piece_at(at + 1))
    return replace(found, page=number, pages=numbers)


def _chunk(request: Request, message: MessageView) -> ChunkPlace | None:
    """The chunk of a job that its bytes were read in."""
    place = message.place
    with house_of(request).database.read() as connection:
        return place_of_byte(connection, upload_id=place.upload_id, offset=place.offset)


def _conversation(
    request: Request, message: MessageView, links: MessageLinks, *, look: Look
) -> Listed[Talk] | None:
    """What it answers and what answers it; None when it stands alone."""
    found = _talk(request, message)
    if len(found) < 2:
        return None
    asked = whole(request, "talk")
    mine = next((at for at, one in enumerate(found) if one.id == message.first.id), 0)
    return talk_shown(
        found,
        at=mine if asked is None else asked - 1,
        page_at=lambda at: links.to(look, "conversation", talk=at + 1),
    )


def _talk(request: Request, message: MessageView) -> tuple[ThreadMessage, ...]:
    with house_of(request).database.read() as connection:
        return conversation_of(connection, message.first.id)


def charset_of(request: Request) -> str | None:
    """The charset asked for; one that does not exist is passed over, and told."""
    asked = {name: text_of(request, name) for name in ("charset", "other_charset")}
    try:
        return charset_in(asked)
    except BadRequest:
        name = "other_charset" if asked["other_charset"] else "charset"
        pass_over(request, name, asked[name])
        return None


def _tabs(links: MessageLinks, message: MessageView, *, look: Look) -> tuple[Tab, ...]:
    return tuple(
        Tab(title=title, address=links.to(name), is_here=name is look)
        for name, title in LOOKS.items()
        if name is not Look.HTML or message.has_html
    )
