"""How much of what a deletion takes away is held by other files too, and stays to be found there.

Pure reads, by indexes; of a file with a million messages it takes a while, so they are ended in
time.
"""

from __future__ import annotations

from sqlalchemy import Connection, Integer, func, literal, or_, select

from store.archives import uploads_inside
from store.bounded import SearchTooSlow, bounded
from store.tables_mail import OFFSET_BITS, message

# A page waits no longer for a number that it can do without.
SECONDS = 1.5
# More files are not written into one statement.
MOST_FILES = 500


def held_elsewhere(connection: Connection, upload_id: int) -> int | None:
    """Messages of an upload, and of what came out of it, that further files hold.

    None where that takes too long to count. Then nothing more can be asked of the connection.
    """
    going = sorted({upload_id, *uploads_inside(connection, upload_id)})
    if len(going) > MOST_FILES:
        return None
    try:
        with bounded(connection, seconds=SECONDS):
            return sum(_of_one(connection, one, going) for one in going)
    except SearchTooSlow:
        return None


def _of_one(connection: Connection, upload_id: int, going: list[int]) -> int:
    """Each content has one copy that is shown, and the others name it."""
    copy = message.alias("copy")
    first, last = upload_id << OFFSET_BITS, (upload_id + 1) << OFFSET_BITS
    shown = func.coalesce(message.c.duplicate_of, message.c.id)
    other = select(copy.c.id).where(copy.c.duplicate_of == shown, copy.c.upload_id.not_in(going))
    found = select(func.count()).where(
        message.c.id >= first,
        message.c.id < last,
        or_(shown.op(">>")(literal(OFFSET_BITS, Integer)).not_in(going), other.exists()),
    )
    return int(connection.execute(found.select_from(message)).scalar_one())
