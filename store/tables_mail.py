"""Tables of the mail: messages, their text, what is searched, attachments, labels.

Only shapes. Writing is in `messages`, finding in `search`, one message in `reading`; the
full-text index, which the two databases spell differently, is in `store.sql`.

There are no foreign keys here: rows come and go in bulk, each check would cost as much as the
row, and a message's key already says which upload it belongs to.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    false,
    text,
)

from store.tables import BigKey, Utc, metadata

# A message's key is computed, not allocated, so that reading a range twice names the same rows.
OFFSET_BITS = 40

message = Table(
    "message",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=False),  # upload_id << 40 | offset
    Column("length", BigInteger, nullable=False),  # of the span, separator line included
    Column("upload_id", Integer, nullable=False),
    Column("separator_length", Integer, nullable=False),
    Column("message_id_hash", BigInteger, index=True),  # 64 bits of the Message-ID, however long
    Column("parent_hash", BigInteger),  # the same, of the message this one answers
    Column("thread", BigInteger),  # see store.threads
    Column("subject_hash", BigInteger),  # only where nothing better ties it to a thread
    Column("sent_at", BigInteger),  # Unix seconds, UTC; NULL when no date could be read
    Column("defect_count", Integer, nullable=False),
    Column("date_plausible", Boolean, nullable=False),
    Column("has_attachments", Boolean, nullable=False),
    Column("has_html", Boolean, nullable=False),
    Column("deleted_in_source", Boolean, nullable=False),
    Column("text_cut", Boolean, nullable=False),  # what is kept of the text is not all of it
    Column("digest", LargeBinary),  # 32 bytes of content identity; NULL when it was not read whole
    Column("message_id", Text),  # cut after 998 characters
    Column("date_source", Text),
    Column("date_raw", Text),
    Column("subject", Text),
    Column("sender_name", Text),
    Column("sender_address", Text),
    Column("list_id", Text),
    Column("list_description", Text),  # NULL also where it was read before revision 0009
    Column("people", Text),  # JSON: field -> [[name, address], …], and how many were left out
    Column("defects", Text),  # JSON: [[kind, where, what], …]
    Column(
        "kind",
        Text,
        CheckConstraint("kind IN ('message', 'duplicate', 'quarantined')", name="kind"),
        nullable=False,
    ),
    Column("duplicate_of", BigInteger),  # the copy that holds text, attachments and search row
    Index("ix_message_thread", "thread"),
    # Answers that are not found by their thread already: most are, so this stays small.
    Index(
        "ix_message_parent_hash",
        "parent_hash",
        postgresql_where=text("parent_hash <> thread"),
        sqlite_where=text("parent_hash <> thread"),
    ),
    Index(
        "ix_message_subject_hash",
        "subject_hash",
        postgresql_where=text("subject_hash IS NOT NULL"),
        sqlite_where=text("subject_hash IS NOT NULL"),
    ),
    Index(
        "ix_message_duplicate_of",
        "duplicate_of",
        postgresql_where=text("duplicate_of IS NOT NULL"),
        sqlite_where=text("duplicate_of IS NOT NULL"),
    ),
    Index(
        "ix_message_upload_id_duplicate_of",
        "upload_id",
        "duplicate_of",
        postgresql_where=text("duplicate_of IS NOT NULL"),
        sqlite_where=text("duplicate_of IS NOT NULL"),
    ),
)

# The one place that decides which copy of a content came first.
content = Table(
    "content",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("message_id", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

message_text = Table(
    "message_text",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
)

# Narrow on purpose: sorting, counting and faceting read these rows by the ten thousand. On
# Postgres `store.sql` adds the token column; on SQLite the tokens live in an FTS5 table.
message_search = Table(
    "message_search",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=False),
    Column("sort_at", BigInteger, nullable=False),  # sent_at when plausible, else UNDATED
    Column("sender", BigInteger, nullable=False),  # 64 bits of the address; 0: none
    Column("size", BigInteger, nullable=False),  # bytes, separator line not counted
    Column("deleted_in_source", Boolean, nullable=False),
    Index("ix_message_search_sort_at_id", "sort_at", "id"),
)

# A date that sorts below every real one, for messages without a usable date.
UNDATED = -(1 << 62)

attachment = Table(
    "attachment",
    metadata,
    Column("message_id", BigInteger, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("filename", Text),
    Column("original_filename", Text),
    Column("content_id", Text),
    Column("sha256", LargeBinary),
    Index("ix_attachment_sha256", "sha256"),
    Index("ix_attachment_size", "size", "message_id", "path"),
)

label = Table(
    "label",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=False),  # 63 bits of the name's hash
    Column("name", Text, nullable=False, unique=True),
    Column("seen_at", Utc, nullable=False),
)

# Which copy bore which label. `first_id` is the message that is shown for all copies, so labels
# of all archives merge there, and go with the copy that brought them. A `message_id` of 0: no copy
# did, a person put it on (`store.own_labels`).
message_label = Table(
    "message_label",
    metadata,
    Column("label_id", BigInteger, primary_key=True),
    Column("first_id", BigInteger, primary_key=True),
    Column("message_id", BigInteger, primary_key=True),
    Index("ix_message_label_first_id", "first_id"),
    sqlite_with_rowid=False,
)

saved_search = Table(
    "saved_search",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),  # of other pages: the query of the address
    Column("sort_order", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("page", Text, nullable=False, server_default="search"),  # or "jobs", "audit"
    Column("by_thread", Boolean, nullable=False, server_default=false()),  # only for a search
    Index("uq_saved_search_owner_page_name", "owner", "page", "name", unique=True),
)
