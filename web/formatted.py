"""The formatted body of a message, made harmless: a piece of it, and what is known of all."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, replace

from mail.message import body_html
from mail.part import part_bytes
from store.reading import AttachmentView, MessageView
from web.found_marks import FoundMarks
from web.house import House
from web.html_marks import with_marks
from web.letters import Letter, letter_of
from web.sanitise import SafeHtml, own_pictures_in, sanitise, with_pictures

# Formats that are pictures and nothing else; SVG can carry more.
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"})
PICTURE_BYTES = 2 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class HowFormatted:
    """What was asked for: the charset, which piece, and pictures that do not come by themselves."""

    charset: str | None
    allow_remote: bool
    all_pictures: bool
    piece: int
    marks: FoundMarks


@dataclass(frozen=True, slots=True, kw_only=True)
class Formatted:
    """The body; `html` is None when the message has none after all.

    `heavy` own pictures were left out for their weight, `heavy_bytes` in all.
    """

    html: SafeHtml | None
    heavy: int = 0
    found: int = 0  # words of the search, marked in this piece
    found_more: bool = False  # and there are more of them
    heavy_bytes: int = 0


def formatted_of(
    house: House, message: MessageView, how: HowFormatted, *, for_frame: bool
) -> Formatted:
    """The body; with the pictures of the piece in it `for_frame`.

    Raises HTTPException 410 when the message's bytes are gone.
    """
    letter = letter_of(
        house,
        message.place,
        separator_length=message.separator_length,
        dialect=message.choice("rule"),
    )
    if letter.is_heavy:
        return Formatted(html=SafeHtml(too_large=True))
    charset = how.charset or message.choice("charset")
    html = body_html(letter.raw, rule=letter.rule, charset=charset)
    if html is None:
        return Formatted(html=None)
    pictures = {one.content_id: one for one in message.attachments if _is_picture(one)}
    clean = sanitise(
        html,
        pictures={key: _address_bytes(one) for key, one in pictures.items() if key is not None},
        allow_remote=how.allow_remote,
        all_pictures=how.all_pictures,
        piece=how.piece,
    )
    marked, found, is_more = with_marks(clean.pieces, how.marks)
    clean = replace(clean, pieces=marked)
    heavy = [pictures[one] for one in clean.heavy]
    return Formatted(
        html=_filled(clean, pictures.values(), letter) if for_frame else clean,
        heavy=len(heavy),
        found=found,
        found_more=is_more,
        heavy_bytes=sum(one.size for one in heavy),
    )


def _is_picture(part: AttachmentView) -> bool:
    is_one = part.content_id is not None and part.content_type in PICTURES
    return is_one and part.size <= PICTURE_BYTES


def _address_bytes(part: AttachmentView) -> int:
    """How long its data: address is."""
    return len(f"data:{part.content_type};base64,") + (part.size + 2) // 3 * 4


def _filled(clean: SafeHtml, pictures: Iterable[AttachmentView], letter: Letter) -> SafeHtml:
    """With the own pictures as data: addresses, so that the frame fetches nothing."""
    wanted: set[str] = set()
    for piece in clean.pieces:
        wanted |= own_pictures_in(piece.markup, clean.own)
    addresses = {
        one.content_id: address
        for one in pictures
        if one.content_id in wanted and (address := _data_address(one, letter))
    }
    pieces = tuple(
        replace(piece, markup=with_pictures(piece.markup, addresses, clean.own))
        for piece in clean.pieces
    )
    return replace(clean, pieces=pieces)


def _data_address(part: AttachmentView, letter: Letter) -> str:
    try:
        content = part_bytes(letter.raw, part.path, rule=letter.rule)
    except KeyError:  # the bytes were re-read by another rule since
        return ""
    return f"data:{part.content_type};base64,{base64.b64encode(content).decode()}"
