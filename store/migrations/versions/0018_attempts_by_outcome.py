"""Find the attempts of a job that ended in one way, newest first, without a look at the others.

Revision: 0018
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INDEX = "ix_attempt_job_id_outcome_started_at_id"


def upgrade() -> None:
    """Make the index."""
    op.create_index(INDEX, "attempt", ["job_id", "outcome", "started_at", "id"])


def downgrade() -> None:
    """Take it away."""
    op.drop_index(INDEX, table_name="attempt")
