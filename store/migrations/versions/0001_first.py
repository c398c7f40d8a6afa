"""The first schema: work, mail, search.

Revision: 0001
"""

from __future__ import annotations

from alembic import op

import store.tables_mail  # noqa: F401
import store.tables_watch  # noqa: F401
from store.sql import create_search, drop_search
from store.tables import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything."""
    metadata.create_all(op.get_bind())
    create_search(op.get_bind())


def downgrade() -> None:
    """Remove everything."""
    drop_search(op.get_bind())
    metadata.drop_all(op.get_bind())
