"""Postgres: a tsvector without positions, made here and not by the server, under a GIN index."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from store.sql import wire
from store.sql.ddl import Ddl

# Large enough that merging pays, small enough that a commit which has to merge stays short.
PENDING_KIBIBYTES = 32 * 1024

DDL = Ddl(
    create=(
        "ALTER TABLE message_search ADD COLUMN tokens tsvector NOT NULL",
        # Out of line and as it is: the rows stay narrow for counting and sorting, and nobody
        # pays for compressing what is only ever read by the index.
        "ALTER TABLE message_search ALTER COLUMN tokens SET STORAGE EXTERNAL",
        "ALTER TABLE message_search SET (toast_tuple_target = 128)",
        "CREATE INDEX ix_message_search_tokens ON message_search USING gin (tokens) "
        f"WITH (fastupdate = on, gin_pending_list_limit = {PENDING_KIBIBYTES})",
    ),
    drop=(
        "DROP INDEX ix_message_search_tokens",
        "ALTER TABLE message_search DROP COLUMN tokens",
    ),
)


def copy_rows(connection: Connection, *, table: str, columns: str, rows: Iterable[bytes]) -> None:
    """COPY `rows`, made by `wire.row`, into `table`."""
    payload = b"".join((wire.HEADER, *rows, wire.TRAILER))
    if len(payload) == len(wire.HEADER) + len(wire.TRAILER):
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.write(payload)
