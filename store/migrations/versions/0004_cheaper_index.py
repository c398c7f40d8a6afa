"""Let SQLite's index gather more before it writes, and merge less often.

Revision: 0004
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# What FTS5 takes when nobody says otherwise is the last column. A batch of 500 messages does not
# fit into 1 MiB, and each part that is written will be read and written again by every merge.
# A level that reaches `crisismerge` is merged at once, in the transaction of whoever wrote last:
# it must lie well above `automerge`, which works in small steps.
SETTINGS = (
    ("hashsize", 8 << 20, 1 << 20),
    ("automerge", 16, 4),
    ("crisismerge", 64, 16),
)


def upgrade() -> None:
    """Set them; they are kept in the database."""
    for name, value, _ in SETTINGS:
        _set(name, value)


def downgrade() -> None:
    """Back to what FTS5 takes by itself."""
    for name, _, value in SETTINGS:
        _set(name, value)


def _set(name: str, value: int) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"INSERT INTO message_tokens (message_tokens, rank) VALUES ('{name}', {value})")
