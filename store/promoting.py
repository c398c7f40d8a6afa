"""Let a copy take the place of the first one met, which is about to go.

It is given text, attachments and the search row, so nothing that is still in an archive disappears
from the search; and it is found by what it says itself, as copies of one content may have come by
different lists or be marked as deleted. The caller holds the contents (`store.contents`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, and_, case, select, update

from store.documents import load_documents
from store.own_labels import NOBODY, hand_on
from store.sql import room_of
from store.tables_mail import (
    UNDATED,
    attachment,
    content,
    message,
    message_label,
    message_search,
    message_text,
)
from store.tokens import index_tokens


def promote(connection: Connection, heirs: Mapping[int, int]) -> None:
    """Put each heir into the place of its first copy; by key."""
    room = room_of(connection.dialect.name)
    changed = []
    for first, heir in heirs.items():
        before = _tokens(connection, first)
        _hand_over(connection, first, heir)
        after = _tokens(connection, heir)
        room.unindex(connection, [(first, before)])
        room.index(connection, [(heir, after)])
        if set(after) != set(before):
            changed.append((heir, after))
    # At once, as this may give numbers to words: in their order, or two could wait for ever.
    room.reword(connection, changed)


def _tokens(connection: Connection, key: int) -> Collection[str]:
    """What the message is found by, as its rows are now."""
    (document,) = load_documents(connection, [key]).values()
    return index_tokens(document)


def _hand_over(connection: Connection, first: int, heir: int) -> None:
    """What only a first copy has."""
    shared = select(message.c.digest).where(message.c.id == first).scalar_subquery()
    connection.execute(update(content).where(content.c.digest == shared).values(message_id=heir))
    for table, column in (
        (message_text, message_text.c.id),
        (attachment, attachment.c.message_id),
        (message, message.c.duplicate_of),
    ):
        connection.execute(update(table).where(column == first).values({column.name: heir}))
    _hand_over_search_row(connection, first, heir)
    connection.execute(
        update(message_label)
        .where(message_label.c.first_id == first, message_label.c.message_id != NOBODY)
        .values(first_id=heir)
    )
    hand_on(connection, first, heir)
    connection.execute(
        update(message).where(message.c.id == heir).values(kind="message", duplicate_of=None)
    )


def _hand_over_search_row(connection: Connection, first: int, heir: int) -> None:
    is_dated = and_(message.c.sent_at.is_not(None), message.c.date_plausible)
    own = {
        "size": message.c.length - message.c.separator_length,
        "sort_at": case((is_dated, message.c.sent_at), else_=UNDATED),
        "deleted_in_source": message.c.deleted_in_source,
    }
    connection.execute(
        update(message_search)
        .where(message_search.c.id == first)
        .values(
            id=heir,
            **{
                name: select(value).where(message.c.id == heir).scalar_subquery()
                for name, value in own.items()
            },
        )
    )
