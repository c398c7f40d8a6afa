"""Mail for programs: one message, its exact bytes. Searching is `web.api.search`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from store.document import Person
from store.reading import AttachmentView, MessageView, Place, find_message, text_of
from store.spool import SpoolError
from store.uploads import require_upload
from web.errors import NotFound, problem
from web.house import House, house_of

BLOCK_BYTES = 1 << 20


def require_message(request: Request) -> MessageView:
    """The message that the address names. Raises NotFound."""
    with house_of(request).database.read() as connection:
        found = find_message(connection, str(request.path_params["public_id"]))
    if found is None:
        raise NotFound("There is no message with this id.")
    return found


def message(request: Request) -> Response:
    """A message with everything that is known of it."""
    found = require_message(request)
    with house_of(request).database.read() as connection:
        text = text_of(connection, found.place.id)
    return JSONResponse(_message_json(found, text=text))


def _message_json(found: MessageView, *, text: str | None) -> dict[str, Any]:
    return {
        "id": found.place.name,
        "upload_id": found.place.upload_id,
        "filename": found.place.filename,
        "offset": found.place.offset,
        "length": found.place.length,
        "separator_length": found.separator_length,
        "kind": found.kind,
        "duplicate_of": None if found.first == found.place else found.first.name,
        "message_id": found.message_id,
        "subject": found.subject,
        "from": _people(found.senders),
        "to": _people(found.to),
        "cc": _people(found.cc),
        "bcc": _people(found.bcc),
        "reply_to": _people(found.reply_to),
        "date": found.sent_at.isoformat() if found.sent_at else None,
        "date_source": found.date_source,
        "date_raw": found.date_raw,
        "date_plausible": found.date_plausible,
        "list_id": found.list_id,
        "list_description": found.list_description,
        "labels": list(found.labels),
        "own_labels": list(found.own_labels),
        "text": text,
        "text_cut": found.text_cut,
        "has_html": found.has_html,
        "deleted_in_source": found.deleted_in_source,
        "attachments": [_attachment_json(one) for one in found.attachments],
        "defects": [
            {"kind": one.kind, "where": one.where, "what": one.what} for one in found.defects
        ],
        "quarantine": {"cause": found.quarantine.cause, "detail": found.quarantine.detail}
        if found.quarantine
        else None,
        "copies": [_place_json(place) for place in found.copies],
        "raw_url": f"/api/messages/{found.place.name}/raw",
    }


def _people(people: tuple[Person, ...]) -> list[dict[str, str | None]]:
    return [{"name": name, "address": address} for name, address in people]


def _attachment_json(one: AttachmentView) -> dict[str, Any]:
    return {
        "path": one.path,
        "filename": one.filename,
        "content_type": one.content_type,
        "size": one.size,
        "sha256": one.sha256,
        "content_id": one.content_id,
    }


def _place_json(place: Place) -> dict[str, Any]:
    return {
        "id": place.name,
        "upload_id": place.upload_id,
        "filename": place.filename,
        "offset": place.offset,
        "length": place.length,
    }


def raw_message(request: Request) -> Response:
    """The exact bytes of a message in its mbox, separator line and trailing blank line included.

    `?separator=0` leaves the separator line out, which makes an .eml of it.
    """
    found = require_message(request)
    house = house_of(request)
    skip = found.separator_length if request.query_params.get("separator") == "0" else 0
    try:
        blocks = _blocks(house, found.place, skip=skip)
        first = next(blocks, b"")
    except SpoolError as error:
        return problem(410, f"The bytes are gone: {error}.")

    def stream() -> Iterator[bytes]:
        yield first
        yield from blocks

    return StreamingResponse(
        stream(),
        media_type="application/octet-stream",
        headers={
            "Content-Length": str(found.place.length - skip),
            "Content-Disposition": f'attachment; filename="{found.place.name}.eml"',
            "X-Mbox-Offset": str(found.place.offset + skip),
        },
    )


def _blocks(house: House, place: Place, *, skip: int) -> Iterator[bytes]:
    with house.database.read() as connection:
        upload = require_upload(connection, place.upload_id)
    with house.spool.source(upload.spool_name, size=upload.size or 0) as source:
        position, stop = place.offset + skip, place.offset + place.length
        while position < stop:
            block = source.read_at(position, min(BLOCK_BYTES, stop - position))
            yield block
            position += len(block)
