"""`GET /attachments`: the attached files of all mail, each content once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from store.attachments import FileOrder, FileView, list_files
from store.query_values import FILE_TYPES
from store.results import CursorError
from web.asked import address, chosen, known_word, text_of
from web.house import house_of
from web.language import N_
from web.passed_over import pass_over, query_of
from web.render import render

PAGE = 50
LONGEST_NAME = 200
TYPE_NAMES = {
    "pdf": N_("PDF"),
    "image": N_("Pictures"),
    "text": N_("Text"),
    "document": N_("Documents"),
    "table": N_("Spreadsheets"),
    "slides": N_("Slides"),
    "archive": N_("Archives"),
    "audio": N_("Audio"),
    "video": N_("Video"),
    "message": N_("Messages"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentsView:
    """A page of files and what it is narrowed to."""

    files: tuple[FileView, ...]
    name: str
    kind: str  # a key of FILE_TYPES, or "" for all
    kinds: dict[str, str]
    order: FileOrder
    first: str | None
    next: str | None


def attachments_page(request: Request) -> Response:
    """The list; a place in it that is none is passed over, and told."""
    name = text_of(request, "name", at_most=LONGEST_NAME)
    kind = known_word(request, "type", FILE_TYPES)
    order = chosen(request, "order", FileOrder) or FileOrder.NEWEST
    after = query_of(request).get("after") or None
    with house_of(request).database.read() as connection:
        listed = partial(
            list_files,
            connection,
            name=name,
            content_types=FILE_TYPES.get(kind, ()),
            order=order,
            limit=PAGE,
        )
        try:
            found = listed(after=after)
        except CursorError:
            pass_over(request, "after", str(after))
            found, after = listed(after=None), None
    usual = order is FileOrder.NEWEST
    here = {"name": name, "type": kind, "order": None if usual else order}
    view = AttachmentsView(
        files=found.files,
        name=name,
        kind=kind,
        kinds=TYPE_NAMES,
        order=order,
        first=address("/attachments", **here) if after else None,
        next=address("/attachments", **here, after=found.next) if found.next else None,
    )
    return render(request, "pages/attachments.html", view)
