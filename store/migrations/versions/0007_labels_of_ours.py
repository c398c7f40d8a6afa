"""Acts on all that a search finds, searches kept with their grouping, answers by their parent,
entries of the audit log by what they are about.

Revision: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0008"
branch_labels = None
depends_on = None

NOT_BY_THREAD = sa.text("parent_hash <> thread")


def upgrade() -> None:
    """Add what is missing; searches kept before show every message by itself, as they did."""
    op.add_column("errand", sa.Column("place", sa.Text(), nullable=True))
    op.add_column(
        "saved_search",
        sa.Column("by_thread", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute('ALTER TABLE audit ALTER COLUMN subject TYPE text COLLATE "C"')
    op.create_index(
        "ix_message_parent_hash",
        "message",
        ["parent_hash"],
        unique=False,
        postgresql_where=NOT_BY_THREAD,
        sqlite_where=NOT_BY_THREAD,
    )


def downgrade() -> None:
    """Forget it again."""
    op.drop_index("ix_message_parent_hash", table_name="message")
    if op.get_bind().dialect.name == "postgresql":
        op.execute('ALTER TABLE audit ALTER COLUMN subject TYPE text COLLATE "default"')
    op.drop_column("saved_search", "by_thread")
    op.drop_column("errand", "place")
