"""The lock on contents, which whoever touches stored messages takes before their rows.

Which messages share a content, and which of them is shown, changes only under it. The order of
all locks stands in docs/architecture.md. Who claims a content is in `store.sql`.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from store.locks import insert_new
from store.tables_mail import content, message


def hold_contents(connection: Connection, digests: Iterable[bytes | None]) -> list[int]:
    """Keep everybody else off these contents until the transaction ends.

    Answers the messages shown for them. By digest, so that two that hold several do not wait for
    each other for ever.
    """
    held = connection.execute(
        select(content.c.message_id)
        .where(content.c.digest.in_([digest for digest in digests if digest is not None]))
        .order_by(content.c.digest)
        .with_for_update()
    )
    return list(held.scalars())


def hold_for_new_reading(connection: Connection, key: int, digest: bytes | None) -> None:
    """Hold what a message holds now and what it will hold when it has been read again.

    A content that nobody has is claimed first: a batch, too, claims its new ones before it holds
    those that are there.
    """
    was = connection.execute(
        select(message.c.digest).where(message.c.id == key)
    ).scalar_one_or_none()
    if digest is not None and digest != was:
        claim = insert_new(connection, content).values(digest=digest, message_id=key)
        connection.execute(claim.on_conflict_do_nothing())
    hold_contents(connection, (was, digest))
