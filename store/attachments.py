"""The attached files of all mail: listed once per content, found by name and type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, not_, or_, select, tuple_
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from mail.text import nfc_clean
from store.bounded import bounded
from store.comparing import ascii_lower, lowered
from store.naming import message_name
from store.results import CursorError
from store.tables_mail import attachment

LARGEST_LIMIT = 500
_ESCAPE = "\\"
_CURSOR = re.compile(r"(?:(\d{1,18})~)?(\d{1,18})~([0-9A-Za-z._-]{1,200})", re.ASCII)

Columns = ReadOnlyColumnCollection[str, Any]
FileRow = Row[*tuple[Any, ...]]


class FileOrder(StrEnum):
    """In which order attached files are listed."""

    NEWEST = "newest"  # what came in last first
    OLDEST = "oldest"
    LARGEST = "largest"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """One attached file: where it was met last, and in how many messages. `size` in bytes."""

    message_id: int
    message: str  # the message's public name
    path: str  # of the part within it
    filename: str | None
    content_type: str
    kind: str
    size: int
    sha256: str | None  # hexadecimal
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """One page of attached files. `next` is the cursor of the following one, None on the last."""

    files: tuple[FileView, ...]
    next: str | None


def list_files(
    connection: Connection,
    *,
    name: str = "",
    content_types: Sequence[str] = (),
    order: FileOrder = FileOrder.NEWEST,
    after: str | None = None,
    limit: int = 50,
) -> Files:
    """Attached files in an order, each content once, where it was met last.

    `name` is a piece of the file's name, `content_types` are beginnings of its type
    ("image/", "application/pdf"), of which one has to fit. Raises CursorError, and SearchTooSlow
    when the database runs out of time.
    """
    limit = max(1, min(limit, LARGEST_LIMIT))
    files, key = _newest_of_each(connection, name, content_types), _key(order)
    if after:
        place, asked = tuple_(*key), tuple_(*_cursor(after, order))
        files = files.where(place > asked if order is FileOrder.OLDEST else place < asked)
    in_order = [one.asc() if order is FileOrder.OLDEST else one.desc() for one in key]
    with bounded(connection):
        rows = connection.execute(files.order_by(*in_order).limit(limit + 1)).all()
        shown = rows[:limit]
        counts = _counts(connection, [row.sha256 for row in shown if row.sha256])
    return Files(
        files=tuple(_view(row, counts.get(row.sha256, 1)) for row in shown),
        next=_written(shown[-1], order) if len(rows) > limit else None,
    )


def _newest_of_each(
    connection: Connection, name: str, content_types: Sequence[str]
) -> Select[*tuple[Any, ...]]:
    """Rows of which no later one has the same content; the condition is asked per row shown, so
    a page costs the same however many files there are."""
    row, later = attachment.c, attachment.alias("later").c
    newer = select(later.path).where(
        later.sha256 == row.sha256,
        _place(later) > _place(row),
        *_conditions(connection, later, name, content_types),
    )
    wanted = (*_conditions(connection, row, name, content_types), not_(newer.exists()))
    return select(attachment).where(*wanted)


def _key(order: FileOrder) -> tuple[ColumnElement[Any], ...]:
    by_place = (attachment.c.message_id, attachment.c.path)
    return (attachment.c.size, *by_place) if order is FileOrder.LARGEST else by_place


def _written(row: FileRow, order: FileOrder) -> str:
    """The place of a file in its list, as an address carries it."""
    place = f"{row.message_id}~{row.path}"
    return f"{row.size}~{place}" if order is FileOrder.LARGEST else place


def _place(row: Columns) -> ColumnElement[Any]:
    return tuple_(row.message_id, row.path)


def _conditions(
    connection: Connection, row: Columns, name: str, content_types: Sequence[str]
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if name:
        piece = ascii_lower(nfc_clean(name))
        conditions.append(lowered(connection, row.filename).contains(piece, autoescape=True))
    if content_types:
        beginnings = [_literally(nfc_clean(one).lower()) for one in content_types]
        fitting = [row.content_type.like(f"{one}%", escape=_ESCAPE) for one in beginnings]
        conditions.append(or_(*fitting))
    return conditions


def _literally(text: str) -> str:
    """A text whose % and _ mean themselves."""
    return re.sub(r"[\\%_]", r"\\\g<0>", text)


def _cursor(text: str, order: FileOrder) -> tuple[int | str, ...]:
    found = _CURSOR.fullmatch(text)
    if found is None or (found[1] is None) == (order is FileOrder.LARGEST):
        raise CursorError("This page address is damaged; start again from the first page.")
    place: tuple[int | str, ...] = (int(found[2]), found[3])
    return place if found[1] is None else (int(found[1]), *place)


def _counts(connection: Connection, digests: Sequence[bytes]) -> dict[bytes, int]:
    rows = connection.execute(
        select(attachment.c.sha256, func.count(attachment.c.message_id.distinct()))
        .where(attachment.c.sha256.in_(digests))
        .group_by(attachment.c.sha256)
    )
    return {row[0]: row[1] for row in rows}


def _view(row: FileRow, messages: int) -> FileView:
    return FileView(
        message_id=row.message_id,
        message=message_name(row.message_id),
        path=row.path,
        filename=row.filename,
        content_type=row.content_type,
        kind=row.kind,
        size=row.size,
        sha256=row.sha256.hex() if row.sha256 else None,
        messages=messages,
    )
