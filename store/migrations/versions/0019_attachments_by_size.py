"""List attached files by size, a page at a time, without putting all of them in order.

Revision: 0019
"""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

INDEX = "ix_attachment_size"


def upgrade() -> None:
    """Make the index."""
    op.create_index(INDEX, "attachment", ["size", "message_id", "path"])


def downgrade() -> None:
    """Take it away."""
    op.drop_index(INDEX, table_name="attachment")
