"""The full-text index as revision 0001 made it; later revisions change it.

Kept apart from `store.sql`, which only knows the index as it is now.
"""

from __future__ import annotations

from sqlalchemy import Connection

# Tokens are made by `store.tokens`; the tokenizer only has to split them at blanks. `ascii`
# takes every letter beyond ASCII as it is, and a mark begins with a colon.
_TOKENIZER = "ascii tokenchars ':@'"


def _with_lz4(table: str, column: str) -> str:
    """Compress with lz4 where the server can: the other method takes ten times as long."""
    return (
        f"DO $$ BEGIN ALTER TABLE {table} ALTER COLUMN {column} SET COMPRESSION lz4; "
        "EXCEPTION WHEN feature_not_supported THEN NULL; END $$"
    )


# On Postgres a column of the search row, here and in later revisions.
INDEX_LEXEMES = (
    "CREATE INDEX ix_message_search_tokens ON message_search USING gin (tokens) "
    "WITH (fastupdate = on, gin_pending_list_limit = 16384)"
)

_CREATE = {
    "postgresql": (
        "ALTER TABLE message_search ADD COLUMN tokens tsvector NOT NULL",
        _with_lz4("message_search", "tokens"),
        _with_lz4("message_text", "text"),
        INDEX_LEXEMES,
    ),
    "sqlite": (
        # No positions: a phrase is checked on the text, the same way on both databases.
        "CREATE VIRTUAL TABLE message_tokens USING fts5(tokens, content='', detail=none, "
        f'tokenize="{_TOKENIZER}")',
    ),
}
_DROP = {
    "postgresql": (
        "DROP INDEX ix_message_search_tokens",
        "ALTER TABLE message_search DROP COLUMN tokens",
    ),
    "sqlite": ("DROP TABLE message_tokens",),
}


def create_search(connection: Connection) -> None:
    """Make the index; the tables must exist."""
    for statement in _CREATE[connection.dialect.name]:
        connection.exec_driver_sql(statement)


def drop_search(connection: Connection) -> None:
    """Undo `create_search`. The tables stay."""
    for statement in _DROP[connection.dialect.name]:
        connection.exec_driver_sql(statement)
