"""SQLite: executemany for rows; an FTS5 table that keeps the index and not the words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Join,
    Select,
    literal_column,
    select,
    table,
    true,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from store.database import Database
from store.rows import ATTACHMENT_COLUMNS, MESSAGE_COLUMNS, SEARCH_COLUMNS, MessageRows, Row
from store.sql.carrying import Encoded, Index, Settled
from store.sql.tree import Token, Tree, spelled, word_range
from store.tables_mail import message_search
from store.tokens import index_text

_INDEX = table("message_tokens")

# With more words than this it is quicker to look all up together.
WORDS_OF_A_BEGINNING = 200
# Of all beginnings in a query; what FTS5 reads of one has bounds.
WORDS_ALTOGETHER = 1_000
# Parameters of one statement; SQLite's own limit is 32,766.
_PARAMETERS = 10_000


def _insert_into(table: str, columns: Sequence[str]) -> str:
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608  (names are our own)


_MESSAGE = _insert_into("message", MESSAGE_COLUMNS)
_SEARCH = _insert_into("message_search", SEARCH_COLUMNS)
_ATTACHMENT = _insert_into("attachment", ATTACHMENT_COLUMNS)
_TEXT = _insert_into("message_text", ("id", "text"))
_TOKENS = "INSERT INTO message_tokens (rowid, tokens) VALUES (?, ?)"
_FORGET = "INSERT INTO message_tokens (message_tokens, rowid, tokens) VALUES ('delete', ?, ?)"
# The words of the index with the messages that bear them, for the connection alone.
_MAKE_WORDS = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.token_word USING fts5vocab(main, message_tokens, row)"
)
_BEGUN = "SELECT term FROM temp.token_word WHERE term >= ? AND term < ? LIMIT ?"
_CLAIM = "INSERT INTO content (digest, message_id) VALUES (?, ?) ON CONFLICT DO NOTHING"


def encode(_database: Database, rows: Sequence[MessageRows]) -> list[Encoded]:
    """See `Room.encode`."""
    return [_encoded(one) for one in rows]


def _encoded(rows: MessageRows) -> Encoded:
    text = tokens = None
    if rows.document is not None:
        text = (rows.id, rows.document.text)
        tokens = (rows.id, index_text(rows.document))
    return Encoded(
        message=rows.message,
        attachments=rows.attachments,
        text=text,
        search=rows.search,
        tokens=tokens,
    )


def claim(connection: Connection, wanted: Sequence[tuple[bytes, int]]) -> dict[bytes, int]:
    """See `Room.claim`. Only one transaction writes at a time, so nobody comes between."""
    if not wanted:
        return {}
    _many(connection, _CLAIM, sorted(wanted))
    digests = [digest for digest, _ in wanted]
    claimed: dict[bytes, int] = {}
    for at in range(0, len(digests), _PARAMETERS):
        some = tuple(digests[at : at + _PARAMETERS])
        marks = ", ".join("?" * len(some))
        found = connection.exec_driver_sql(
            f"SELECT digest, message_id FROM content WHERE digest IN ({marks})",  # noqa: S608
            some,
        )
        claimed |= {row.digest: row.message_id for row in found}
    return claimed


def insert(connection: Connection, settled: Sequence[Settled]) -> None:
    """See `Room.insert`."""
    firsts = [one.encoded for one in settled if one.duplicate_of is None]
    messages = [(*one.encoded.message, one.kind, one.duplicate_of) for one in settled]
    _many(connection, _MESSAGE, messages)
    _many(connection, _TEXT, [one.text for one in firsts if one.text])
    _many(connection, _SEARCH, [one.search for one in firsts if one.search])
    _many(connection, _TOKENS, [one.tokens for one in firsts if one.tokens])
    _many(connection, _ATTACHMENT, [row for one in firsts for row in one.attachments])


def index(connection: Connection, entries: Iterable[tuple[int, Iterable[str]]]) -> None:
    """See `Room.index`."""
    _many(connection, _TOKENS, [(key, " ".join(tokens)) for key, tokens in entries])


def unindex(connection: Connection, entries: Iterable[tuple[int, Iterable[str]]]) -> None:
    """See `Room.unindex`. The index does not know its words, so it has to be told them again."""
    _many(connection, _FORGET, [(key, " ".join(tokens)) for key, tokens in entries])


def reword(_connection: Connection, _entries: Sequence[tuple[int, Iterable[str]]]) -> None:
    """See `Room.reword`: the tokens lie in the index alone, which has been told."""


def settle(connection: Connection) -> None:
    """See `Room.settle`: FTS5 merges as it goes."""


def index_of(connection: Connection) -> Index:
    """See `Room.index_of`."""
    return _FtsIndex(connection)


class _FtsIndex:
    """The FTS5 table, as one search asks it; remembers the beginnings it has spelled out."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._spelled_out: dict[Token, str] = {}
        self._words_left = WORDS_ALTOGETHER

    def matches(self, tree: Tree) -> ColumnElement[bool]:
        """See `Index.matches`."""
        found: Select[Any] = (
            select(literal_column("rowid")).select_from(_INDEX).where(self._match(tree))
        )
        return message_search.c.id.in_(found)

    def guess(self, _tree: Tree) -> int:
        """See `Index.guess`: FTS5 names matches as it finds them."""
        return 0

    def source(self, tree: Tree | None) -> tuple[FromClause, ColumnElement[bool]]:
        """See `Index.source`."""
        if tree is None:
            return message_search, true()
        same = message_search.c.id == literal_column("message_tokens.rowid")
        return _CrossJoin(_INDEX, message_search, same), self._match(tree)

    def _match(self, tree: Tree) -> ColumnElement[bool]:
        asked = spelled(tree, token=self._spelled, all_of=" AND ", any_of=" OR ", without=" NOT ")
        index: ColumnElement[Any] = literal_column("message_tokens")
        return index.bool_op("MATCH")(asked)

    def _spelled(self, token: Token) -> str:
        if not token.beginning:
            return _quoted(token.text)
        if token not in self._spelled_out:
            self._spelled_out[token] = self._as_words(token.text)
        return self._spelled_out[token]

    def _as_words(self, beginning: str) -> str:
        """A beginning as the words that begin so, unless they are very many.

        Of words FTS5 reads as much as is asked for; of a beginning it first gathers everything.
        """
        low, high = word_range(beginning)
        self._connection.exec_driver_sql(_MAKE_WORDS)
        most = min(WORDS_OF_A_BEGINNING, self._words_left)
        found = self._connection.exec_driver_sql(_BEGUN, (low, high, most + 1))
        words = list(found.scalars())
        if not words or len(words) > most:
            return _quoted(beginning) + "*"
        self._words_left -= len(words)
        return f"({' OR '.join(map(_quoted, words))})"


class _CrossJoin(Join):
    """A join whose left side SQLite reads first, which a plain one leaves to its planner.

    Begun with the other table, the index would be asked once for every message.
    """

    inherit_cache = True


@compiles(_CrossJoin, "sqlite")
def _spell_cross_join(join: _CrossJoin, compiler: SQLCompiler, **options: Any) -> str:
    options |= {"asfrom": True, "from_linter": None}
    left = compiler.process(join.left, **options)
    right = compiler.process(join.right, **options)
    assert join.onclause is not None
    return f"{left} CROSS JOIN {right} ON {compiler.process(join.onclause)}"


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _many(connection: Connection, statement: str, rows: Sequence[Row]) -> None:
    if rows:
        connection.exec_driver_sql(statement, list(rows))
