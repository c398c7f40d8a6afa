"""When it is a waiting chunk's turn, which for archives is not that of other plans.

Revision: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

WAITING = sa.text("state = 'waiting'")
# As it was written down from now on, see store.turns.
OF_ARCHIVES = """
UPDATE chunk SET turn = stop / 16777216 + (
    SELECT CASE WHEN upload.archive_id IS NULL THEN 2 ELSE 1 END
    FROM upload WHERE upload.id = chunk.upload_id
)
WHERE seq = 0 AND upload_id IN (SELECT upload_id FROM archive)
"""


def upgrade() -> None:
    """Add the column; until now the order was that within each file."""
    zero = sa.text("0")
    op.add_column("chunk", sa.Column("turn", sa.Integer(), nullable=False, server_default=zero))
    op.execute("UPDATE chunk SET turn = seq WHERE seq > 0")
    op.execute(OF_ARCHIVES)
    op.drop_index("ix_chunk_waiting", table_name="chunk")
    _index(["turn", "id"])


def _index(columns: list[str]) -> None:
    op.create_index(
        "ix_chunk_waiting",
        "chunk",
        columns,
        unique=False,
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )


def downgrade() -> None:
    """Back to the order within each file."""
    op.drop_index("ix_chunk_waiting", table_name="chunk")
    _index(["seq", "id"])
    op.drop_column("chunk", "turn")
