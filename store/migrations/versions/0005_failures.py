"""Why a chunk failed, and what became of it since: causes, and the errand that retried it.

Chunks that failed before have no cause yet; `store.failures.sort_failures` gives them theirs in
bounded steps, while the console runs.

Revision: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FAILED = sa.text("state = 'failed'")
RETRIED = sa.text("errand_id IS NOT NULL")


def upgrade() -> None:
    """Add what is missing; nothing is read, so this is quick however large the tables are."""
    op.create_table(
        "cause",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("error_type", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("frame", sa.Text(), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_cause")),
    )
    op.create_table(
        "cause_minute",
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("cause", "minute", name=op.f("pk_cause_minute")),
    )
    op.add_column("chunk", sa.Column("cause", sa.Text(), nullable=True))
    op.add_column("chunk", sa.Column("same_cause", sa.Boolean(), nullable=True))
    op.add_column("chunk", sa.Column("errand_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_chunk_cause",
        "chunk",
        ["state", "cause", "ended_at", "id", "upload_id"],
        unique=False,
        postgresql_where=FAILED,
        sqlite_where=FAILED,
    )
    op.create_index(
        "ix_chunk_errand_id",
        "chunk",
        ["errand_id", "state", "same_cause", "ended_at"],
        unique=False,
        postgresql_where=RETRIED,
        sqlite_where=RETRIED,
    )
    op.add_column("errand", sa.Column("subject", sa.Text(), nullable=True))
    op.create_index("ix_errand_subject_id", "errand", ["subject", "id"], unique=False)


def downgrade() -> None:
    """Forget it again."""
    op.drop_index("ix_errand_subject_id", table_name="errand")
    op.drop_column("errand", "subject")
    op.drop_index("ix_chunk_errand_id", table_name="chunk")
    op.drop_index("ix_chunk_cause", table_name="chunk")
    for name in ("errand_id", "same_cause", "cause"):
        op.drop_column("chunk", name)
    op.drop_table("cause_minute")
    op.drop_table("cause")
