"""Which jobs an errand means, written down when it begins.

Revision: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; an errand under way writes down what still matches when it is begun again."""
    op.create_table(
        "errand_meant",
        sa.Column("errand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("errand_id", "job_id", name="pk_errand_meant"),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("errand_meant")
