"""Bring together the messages of a conversation, whoever wrote which reference.

Each message names the conversation it believes to be in (`store.threads`). Here those beliefs are
joined: whatever shares a key with what is already found belongs to it too, until nothing new is
found. Done on reading, so it is right in whatever order the archives came in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Row, select

from store.naming import message_name
from store.reading import instant
from store.tables_mail import message
from store.threads import is_answer

LARGEST = 1_000
# Each round goes one step along a chain of answers that name only their parent.
_ROUNDS = 60
# Answers without references are joined by subject within this long after the message before.
_SUBJECT_SECONDS = 30 * 86_400

_COLUMNS = (
    message.c.id,
    message.c.subject,
    message.c.sender_name,
    message.c.sender_address,
    message.c.sent_at,
    message.c.message_id_hash,
    message.c.parent_hash,
    message.c.thread,
    message.c.subject_hash,
)
MessageRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadMessage:
    """One message of a conversation. `depth` is how many answers it is away from the first."""

    id: int
    name: str
    subject: str | None
    sender_name: str | None
    sender_address: str | None
    sent_at: datetime | None
    depth: int


def conversation_of(connection: Connection, first_id: int) -> tuple[ThreadMessage, ...]:
    """The conversation of a message (a first copy), oldest first; of itself alone at least.

    At most 1,000 messages.
    """
    rows = _gathered(connection, [first_id])
    mine = _components(rows).get(first_id)
    members = sorted((row for row in rows.values() if row.id in (mine or ())), key=_age)
    depths = _depths(members)
    return tuple(
        ThreadMessage(
            id=row.id,
            name=message_name(row.id),
            subject=row.subject,
            sender_name=row.sender_name,
            sender_address=row.sender_address,
            sent_at=instant(row.sent_at),
            depth=depths[row.id],
        )
        for row in members
    )


def conversations_of(
    connection: Connection, ids: Sequence[int], *, at_most: int
) -> tuple[dict[int, frozenset[int]], bool]:
    """For each of some messages (first copies) the conversation it is in; and whether that is all.

    It is not when more than `at_most` messages hang together with them.
    """
    rows = _gathered(connection, ids, at_most=at_most)
    components = _components(rows)
    known: dict[int, frozenset[int]] = {}
    for key in ids:
        if key not in known:
            members = frozenset(components.get(key, {key}))
            known.update((member, members) for member in members)
    return {key: known[key] for key in ids}, len(rows) < at_most


def _gathered(
    connection: Connection, ids: Sequence[int], *, at_most: int = LARGEST
) -> dict[int, MessageRow]:
    """The messages themselves and all that hang together with them.

    Whatever is found is asked for its keys in turn, but of those with the same subject only what
    is joined by it: so from whichever message one begins, the same conversation is found.
    """
    found = {row.id: row for row in _rows(connection, message.c.id.in_(ids), at_most)}
    asked: set[int] = set()
    same: set[int] = set()
    fresh = list(found.values())
    for _ in range(_ROUNDS):
        keys = {key for row in fresh for key in _keys(row)} - asked
        subjects = {row.subject_hash for row in fresh if row.subject_hash is not None} - same
        if not (keys or subjects) or len(found) >= at_most:
            break
        asked |= keys
        same |= subjects
        new = _related(connection, keys, at_most) + _same_subject(connection, subjects, at_most)
        found.update((row.id, row) for row in new)
        joined = _joined_with(ids, _components(found))
        fresh = [found[key] for key in joined]
    return found


def _joined_with(ids: Sequence[int], components: dict[int, set[int]]) -> set[int]:
    return set().union(*(components[key] for key in ids if key in components))


def _keys(row: MessageRow) -> Iterable[int]:
    return (key for key in (row.thread, row.message_id_hash, row.parent_hash) if key is not None)


def _related(connection: Connection, keys: set[int], at_most: int) -> list[MessageRow]:
    found: list[MessageRow] = []
    by_parent = message.c.parent_hash != message.c.thread  # the others are found by their thread
    # One question for each index: of an OR the planner may make a walk through everything.
    for some in _in_pieces(keys):
        found += _rows(connection, message.c.thread.in_(some), at_most)
        found += _rows(connection, message.c.message_id_hash.in_(some), at_most)
        found += _rows(connection, by_parent & message.c.parent_hash.in_(some), at_most)
    return found


def _same_subject(connection: Connection, hashes: set[int], at_most: int) -> list[MessageRow]:
    found: list[MessageRow] = []
    for some in _in_pieces(hashes):
        found += _rows(connection, message.c.subject_hash.in_(some), at_most)
    return found


def _in_pieces(keys: Iterable[int]) -> Iterable[list[int]]:
    listed = sorted(keys)
    return (listed[at : at + LARGEST] for at in range(0, len(listed), LARGEST))


def _rows(connection: Connection, condition: Any, at_most: int) -> list[MessageRow]:
    wanted = select(*_COLUMNS).where(condition, message.c.duplicate_of.is_(None))
    return list(connection.execute(wanted.order_by(message.c.id).limit(at_most)))


def _components(rows: dict[int, MessageRow]) -> dict[int, set[int]]:
    """For each message, all that hang together with it by any key."""
    members: dict[int, set[int]] = {key: {key} for key in rows}
    holder: dict[int, int] = {}

    def join(left: int, right: int) -> None:
        if members[left] is not members[right]:
            larger, smaller = sorted((members[left], members[right]), key=len, reverse=True)
            larger |= smaller
            for key in smaller:
                members[key] = larger

    for row in rows.values():
        for key in _keys(row):
            join(holder.setdefault(key, row.id), row.id)
    for left, right in _answers_by_subject(rows.values()):
        join(left, right)
    return members


def _answers_by_subject(rows: Iterable[MessageRow]) -> Iterable[tuple[int, int]]:
    """Pairs of a message and the answer to it, where only the subject tells."""
    by_subject: dict[int, list[MessageRow]] = defaultdict(list)
    for row in sorted(rows, key=_age):
        if row.subject_hash is not None and row.sent_at is not None:
            by_subject[row.subject_hash].append(row)
    for same in by_subject.values():
        for before, after in pairwise(same):
            soon = after.sent_at - before.sent_at <= _SUBJECT_SECONDS
            if soon and is_answer(after.subject):
                yield before.id, after.id


def _age(row: MessageRow) -> tuple[bool, int, int]:
    return row.sent_at is None, row.sent_at or 0, row.id


def _depths(rows: Sequence[MessageRow]) -> dict[int, int]:
    by_own = {row.message_id_hash: row for row in rows if row.message_id_hash is not None}
    depths: dict[int, int] = {}
    for row in rows:
        depth, above, seen = 0, by_own.get(row.parent_hash), {row.id}
        while above is not None and above.id not in seen:
            seen.add(above.id)
            depth += 1
            above = by_own.get(above.parent_hash)
        depths[row.id] = depth
    return depths
