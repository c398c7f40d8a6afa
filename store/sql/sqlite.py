"""SQLite: an FTS5 table that keeps the index and not the words (the text is kept elsewhere)."""

from __future__ import annotations

from store.sql.ddl import Ddl

# Tokens are made by `store.tokens`; the tokenizer only has to split them at blanks. `ascii`
# takes every other letter as it is, and field marks end in a colon.
TOKENIZER = "ascii tokenchars ':@.+-_'"

DDL = Ddl(
    create=(
        "CREATE VIRTUAL TABLE message_tokens USING fts5(tokens, content='', detail=none, "
        f'tokenize="{TOKENIZER}")',
    ),
    drop=("DROP TABLE message_tokens",),
)
