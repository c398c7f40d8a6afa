"""`GET /messages/{id}/parts/{path}`: one part, always as a download.

Never shown from our own address: an HTML or SVG attachment would speak in our name.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mail.part import part_bytes
from web.errors import NotFound
from web.house import house_of
from web.language import N_
from web.letters import letter_of, require_message

TOO_HEAVY = N_("This message holds too much to be taken apart here. Download the whole message.")


def part_download(request: Request) -> Response:
    """The decoded bytes. Raises NotFound, and HTTPException 410 when they are gone, 413 when taking
    the message apart would hold the console up, or reach its beginning alone.
    """
    message, path = require_message(request), str(request.path_params["path"])
    letter = letter_of(
        house_of(request),
        message.place,
        separator_length=message.separator_length,
        dialect=message.choice("rule"),
    )
    if letter.is_heavy or not letter.whole:
        raise HTTPException(413, TOO_HEAVY)
    try:
        content = part_bytes(letter.raw, path, rule=letter.rule)
    except KeyError:
        raise NotFound("This message has no such part.") from None
    # The tree of parts offers texts too, which have no name of their own.
    names = (part.filename for part in message.attachments if part.path == path)
    return Response(
        content,
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": disposition(next(names, None) or f"part-{path}"),
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )


def disposition(filename: str) -> str:
    """To be saved under that name (RFC 6266): plain ASCII for old programs, UTF-8 for the rest."""
    plain = "".join(
        character if character.isascii() and character.isprintable() else "_"
        for character in filename
    )
    quoted = plain.replace("\\", "_").replace('"', "_")
    exact = quote(filename.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{quoted}\"; filename*=UTF-8''{exact}"
