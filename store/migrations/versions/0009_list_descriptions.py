"""What a mailing list is called, beside its identifier.

An empty column is added, which takes no time however many messages there are. What was stored
before has no description until it is read again.

Revision: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for the descriptions of mail to come."""
    op.add_column("message", sa.Column("list_description", sa.Text(), nullable=True))


def downgrade() -> None:
    """Forget the descriptions. Their words stay in the index, where `list:` goes on finding them."""
    op.drop_column("message", "list_description")
