"""Find the members whose bytes an upload holds without a look at all members.

Revision: 0011
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INDEX = "ix_member_upload_id"


def upgrade() -> None:
    """Make the index."""
    op.create_index(INDEX, "member", ["upload_id"])


def downgrade() -> None:
    """Take it away."""
    op.drop_index(INDEX, table_name="member")
