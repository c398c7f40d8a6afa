"""Labels that people put on messages, beside those that came with the mail.

Both lie in `message_label`, so whatever asks for labels finds either kind. A label that came with
the mail names the copy that brought it and is never touched here; one that a person put on names
nobody. It belongs to the message shown for all copies, and goes with the last of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, literal, select

from mail.text import nfc_clean
from store.contents import hold_contents
from store.hashing import label_key
from store.label_rows import insert_labels
from store.rows import LABEL_CHARACTERS, message_key
from store.tables_mail import label, message, message_label

# What stands for the copy in a row that no copy brought; no message has this key.
NOBODY = 0

_own = message_label.c.message_id == NOBODY


class LabelError(ValueError):
    """A label that cannot be put on; the text says why, fit for the person who asked."""


def fit_label(name: str) -> str:
    """The label as it is kept. Raises LabelError."""
    name = " ".join(nfc_clean(name).split())
    if not name or len(name) > LABEL_CHARACTERS:
        raise LabelError(f"A label needs 1 to {LABEL_CHARACTERS} characters.")
    return name


def put_on(connection: Connection, ids: Sequence[int], name: str, *, now: datetime) -> int:
    """Put a label on messages (first copies); on how many it was not before."""
    alike = _alike(connection, name)
    shown = _shown_by_now(connection, ids)
    bearing = _bearing_own(connection, shown, [key for key, _ in alike])
    new = [key for key in shown if key not in bearing]
    # Written as it is written already: `label:` and the facets take both for the same.
    key, known = next((one for one in alike if one[1] == name), alike[0] if alike else (0, name))
    rows = [(key or label_key(name), first_id, NOBODY) for first_id in new]
    insert_labels(connection, names={key or label_key(name): known}, rows=rows, now=now)
    return len(new)


def take_off(connection: Connection, ids: Sequence[int], name: str) -> int:
    """Take a label of ours off messages, however it is written; off how many it went."""
    alike = [key for key, _ in _alike(connection, name)]
    shown = _shown_by_now(connection, ids)
    bearing = _bearing_own(connection, shown, alike)
    connection.execute(
        delete(message_label).where(
            message_label.c.first_id.in_(bearing), message_label.c.label_id.in_(alike), _own
        )
    )
    return len(bearing)


def bearing_own(connection: Connection, ids: Sequence[int], name: str) -> int:
    """How many of the messages bear a label of ours, however it is written."""
    alike = [key for key, _ in _alike(connection, name)]
    pieces = (ids[at : at + _KEYS_AT_ONCE] for at in range(0, len(ids), _KEYS_AT_ONCE))
    return sum(len(_bearing_own(connection, some, alike)) for some in pieces)


_KEYS_AT_ONCE = 2_000


def own_labels_of(connection: Connection, ids: Sequence[int]) -> set[tuple[int, str]]:
    """(message, label) of what people put on these messages."""
    rows = connection.execute(
        select(message_label.c.first_id, label.c.name)
        .join(label, label.c.id == message_label.c.label_id)
        .where(message_label.c.first_id.in_(ids), _own)
    )
    return {(row[0], row[1]) for row in rows}


def known_own_labels(connection: Connection, *, at_most: int = 100) -> tuple[str, ...]:
    """Labels that people have put on, to choose from."""
    borne = select(message_label.c.label_id).where(message_label.c.label_id == label.c.id, _own)
    rows = connection.execute(select(label.c.name).where(borne.exists()).limit(at_most))
    return tuple(sorted(rows.scalars()))


def hand_on(connection: Connection, first: int, heir: int) -> None:
    """Give a copy that takes a message's place the labels that people put on it.

    They stay with the message as well: it may only be gone to be read again.
    """
    borne = select(message_label.c.label_id, literal(heir), literal(NOBODY)).where(
        message_label.c.first_id == first, _own
    )
    columns = ["label_id", "first_id", "message_id"]
    connection.execute(insert(message_label).from_select(columns, borne))


def move_to_firsts(connection: Connection, firsts: Mapping[int, int], *, now: datetime) -> None:
    """What was put on messages that came again as copies goes to the ones shown for them."""
    if not firsts:
        return
    left = message_label.c.first_id.in_(list(firsts))
    rows = connection.execute(
        select(message_label.c.label_id, message_label.c.first_id).where(left, _own)
    ).all()
    if rows:
        moved = [(row.label_id, firsts[row.first_id], NOBODY) for row in rows]
        insert_labels(connection, names={}, rows=set(moved), now=now)
        connection.execute(delete(message_label).where(left, _own))


def forget_labels(connection: Connection, upload_id: int) -> None:
    """An upload is gone for good: so are the labels that waited for its messages to come again."""
    start, stop = message_key(upload_id, 0), message_key(upload_id + 1, 0)
    first = message_label.c.first_id
    connection.execute(delete(message_label).where(first >= start, first < stop, _own))


def _alike(connection: Connection, name: str) -> list[tuple[int, str]]:
    """(key, name) of the label in every way of upper and lower case."""
    known = connection.execute(select(label.c.id, label.c.name).order_by(label.c.id))
    return [(row.id, row.name) for row in known if row.name.lower() == name.lower()]


def _bearing_own(connection: Connection, ids: Sequence[int], labels: Sequence[int]) -> set[int]:
    if not labels or not ids:
        return set()
    first = message_label.c.first_id
    borne = select(first).where(first.in_(ids), message_label.c.label_id.in_(labels), _own)
    return set(connection.execute(borne).scalars())


def _shown_by_now(connection: Connection, ids: Sequence[int]) -> list[int]:
    """The messages, or the copies that have taken their places; locked against being removed."""
    rows = connection.execute(
        select(message.c.id, message.c.digest).where(
            message.c.id.in_(ids), message.c.duplicate_of.is_(None)
        )
    ).all()
    held = hold_contents(connection, (row.digest for row in rows))
    return sorted({*held, *(row.id for row in rows if row.digest is None)})
