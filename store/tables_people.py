"""Tables of people: accounts, sessions, tokens, and the log of what was done.

Only shapes; see `store.accounts`, `store.api_tokens`, `store.audit`.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from store.tables import BigKey, Bytewise, Utc, metadata, one_of

account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, one_of("role", "viewer operator admin"), nullable=False),
    Column("password_hash", Text),  # argon2id; NULL until one is set
    Column("language", Text),
    Column("created_at", Utc, nullable=False),
    Column("disabled_at", Utc),
)

sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("used_at", Utc),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("ended_at", Utc),
)

api_token = Table(
    "api_token",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, one_of("role", "viewer operator admin"), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("used_at", Utc),
    Column("revoked_at", Utc),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("actor", Text, nullable=False),  # "account:ann", "token:ci", "system"
    Column("action", Text, nullable=False),  # "job.retry" …
    # "job:3f…", "upload:7". By bytes, as on SQLite: what begins alike lies together in its index.
    Column("subject", Bytewise, nullable=False),
    Column("detail", Text, nullable=False),  # JSON
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("ix_audit_subject", "subject", "id"),
    Index("ix_audit_actor", "actor", "id"),
    Index("ix_audit_action", "action", "id"),
)
