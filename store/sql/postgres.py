"""Postgres: COPY for rows; tokens as numbers in an array, under a GIN index."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Connection, Integer, LargeBinary, Table
from sqlalchemy.types import TypeEngine

from store.database import Database
from store.rows import ATTACHMENT_COLUMNS, MESSAGE_COLUMNS, SEARCH_COLUMNS, MessageRows, Row
from store.sql import wire
from store.sql.carrying import Encoded, Index, Settled
from store.sql.numbered import NumberedIndex
from store.sql.vocabulary import numbers_of, numbers_within
from store.tables_mail import attachment, message, message_search
from store.tokens import index_tokens

# Merging takes as much at a time as fits here; the usual 4 MB would merge a full list in eight
# rounds, each through the whole index.
WORK_MEMORY = "64MB"

# Of the messages that are given numbers together: a full batch of usual mail holds 100,000.
WORDS_AT_ONCE = 200_000

Field = Callable[[Any], bytes]
Words = Collection[str]


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


def encode(database: Database, rows: Sequence[MessageRows]) -> list[Encoded]:
    """See `Room.encode`. New words are given their numbers here, and keep them."""
    return [one for some in _of_few_words(rows) for one in _numbered(database, some)]


def _of_few_words(rows: Sequence[MessageRows]) -> Iterator[list[tuple[MessageRows, Words]]]:
    """Messages with their words, as many at once as memory has room for the words of."""
    some: list[tuple[MessageRows, Words]] = []
    words = 0
    for one in rows:
        held = index_tokens(one.document) if one.document else ()
        words += len(held)
        if some and words > WORDS_AT_ONCE:
            yield some
            some, words = [], len(held)
        some.append((one, held))
    yield some


def _numbered(database: Database, some: list[tuple[MessageRows, Words]]) -> Iterator[Encoded]:
    numbers = numbers_of(database, set().union(*(held for _, held in some)))
    return (_encoded(one, sorted(map(numbers.__getitem__, held))) for one, held in some)


def _encoded(rows: MessageRows, numbers: Sequence[bytes]) -> Encoded:
    search = text = None
    if rows.search is not None and rows.document is not None:
        tokens = wire.int4_array(numbers)
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
    """See `Room.claim`. In the order of digests, or two batches could wait for each other.

    When a deletion takes a first copy away meanwhile, nothing is kept hold of and all is claimed
    anew: who went back for one digest while holding others would break that order.
    """
    pairs = sorted(wanted)
    while True:
        savepoint = connection.begin_nested()
        claimed = _claimed_at_once(connection, pairs)
        if len(claimed) == len(pairs):
            savepoint.commit()
            return claimed
        savepoint.rollback()


def _claimed_at_once(
    connection: Connection, pairs: Sequence[tuple[bytes, int]]
) -> dict[bytes, int]:
    if not pairs:
        return {}
    digests, keys = (list(column) for column in zip(*pairs, strict=True))
    ours = connection.exec_driver_sql(
        "INSERT INTO content (digest, message_id) "
        "SELECT * FROM unnest(%(digests)s::bytea[], %(keys)s::bigint[]) "
        "ON CONFLICT DO NOTHING RETURNING digest, message_id",
        {"digests": digests, "keys": keys},
    )
    claimed = {bytes(digest): key for digest, key in ours}
    # Sharing the lock keeps a deletion from taking the first copy away under us. What it took
    # away a moment ago is missing then.
    theirs = connection.exec_driver_sql(
        "SELECT digest, message_id FROM content WHERE digest = ANY(%(digests)s) "
        "ORDER BY digest FOR SHARE",
        {"digests": [digest for digest in digests if digest not in claimed]},
    )
    return claimed | {bytes(digest): key for digest, key in theirs}


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


def index(connection: Connection, entries: Iterable[tuple[int, Iterable[str]]]) -> None:
    """See `Room.index`: here the tokens are a column of the search row."""


def unindex(connection: Connection, entries: Iterable[tuple[int, Iterable[str]]]) -> None:
    """See `Room.unindex`: here the index follows its rows by itself."""


def reword(connection: Connection, entries: Sequence[tuple[int, Iterable[str]]]) -> None:
    """See `Room.reword`."""
    if not entries:
        return
    words = {key: set(held) for key, held in entries}
    numbers = numbers_within(connection, set().union(*words.values()))
    for key, held in words.items():
        connection.exec_driver_sql(
            "UPDATE message_search SET tokens = %(numbers)s::int4[] WHERE id = %(key)s",
            {"key": key, "numbers": sorted(numbers[word] for word in held)},
        )


def settle(connection: Connection) -> None:
    """See `Room.settle`: merge the pending list, which every search reads from end to end.

    Left to the owner of the index, as the server asks for; otherwise autovacuum will do it.
    """
    connection.exec_driver_sql(f"SET LOCAL maintenance_work_mem = '{WORK_MEMORY}'")
    connection.exec_driver_sql(
        "SELECT gin_clean_pending_list(oid) FROM pg_class "
        "WHERE oid = 'ix_message_search_tokens'::regclass AND pg_has_role(relowner, 'USAGE')"
    )


def index_of(connection: Connection) -> Index:
    """See `Room.index_of`."""
    return NumberedIndex(connection)


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
