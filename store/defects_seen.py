"""How many messages of a file have defects. Counted one by one: for files with few messages."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from store.rows import message_key
from store.tables_mail import message


def with_defects(connection: Connection, upload_id: int) -> int:
    """Messages with a defect, a copy of another in the same file not counted twice: as many as a
    search in the file finds."""
    first = func.coalesce(message.c.duplicate_of, message.c.id)
    found = select(func.count(first.distinct())).where(
        message.c.id >= message_key(upload_id, 0),
        message.c.id < message_key(upload_id + 1, 0),
        message.c.defect_count > 0,
    )
    return int(connection.execute(found).scalar_one())
