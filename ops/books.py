"""The ledger of an upload from its first entry to its last, read a page at a time."""

from __future__ import annotations

from collections.abc import Iterator

from jobs.workshop import Workshop
from store.ledger import Entry, entries_of

PAGE = 1000


def ledger_of(workshop: Workshop, upload_id: int) -> Iterator[Entry]:
    """Every entry; no connection is held between two pages."""
    after = -1
    while True:
        with workshop.database.read() as connection:
            page = entries_of(connection, upload_id, after=after, limit=PAGE)
        yield from page
        if not page:
            return
        after = page[-1].start
