"""Archives: which upload is one, which came out of one, and what became of each member.

Revision: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OF_ARCHIVE = sa.text("archive_id IS NOT NULL")
BEFORE = ("message", "duplicate", "quarantined", "preamble", "trailer")
SINCE = (*BEFORE, "member", "structure")


def upgrade() -> None:
    """Add what is missing. On SQLite the ledger is copied, as no check can be changed there."""
    op.add_column(
        "upload", sa.Column("kind", sa.Text(), nullable=False, server_default=sa.text("'mail'"))
    )
    op.add_column("upload", sa.Column("archive_id", sa.Integer(), nullable=True))
    op.create_index(
        "ix_upload_archive_id",
        "upload",
        ["archive_id"],
        unique=False,
        postgresql_where=OF_ARCHIVE,
        sqlite_where=OF_ARCHIVE,
    )
    op.create_table(
        "archive",
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.Column("root_id", sa.Integer(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("read_bytes", sa.BigInteger(), nullable=False),
        sa.Column("inflated_bytes", sa.BigInteger(), nullable=False),
        sa.Column("damage", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["upload.id"], name=op.f("fk_archive_upload_id_upload")
        ),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_archive")),
    )
    op.create_index(op.f("ix_archive_root_id"), "archive", ["root_id"], unique=False)
    op.create_table(
        "member",
        sa.Column("archive_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("claimed_size", sa.BigInteger(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("packed_bytes", sa.BigInteger(), nullable=True),
        sa.Column(
            "fate",
            sa.Text(),
            sa.CheckConstraint(
                "fate IN ('imported', 'same', 'damaged', 'skipped')", name=op.f("ck_member_fate")
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("upload_id", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["archive_id"], ["upload.id"], name=op.f("fk_member_archive_id_upload")
        ),
        sa.PrimaryKeyConstraint("archive_id", "ordinal", name=op.f("pk_member")),
    )
    _let_the_ledger_know(SINCE)


def _let_the_ledger_know(kinds: tuple[str, ...]) -> None:
    condition = f"kind IN ({', '.join(repr(kind) for kind in kinds)})"
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_ledger_kind"), "ledger", type_="check")
        op.create_check_constraint(op.f("ck_ledger_kind"), "ledger", condition)
        return
    op.create_table(
        "ledger_new",
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Text(),
            sa.CheckConstraint(condition, name=op.f("ck_ledger_kind")),
            nullable=False,
        ),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["upload.id"], name=op.f("fk_ledger_upload_id_upload")
        ),
        sa.PrimaryKeyConstraint("upload_id", "start", name=op.f("pk_ledger")),
    )
    op.execute(
        "INSERT INTO ledger_new (upload_id, start, length, kind, messages, note) "
        "SELECT upload_id, start, length, kind, messages, note FROM ledger"
    )
    op.drop_table("ledger")
    op.rename_table("ledger_new", "ledger")


def downgrade() -> None:
    """Forget it again; what came out of archives stays, as mail that was uploaded."""
    op.execute("DELETE FROM ledger WHERE kind IN ('member', 'structure')")
    _let_the_ledger_know(BEFORE)
    op.drop_table("member")
    op.drop_index(op.f("ix_archive_root_id"), table_name="archive")
    op.drop_table("archive")
    op.drop_index("ix_upload_archive_id", table_name="upload")
    op.drop_column("upload", "archive_id")
    op.drop_column("upload", "kind")
