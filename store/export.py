"""Give mail away again: what a search finds as mbox, zip of .eml, CSV or JSON Lines.

Streamed, a page of messages at a time, each page with a short look into the database, so that
an export of a million messages holds neither memory nor a transaction. Importing an exported
mbox gives the same messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum

from store.database import Database
from store.export_formats import CsvWriter, JsonWriter, MboxWriter, Writer, ZipWriter
from store.export_rows import SpoolReader, load_exported
from store.search import search_keys
from store.spool import Spool

PAGE = 200


class Format(StrEnum):
    """What an export looks like. The value is also the ending of the file's name."""

    MBOX = "mbox"
    ZIP = "zip"
    CSV = "csv"
    JSON_LINES = "jsonl"


_WRITERS: dict[Format, Callable[[], Writer]] = {
    Format.MBOX: MboxWriter,
    Format.ZIP: ZipWriter,
    Format.CSV: CsvWriter,
    Format.JSON_LINES: JsonWriter,
}
CONTENT_TYPES = {
    Format.MBOX: "application/mbox",
    Format.ZIP: "application/zip",
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSON_LINES: "application/jsonl",
}


def export(
    database: Database,
    spool: Spool,
    query_text: str,
    *,
    format: Format,  # noqa: A002  (the word everybody uses for it)
    now: datetime,
    progress: Callable[[int], None] = lambda _messages: None,
) -> Iterator[bytes]:
    """Everything `query_text` finds, newest first, as the bytes of one file.

    `progress` is told after each page how many messages have gone out. Raises QueryError and
    SearchTooSlow as a search does, at the first piece; SpoolError when an mbox is gone.
    """
    writer = _WRITERS[format]()
    reader = SpoolReader(database, spool) if writer.needs_bytes else None
    try:
        done = 0
        keys, after = _page(database, query_text, after=None, now=now)
        yield writer.head()
        while keys:
            for key in keys:
                # Whoever reads slowly, or not at all, is to hold no connection meanwhile.
                with database.read() as connection:
                    found = list(load_exported(connection, [key], reader=reader))
                yield from map(writer.one, found)
            done += len(keys)
            progress(done)
            keys, after = _page(database, query_text, after=after, now=now) if after else ([], None)
        yield writer.tail()
    finally:
        if reader is not None:
            reader.close()


def _page(
    database: Database, query_text: str, *, after: str | None, now: datetime
) -> tuple[list[int], str | None]:
    with database.read() as connection:
        return search_keys(connection, query_text, after=after, limit=PAGE, now=now)
