"""`GET /upload`: bring mail in, by dropping a file or by a plain form."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from web.house import house_of
from web.render import render


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadView:
    """What may come in. Sizes in bytes; `trouble` is why the last file was not taken."""

    max_bytes: int
    free_bytes: int
    address: str
    trouble: str | None = None


def upload_page(request: Request) -> Response:
    """The page."""
    return show_upload(request)


def show_upload(request: Request, *, trouble: str | None = None, status: int = 200) -> Response:
    """The page, with what was wrong with a file that was sent by the plain form."""
    house = house_of(request)
    room = max(house.spool.free_bytes() - house.config.free_bytes_floor, 0)
    view = UploadView(
        max_bytes=min(house.config.max_upload_bytes, room),
        free_bytes=room,
        address=str(request.base_url).rstrip("/"),
        trouble=trouble,
    )
    return render(request, "pages/upload.html", view, status=status)
