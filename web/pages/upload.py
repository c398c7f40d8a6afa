"""`GET /upload`: bring mail in, by dropping a file or by a plain form."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from store.admission import promised_bytes
from store.spool import Room
from store.uploads import Twin
from web.house import house_of
from web.render import render


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadView:
    """What may come in. Sizes in bytes.

    `trouble` is why the last file was not taken, `twin` the earlier upload of its very bytes.
    """

    max_bytes: int
    room: Room
    address: str
    trouble: str | None = None
    twin: Twin | None = None


def upload_page(request: Request) -> Response:
    """The page."""
    return show_upload(request)


def show_upload(
    request: Request, *, trouble: str | None = None, twin: Twin | None = None, status: int = 200
) -> Response:
    """The page, with what came of a file that was sent by the plain form."""
    house = house_of(request)
    with house.database.read() as connection:
        promised = promised_bytes(connection, house.spool)
    room = house.spool.room(promised=promised)
    view = UploadView(
        max_bytes=min(house.config.max_upload_bytes, room.available),
        room=room,
        address=str(request.base_url).rstrip("/"),
        trouble=trouble,
        twin=twin,
    )
    return render(request, "pages/upload.html", view, status=status)
