"""Give mail away again: what a search finds as mbox, zip of .eml, CSV or JSON Lines.

Streamed, a page of messages at a time, each page with a short look into the database, so that
an export of a million messages holds neither memory nor a transaction. Keys are looked for many
at a time, as each search begins anew. Importing an exported mbox gives the same messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from enum import StrEnum
from itertools import chain

from store.database import Database
from store.export_formats import (
    CsvWriter,
    JsonWriter,
    LetterWriter,
    MboxWriter,
    ToldWriter,
    ZipWriter,
)
from store.export_rows import SpoolReader, letters, told
from store.search import search_keys
from store.spool import Spool

PAGE = 200
FOUND_AT_ONCE = 5_000


class Format(StrEnum):
    """What an export looks like. The value is also the ending of the file's name."""

    MBOX = "mbox"
    ZIP = "zip"
    CSV = "csv"
    JSON_LINES = "jsonl"


_OF_BYTES: dict[Format, Callable[[], LetterWriter]] = {
    Format.MBOX: MboxWriter,
    Format.ZIP: ZipWriter,
}
_OF_TEXTS: dict[Format, Callable[[], ToldWriter]] = {
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
    labelled: bool = False,
    progress: Callable[[int], None] = lambda _messages: None,
) -> Iterator[bytes]:
    """Everything `query_text` finds, newest first, as the bytes of one file.

    `labelled` writes the labels of all copies into each message's X-Gmail-Labels, where messages
    are given as bytes. `progress` is told after each page how many messages have gone out. Raises
    QueryError and SearchTooSlow as a search does, at the first piece; SpoolError when an mbox is
    gone. Whoever reads slowly, or not at all, holds no connection meanwhile.
    """
    found = _found(database, query_text, now=now)
    pages = _pages(chain([next(found, [])], found))
    if format in _OF_TEXTS:
        writer = _OF_TEXTS[format]()
        yield writer.head()
        yield from _written(pages, lambda keys: map(writer.one, told(database, keys)), progress)
        return
    letter_writer = _OF_BYTES[format]()
    with closing(SpoolReader(database, spool)) as reader:

        def pieces(keys: Sequence[int]) -> Iterator[bytes]:
            page = letters(database, keys, reader=reader, labelled=labelled)
            return map(letter_writer.one, page)

        yield from _written(pages, pieces, progress)
        yield letter_writer.tail()


def counts_of(database: Database, query_text: str, *, now: datetime) -> Iterator[int]:
    """Numbers that add up to how many messages an export will hold; each takes a while."""
    return map(len, _found(database, query_text, now=now))


def _written(
    pages: Iterator[list[int]],
    pieces: Callable[[Sequence[int]], Iterator[bytes]],
    progress: Callable[[int], None],
) -> Iterator[bytes]:
    done = 0
    for keys in pages:
        yield from pieces(keys)
        done += len(keys)
        progress(done)


def _pages(found: Iterable[list[int]]) -> Iterator[list[int]]:
    """The same keys, a page at a time; no page is empty."""
    for keys in found:
        yield from (keys[at : at + PAGE] for at in range(0, len(keys), PAGE))


def _found(database: Database, query_text: str, *, now: datetime) -> Iterator[list[int]]:
    """The keys of everything that is found, newest first, many at a time."""
    after: str | None = None
    while True:
        with database.read() as connection:
            keys, after = search_keys(
                connection, query_text, after=after, limit=FOUND_AT_ONCE, now=now
            )
        yield keys
        if after is None:
            return
