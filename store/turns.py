"""Whose turn it is among the chunks that wait.

A chunk has its turn when every other job that wants it has had as many chunks read. What holds
the others up for long waits for as many turns as it takes itself, so nobody waits for ever.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, select

from store.tables import chunk

# What is unpacked in the time of one chunk: the nominal size of one, in bytes. No setting, as the
# turn is written down once and only has to be about right.
BYTES_OF_A_TURN = 16 << 20
# The first chunk of everything else goes before: what came out of one archive can be searched
# before the next is opened. An archive inside another belongs to what came out of that.
FIRST_OF_ARCHIVE, FIRST_OF_INNER = 2, 1

FAIREST_FIRST: tuple[ColumnElement[int], ...] = (chunk.c.turn, chunk.c.id)


def turn_of_plan(*, is_archive: bool, size: int, is_inside: bool) -> int:
    """The turn of the plan of a file of `size` bytes. Mail is scanned at once, as that is quick."""
    if not is_archive:
        return 0
    return (FIRST_OF_INNER if is_inside else FIRST_OF_ARCHIVE) + size // BYTES_OF_A_TURN


def gives_way(connection: Connection, chunk_id: int) -> bool:
    """True for an archive that is to be unpacked: others may have their turn before it."""
    late = select(chunk.c.id).where(chunk.c.id == chunk_id, chunk.c.seq == 0, chunk.c.turn > 0)
    return connection.execute(late).first() is not None
