"""When jobs were over before they began again.

Until now only the audit log knew, and not of every way to retry. What it does know is taken over.

Revision: 0010
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

READ_AGAIN = "errand.read_again"
REOPENING = (READ_AGAIN, "job.retry", "chunk.retry")


def upgrade() -> None:
    """Make the table, and fill it with what the audit log tells."""
    rest = op.create_table(
        "job_rest",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("for_reading", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_job_rest"),
    )
    op.create_index("ix_job_rest_job_id", "job_rest", ["job_id"])
    known = list(_known(op.get_bind()))
    if known:
        op.bulk_insert(rest, known)


def _known(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    jobs = set(connection.execute(sa.text("SELECT id FROM job")).scalars())
    done = set(connection.execute(sa.text("SELECT id FROM errand WHERE state = 'done'")).scalars())
    entries = connection.execute(
        sa.text("SELECT at, action, subject, detail FROM audit WHERE action IN :these").bindparams(
            sa.bindparam("these", REOPENING, expanding=True)
        )
    )
    for at, action, subject, text in entries:
        job_id, detail = subject.removeprefix("job:"), json.loads(text)
        came_about = action != READ_AGAIN or detail.get("errand") in done
        if job_id in jobs and "ended_before" in detail and came_about:
            yield {
                "job_id": job_id,
                "since": _utc(detail["ended_before"], connection),
                "until": _utc(at, connection),
                "for_reading": action == READ_AGAIN,
            }


def _utc(value: str | datetime, connection: sa.Connection) -> datetime:
    when = datetime.fromisoformat(value) if isinstance(value, str) else value
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return when.replace(tzinfo=None) if connection.dialect.name == "sqlite" else when


def downgrade() -> None:
    """Forget them again; the audit log keeps what it has."""
    op.drop_table("job_rest")
