"""Alembic's entry: runs revisions on the connection that `store.migrate` hands over."""

from __future__ import annotations

from alembic import context

import store.tables_archive
import store.tables_mail
import store.tables_people
import store.tables_watch  # noqa: F401
from store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    # The search tables are made by hand (FTS5, words): autogenerate must leave them alone.
    include_name=lambda name, kind, _parents: (
        not (kind == "table" and (name == "word" or str(name).startswith("message_tokens")))
    ),
)
with context.begin_transaction():
    context.run_migrations()
