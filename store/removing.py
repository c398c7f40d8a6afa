"""Take messages away again: to read a range anew, or with the upload they came in.

In bounded steps: one call removes at most so many, the caller repeats it until it answers 0.
When a first copy goes and others remain, one of those takes its place; see `store.promoting`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, func, select

from store.contents import hold_contents
from store.documents import load_documents
from store.promoting import promote
from store.rows import message_key
from store.sql import room_of
from store.tables_mail import (
    attachment,
    content,
    message,
    message_label,
    message_search,
    message_text,
)
from store.tokens import index_tokens

# What deleting messages leaves room in.
EMPTIED = ("message", "message_text", "message_search", "attachment", "message_label", "content")


def delete_range(
    connection: Connection, *, upload_id: int, start: int, stop: int, limit: int
) -> int:
    """Remove up to `limit` messages that begin in [start, stop) of an upload; how many it was."""
    going = connection.execute(
        select(message.c.id, message.c.digest)
        .where(message.c.id >= message_key(upload_id, start))
        .where(message.c.id < message_key(upload_id, stop))
        .order_by(message.c.id)
        .limit(limit)
    ).all()
    if going:
        ids = [row.id for row in going]
        # Batches that meet the same contents wait until we are through.
        hold_contents(connection, (row.digest for row in going))
        shown = _shown(connection, ids)
        heirs = _heirs(connection, ids)
        promote(connection, heirs)
        _delete_labels(connection, ids, shown, heirs)
        _delete_messages(connection, ids)
    return len(going)


def _shown(connection: Connection, ids: Sequence[int]) -> set[int]:
    """The messages shown for some; asked while their contents are held, or it is not true for
    long."""
    rows = connection.execute(
        select(func.coalesce(message.c.duplicate_of, message.c.id)).where(message.c.id.in_(ids))
    )
    return set(rows.scalars())


def _heirs(connection: Connection, going: Sequence[int]) -> dict[int, int]:
    """For each first copy of which others stay, the one that takes its place: the newest key.

    The newest, because a whole upload is deleted from its beginning: an heir from the same
    upload would soon have to be followed by another.
    """
    copies = connection.execute(
        select(message.c.duplicate_of, func.max(message.c.id))
        .where(message.c.duplicate_of.in_(going), message.c.id.not_in(going))
        .group_by(message.c.duplicate_of)
    )
    return {copy[0]: copy[1] for copy in copies}


def _delete_labels(
    connection: Connection, going: Sequence[int], shown: set[int], heirs: Mapping[int, int]
) -> None:
    """Each copy takes along the labels it brought, wherever they are shown by now."""
    bearing = shown | {heirs[first] for first in shown if first in heirs}
    connection.execute(
        delete(message_label).where(
            message_label.c.first_id.in_(bearing), message_label.c.message_id.in_(going)
        )
    )


def take_out(connection: Connection, key: int) -> None:
    """Remove what was read of a first copy, and keep its place: its copies go on naming it.

    For a caller that writes the same content again in the same transaction.
    """
    borne = (message_label.c.first_id == key, message_label.c.message_id == key)
    connection.execute(delete(message_label).where(*borne))
    _delete_rows(connection, [key])


def _delete_messages(connection: Connection, ids: Sequence[int]) -> None:
    digests = select(message.c.digest).where(message.c.id.in_(ids), message.c.digest.is_not(None))
    connection.execute(
        delete(content).where(content.c.digest.in_(digests), content.c.message_id.in_(ids))
    )
    _delete_rows(connection, ids)


def _delete_rows(connection: Connection, ids: Sequence[int]) -> None:
    room = room_of(connection.dialect.name)
    documents = load_documents(connection, ids)
    room.unindex(connection, [(key, index_tokens(one)) for key, one in documents.items()])
    for column in (
        message_text.c.id,
        message_search.c.id,
        attachment.c.message_id,
        message.c.id,
    ):
        connection.execute(delete(column.table).where(column.in_(ids)))
