"""Views of lists are kept like searches; the audit log is read by who and by what.

Revision: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say of each kept search which page it is of."""
    op.add_column(
        "saved_search", sa.Column("page", sa.Text(), nullable=False, server_default="search")
    )
    op.drop_index("uq_saved_search_owner_name", table_name="saved_search")
    op.create_index(
        "uq_saved_search_owner_page_name", "saved_search", ["owner", "page", "name"], unique=True
    )
    op.create_index("ix_audit_actor", "audit", ["actor", "id"])
    op.create_index("ix_audit_action", "audit", ["action", "id"])


def downgrade() -> None:
    """Back to searches alone; views of other lists are lost."""
    op.drop_index("ix_audit_action", table_name="audit")
    op.drop_index("ix_audit_actor", table_name="audit")
    op.execute("DELETE FROM saved_search WHERE page <> 'search'")
    op.drop_index("uq_saved_search_owner_page_name", table_name="saved_search")
    op.create_index("uq_saved_search_owner_name", "saved_search", ["owner", "name"], unique=True)
    op.drop_column("saved_search", "page")
