"""What was done, minute by minute, of attempts that are gone.

Revision: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table. What was deleted before is not known any more."""
    op.create_table(
        "past_work",
        sa.Column("minute", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("minute", name="pk_past_work"),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("past_work")
