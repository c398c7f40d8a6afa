"""The ledger: which byte of an mbox went where. It must add up, or the job is not green.

Adds entries inside the caller's fenced transaction and balances them; decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from sqlalchemy import Connection, func, insert, select

from store import tables

ledger = tables.ledger
GAPS_SHOWN = 20


class EntryKind(StrEnum):
    """What became of a range of bytes."""

    MESSAGE = "message"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    PREAMBLE = "preamble"
    TRAILER = "trailer"
    MEMBER = "member"  # of an archive: the packed bytes of what is in it
    STRUCTURE = "structure"  # of an archive: headers, lists, checksums, padding


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A contiguous range of an mbox with one fate. `messages` is 0 but for messages."""

    start: int
    length: int
    kind: EntryKind
    messages: int

    @property
    def stop(self) -> int:
        """The byte after the last."""
        return self.start + self.length


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The sum of a ledger against the file: totals by kind in bytes and messages, and the gaps."""

    size: int
    bytes_by_kind: dict[EntryKind, int]
    messages_by_kind: dict[EntryKind, int]
    gaps: tuple[tuple[int, int], ...]  # (start, length) of ranges that nobody accounted for

    @property
    def accounted(self) -> int:
        """Bytes that have an entry."""
        return sum(self.bytes_by_kind.values())

    @property
    def messages(self) -> int:
        """Messages of every fate."""
        return sum(self.messages_by_kind.values())

    @property
    def balances(self) -> bool:
        """True when every byte of the file is accounted for exactly once."""
        return self.accounted == self.size and not self.gaps


def runs(entries: Sequence[Entry]) -> list[Entry]:
    """Touching entries of one kind as one entry; the rest unchanged. `entries` in file order."""
    merged: list[Entry] = []
    for kind, group in groupby(entries, key=lambda entry: entry.kind):
        for entry in group:
            last = merged[-1] if merged else None
            if last is not None and last.kind is kind and last.stop == entry.start:
                merged[-1] = _joined(last, entry)
            else:
                merged.append(entry)
    return merged


def _joined(left: Entry, right: Entry) -> Entry:
    return Entry(
        start=left.start,
        length=left.length + right.length,
        kind=left.kind,
        messages=left.messages + right.messages,
    )


def add_entries(connection: Connection, upload_id: int, entries: Sequence[Entry]) -> None:
    """Write entries, runs joined. Inside the transaction that stores what they stand for."""
    rows = [
        {
            "upload_id": upload_id,
            "start": entry.start,
            "length": entry.length,
            "kind": entry.kind,
            "messages": entry.messages,
        }
        for entry in runs(entries)
    ]
    if rows:
        connection.execute(insert(ledger), rows)


def balance(connection: Connection, upload_id: int, *, size: int) -> Balance:
    """Add the ledger up and look for gaps."""
    totals = connection.execute(
        select(ledger.c.kind, func.sum(ledger.c.length), func.sum(ledger.c.messages))
        .where(ledger.c.upload_id == upload_id)
        .group_by(ledger.c.kind)
    ).all()
    return Balance(
        size=size,
        bytes_by_kind={EntryKind(kind): int(length) for kind, length, _ in totals},
        messages_by_kind={EntryKind(kind): int(messages) for kind, _, messages in totals},
        gaps=_gaps(connection, upload_id, size=size),
    )


def _gaps(connection: Connection, upload_id: int, *, size: int) -> tuple[tuple[int, int], ...]:
    """Where an entry ends and none begins. Read in file order until enough are found, so that a
    job that has hardly begun costs no more than one that is whole."""
    following = ledger.alias("following")
    stop = ledger.c.start + ledger.c.length
    followed = select(following.c.start).where(
        following.c.upload_id == upload_id, following.c.start == stop
    )
    stops = connection.execute(
        select(stop)
        .where(ledger.c.upload_id == upload_id, stop != size, ~followed.exists())
        .order_by(ledger.c.start)
        .limit(GAPS_SHOWN)
    ).scalars()
    first = _next_start(connection, upload_id, after=-1, size=size)
    begin = [(0, first)] if first else []
    gaps = [(end, _next_start(connection, upload_id, after=end, size=size) - end) for end in stops]
    return tuple(begin + gaps)


def _next_start(connection: Connection, upload_id: int, *, after: int, size: int) -> int:
    found = connection.execute(
        select(func.min(ledger.c.start)).where(
            ledger.c.upload_id == upload_id, ledger.c.start > after
        )
    ).scalar()
    return size if found is None else int(found)


def entries_of(
    connection: Connection, upload_id: int, *, after: int = -1, limit: int = 1000
) -> list[Entry]:
    """Entries in file order, those that start after a byte offset; a page at a time."""
    rows = connection.execute(
        select(ledger)
        .where(ledger.c.upload_id == upload_id, ledger.c.start > after)
        .order_by(ledger.c.start)
        .limit(limit)
    )
    return [
        Entry(start=row.start, length=row.length, kind=EntryKind(row.kind), messages=row.messages)
        for row in rows
    ]
