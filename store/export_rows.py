"""What an export says of each message, and its bytes from the spool."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from sqlalchemy import Connection

from mail.defect import Defects
from mail.limits import Limits
from mail.mbox import Source
from mail.prepare import prepare
from mail.rule import Dialect, Rule
from store.database import Database
from store.reading import MessageView, find_message, text_of
from store.rules import rule_of_upload
from store.spool import Spool
from store.uploads import require_upload


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """One message on its way out.

    `raw` is the message as it was sent: no separator line, the quoting of its mbox undone. Both
    it and `separator` are None for formats that do not ask for bytes.
    """

    view: MessageView
    text: str
    separator: bytes | None
    raw: bytes | None


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

    def read(self, view: MessageView) -> tuple[bytes, bytes]:
        """The separator line and the message. Raises SpoolError when the mbox is gone."""
        source, rule = self._source(view.place.upload_id)
        span = source.read_at(view.place.offset, view.place.length)
        separator, rest = span[: view.separator_length], span[view.separator_length :]
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


def load_exported(
    connection: Connection, ids: Sequence[int], *, reader: SpoolReader | None
) -> Iterator[Exported]:
    """The messages with these keys, in this order; with their bytes when there is a reader."""
    for key in ids:
        view = find_message(connection, key)
        if view is None:
            continue
        separator, raw = reader.read(view) if reader else (None, None)
        text = "" if reader else text_of(connection, key) or ""
        yield Exported(view=view, text=text, separator=separator, raw=raw)
