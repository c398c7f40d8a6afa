"""Postgres: numbers for words. The index holds numbers, the table `word` says which is whose.

A number is given once and never changed or taken back, so a process may remember those it has
seen committed. How a search asks for them stands in `store.sql.numbered`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

from store.database import Database
from store.sql import wire

# Words remembered by a process, some 15 MB. Words that come again are met within any few thousand
# messages, so forgetting them all from time to time costs little.
REMEMBERED = 100_000

Number = bytes  # as `wire.int4` writes it, which sorts as numbers do

# Of each database apart; a forked process goes on with what its parent knew.
_remembered: WeakKeyDictionary[Database, dict[str, Number]] = WeakKeyDictionary()


def numbers_of(database: Database, words: set[str]) -> Mapping[str, Number]:
    """The numbers of all these words, and of others. Those without one are given theirs.

    In a transaction of its own, before the one that uses them: whatever becomes of that, the
    numbers stand. A process that dies in between leaves words that no message bears.
    """
    known = _remembered.get(database, {})
    missing = words.difference(known)
    if not missing:
        return known
    if len(known) + len(missing) > REMEMBERED:
        known, missing = {}, words
    with database.write() as connection:
        found = numbers_within(connection, missing)
    # Committed now, so true for good.
    known.update((word, wire.int4(number)) for word, number in found.items())
    _remembered[database] = known
    return known


def numbers_within(connection: Connection, words: set[str]) -> dict[str, int]:
    """The same in a transaction that does more, once in it, and remembered by nobody: it may yet
    be undone. Whoever needs one of its new words meanwhile waits for its end."""
    found = _find(connection, words)
    if new := sorted(words.difference(found)):
        found |= _add(connection, new)
    return found


def _find(connection: Connection, words: Iterable[str]) -> dict[str, int]:
    return _numbers(
        connection, "SELECT word, id FROM word WHERE word = ANY(%(words)s)", list(words)
    )


def _add(connection: Connection, new: list[str]) -> dict[str, int]:
    """Give numbers to words that had none a moment ago; in their order, or two processes could
    wait for each other. Where another was quicker, its number is taken, once it is committed."""
    added = _numbers(
        connection,
        "INSERT INTO word (word) SELECT unnest(%(words)s::text[]) "
        "ON CONFLICT DO NOTHING RETURNING word, id",
        new,
    )
    if theirs := [word for word in new if word not in added]:
        added |= _find(connection, theirs)
    return added


def _numbers(connection: Connection, statement: str, words: list[str]) -> dict[str, int]:
    rows = connection.exec_driver_sql(statement, {"words": words})
    return {word: number for word, number in rows}  # noqa: C416  (a Row is no pair for `dict`)
