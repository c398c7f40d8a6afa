"""Postgres: COPY for rows; a tsvector without positions, made here, under a GIN index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    LargeBinary,
    Table,
    cast,
    literal_column,
    true,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.dialects.postgresql import insert as insert_unless_there
from sqlalchemy.types import TypeEngine

from store.rows import ATTACHMENT_COLUMNS, MESSAGE_COLUMNS, SEARCH_COLUMNS, MessageRows, Row
from store.sql import wire
from store.sql.carrying import Encoded, Settled
from store.sql.ddl import Ddl
from store.sql.tree import Token, Tree, spelled
from store.tables_mail import attachment, label, message, message_label, message_search
from store.tokens import index_tokens

# Large enough that merging pays; small enough that a commit which has to merge stays short, and
# that a search, which reads the list from end to end, does too.
PENDING_KIBIBYTES = 16 * 1024

# Merging takes as much at a time as fits here; the usual 4 MB would merge a full list in eight
# rounds, each through the whole index.
WORK_MEMORY = "64MB"


def _with_lz4(table: str, column: str) -> str:
    """Compress with lz4 where the server can: the other method takes ten times as long."""
    return (
        f"DO $$ BEGIN ALTER TABLE {table} ALTER COLUMN {column} SET COMPRESSION lz4; "
        "EXCEPTION WHEN feature_not_supported THEN NULL; END $$"
    )


DDL = Ddl(
    create=(
        "ALTER TABLE message_search ADD COLUMN tokens tsvector NOT NULL",
        _with_lz4("message_search", "tokens"),
        _with_lz4("message_text", "text"),
        "CREATE INDEX ix_message_search_tokens ON message_search USING gin (tokens) "
        f"WITH (fastupdate = on, gin_pending_list_limit = {PENDING_KIBIBYTES})",
    ),
    drop=(
        "DROP INDEX ix_message_search_tokens",
        "ALTER TABLE message_search DROP COLUMN tokens",
    ),
)

Field = Callable[[Any], bytes]


def _fields(table: Table, columns: Sequence[str]) -> tuple[Field, ...]:
    return tuple(_field(table.c[column].type) for column in columns)


def _field(kind: TypeEngine[Any]) -> Field:
    match kind:
        case BigInteger():
            return wire.int8
        case Integer():
            return wire.int4
        case Boolean():
            return wire.boolean
        case LargeBinary():
            return wire.blob
        case _:
            return wire.text


_MESSAGE_FIELDS = _fields(message, MESSAGE_COLUMNS[:-2])
_SEARCH_FIELDS = _fields(message_search, SEARCH_COLUMNS)
_ATTACHMENT_FIELDS = _fields(attachment, ATTACHMENT_COLUMNS)
_SEARCH_WIDTH = len(SEARCH_COLUMNS) + 1


def _encode(fields: Sequence[Field], values: Row) -> bytes:
    return b"".join([field(value) for field, value in zip(fields, values, strict=True)])


def encode(rows: MessageRows) -> Encoded:
    """See `Room.encode`."""
    search = text = None
    if rows.search is not None and rows.document is not None:
        tokens = wire.blob(wire.tsvector(index_tokens(rows.document)))
        search = wire.row([_encode(_SEARCH_FIELDS, rows.search), tokens], _SEARCH_WIDTH)
        text = wire.row([wire.int8(rows.id), wire.text(rows.document.text)], 2)
    return Encoded(
        message=_encode(_MESSAGE_FIELDS, rows.message),
        attachments=tuple(
            wire.row([_encode(_ATTACHMENT_FIELDS, values)], len(ATTACHMENT_COLUMNS))
            for values in rows.attachments
        ),
        text=text,
        search=search,
        tokens=None,
    )


def claim(connection: Connection, wanted: Sequence[tuple[bytes, int]]) -> dict[bytes, int]:
    """See `Room.claim`. In the order of digests, or two batches could wait for each other."""
    claimed: dict[bytes, int] = {}
    while missing := sorted(pair for pair in wanted if pair[0] not in claimed):
        digests, keys = (list(column) for column in zip(*missing, strict=True))
        ours = connection.exec_driver_sql(
            "INSERT INTO content (digest, message_id) "
            "SELECT * FROM unnest(%(digests)s::bytea[], %(keys)s::bigint[]) "
            "ON CONFLICT DO NOTHING RETURNING digest, message_id",
            {"digests": digests, "keys": keys},
        )
        claimed |= {bytes(digest): key for digest, key in ours}
        # Sharing the lock keeps a deletion from taking the first copy away under us. What it
        # took away a moment ago is missing here, and claimed in the next round.
        theirs = connection.exec_driver_sql(
            "SELECT digest, message_id FROM content WHERE digest = ANY(%(digests)s) "
            "ORDER BY digest FOR SHARE",
            {"digests": [digest for digest in digests if digest not in claimed]},
        )
        claimed |= {bytes(digest): key for digest, key in theirs}
    return claimed


def insert(connection: Connection, settled: Sequence[Settled]) -> None:
    """See `Room.insert`."""
    connection.exec_driver_sql(f"SET LOCAL work_mem = '{WORK_MEMORY}'")
    firsts = [one.encoded for one in settled if one.duplicate_of is None]
    copy_rows(connection, "message", MESSAGE_COLUMNS, [_message(one) for one in settled])
    copy_rows(connection, "message_text", ("id", "text"), [one.text for one in firsts if one.text])
    copy_rows(
        connection,
        "message_search",
        (*SEARCH_COLUMNS, "tokens"),
        [one.search for one in firsts if one.search],
    )
    copy_rows(
        connection,
        "attachment",
        ATTACHMENT_COLUMNS,
        [attachment for one in firsts for attachment in one.attachments],
    )


def _message(one: Settled) -> bytes:
    last_two = wire.text(one.kind) + wire.int8(one.duplicate_of)
    return wire.row([one.encoded.message, last_two], len(MESSAGE_COLUMNS))


def insert_labels(
    connection: Connection, *, names: dict[int, str], rows: Sequence[Row], now: datetime
) -> None:
    """See `Room.insert_labels`."""
    seen = [{"id": key, "name": names[key], "seen_at": now} for key in sorted(names)]
    if seen:
        connection.execute(insert_unless_there(label).on_conflict_do_nothing(), seen)
    if rows:
        columns = ("label_id", "first_id", "message_id")
        values = [dict(zip(columns, row, strict=True)) for row in sorted(rows)]
        connection.execute(insert_unless_there(message_label).on_conflict_do_nothing(), values)


def index(connection: Connection, entries: Iterable[tuple[int, Iterable[str]]]) -> None:
    """See `Room.index`: here the tokens are a column of the search row."""


def unindex(connection: Connection, entries: Iterable[tuple[int, Iterable[str]]]) -> None:
    """See `Room.unindex`: here the index follows its rows by itself."""


def settle(connection: Connection) -> None:
    """See `Room.settle`: merge the pending list, which every search reads from end to end.

    Left to the owner of the index, as the server asks for; otherwise autovacuum will do it.
    """
    connection.exec_driver_sql(f"SET LOCAL maintenance_work_mem = '{WORK_MEMORY}'")
    connection.exec_driver_sql(
        "SELECT gin_clean_pending_list(oid) FROM pg_class "
        "WHERE oid = 'ix_message_search_tokens'::regclass AND pg_has_role(relowner, 'USAGE')"
    )


def matches(tree: Tree) -> ColumnElement[bool]:
    """See `Room.matches`."""
    asked = spelled(tree, token=_lexeme, all_of=" & ", any_of=" | ", without=" & !")
    tokens: ColumnElement[Any] = literal_column("message_search.tokens")
    return tokens.bool_op("@@")(cast(asked, TSQUERY))


def _lexeme(token: Token) -> str:
    quoted = token.text.replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}':*" if token.beginning else f"'{quoted}'"


def source(tree: Tree | None) -> tuple[FromClause, ColumnElement[bool]]:
    """See `Room.source`."""
    return message_search, true() if tree is None else matches(tree)


def copy_rows(
    connection: Connection, table: str, columns: Sequence[str], rows: Sequence[bytes]
) -> None:
    """COPY `rows`, made by `wire.row`, into `table`."""
    if not rows:
        return
    driver: Any = connection.connection.driver_connection
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(b"".join((wire.HEADER, *rows, wire.TRAILER)))
