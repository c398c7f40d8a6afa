"""Acts on all that a search finds, and searches kept with their grouping.

Revision: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing; searches kept before show every message by itself, as they did."""
    op.add_column("errand", sa.Column("place", sa.Text(), nullable=True))
    op.add_column(
        "saved_search",
        sa.Column("by_thread", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Forget it again."""
    op.drop_column("saved_search", "by_thread")
    op.drop_column("errand", "place")
