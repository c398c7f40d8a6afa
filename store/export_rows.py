"""What an export says of each message, and its bytes from the spool."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from mail.defect import Defects
from mail.limits import Limits
from mail.mbox import Source
from mail.prepare import prepare
from mail.rule import Dialect, Rule
from store.database import Database
from store.naming import message_name
from store.reading import MessageView, find_message, instant, text_of
from store.rules import rule_of_upload
from store.spool import Spool
from store.tables_mail import OFFSET_BITS, label, message, message_label
from store.uploads import require_upload

_OFFSET = (1 << OFFSET_BITS) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The bytes of one message on its way out.

    `raw` is the message as it was sent: no separator line, the quoting of its mbox undone.
    `labels` are those of all copies, in alphabetical order; None unless they were asked for.
    """

    name: str
    sent_at: datetime | None
    separator: bytes
    raw: bytes
    labels: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known of one message on its way out."""

    view: MessageView
    text: str


class SpoolReader:
    """Reads messages out of the mboxes they came in; keeps those open that it needs."""

    def __init__(self, database: Database, spool: Spool) -> None:
        self._database = database
        self._spool = spool
        self._open: dict[int, tuple[Source, Rule]] = {}
        self._stack = ExitStack()

    def close(self) -> None:
        """Close the mboxes."""
        self._stack.close()

    def read(self, key: int, *, length: int, separator_length: int) -> tuple[bytes, bytes]:
        """The separator line and the message. Raises SpoolError when the mbox is gone."""
        source, rule = self._source(key >> OFFSET_BITS)
        span = source.read_at(key & _OFFSET, length)
        separator, rest = span[:separator_length], span[separator_length:]
        return separator, prepare(rest, rule, limits=Limits(), defects=Defects()).raw

    def _source(self, upload_id: int) -> tuple[Source, Rule]:
        if upload_id not in self._open:
            with self._database.read() as connection:
                upload = require_upload(connection, upload_id)
                kept = rule_of_upload(connection, upload_id)
            opened = self._spool.source(upload.spool_name, size=upload.size or 0)
            rule = Rule.from_json(kept) if kept else Rule.of(Dialect.MBOXRD)
            self._open[upload_id] = (self._stack.enter_context(opened), rule)
        return self._open[upload_id]


def letters(
    database: Database, ids: Sequence[int], *, reader: SpoolReader, labelled: bool
) -> Iterator[Letter]:
    """The bytes of the messages with these keys, in this order; no connection is held between."""
    columns = message.c.id, message.c.length, message.c.separator_length, message.c.sent_at
    with database.read() as connection:
        rows = connection.execute(select(*columns).where(message.c.id.in_(ids)))
        found = {row.id: row for row in rows}
        labels = _labels(connection, ids) if labelled else None
    for key in ids:
        if key in found:
            yield _letter(found[key], reader, labels=None if labels is None else labels[key])


def _letter(row: Row[*tuple[Any, ...]], reader: SpoolReader, *, labels: list[str] | None) -> Letter:
    separator, raw = reader.read(row.id, length=row.length, separator_length=row.separator_length)
    return Letter(
        name=message_name(row.id),
        sent_at=instant(row.sent_at),
        separator=separator,
        raw=raw,
        labels=None if labels is None else tuple(sorted(labels)),
    )


def _labels(connection: Connection, ids: Sequence[int]) -> defaultdict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    borne = (
        select(message_label.c.first_id, label.c.name)
        .join(label, label.c.id == message_label.c.label_id)
        .where(message_label.c.first_id.in_(ids))
        .distinct()
    )
    for key, name in connection.execute(borne):
        found[key].append(name)
    return found


def told(database: Database, ids: Sequence[int]) -> Iterator[Told]:
    """What is known of the messages with these keys, in this order; no connection is held between.

    Loaded some at a time: a view takes several statements, a connection one more.
    """
    for at in range(0, len(ids), _AT_ONCE):
        with database.read() as connection:
            found = [
                Told(view=view, text=text_of(connection, key) or "")
                for key in ids[at : at + _AT_ONCE]
                if (view := find_message(connection, key))
            ]
        yield from found


# Their texts are held together: 1 MB each at the most.
_AT_ONCE = 20
