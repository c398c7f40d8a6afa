"""What an errand came to stays told when its chunks begin anew; the jobs it reached; what a
cause said last.

Revision: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_ENDED = "('done', 'failed', 'cancelled')"
_OUTCOME = ("errand_id", "state", "same_cause")


def upgrade() -> None:
    """Make both tables, and the triggers that fill the first."""
    op.create_table(
        "errand_past",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True
        ),
        sa.Column("errand_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("same_cause", sa.Boolean()),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("last_end", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_errand_past"),
    )
    op.create_index("ix_errand_past_errand_id", "errand_past", ["errand_id"])
    op.create_table(
        "errand_job",
        sa.Column("errand_id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("errand_id", "job_id", name="pk_errand_job"),
    )
    op.create_index("ix_errand_job_job_id", "errand_job", ["job_id", "errand_id"])
    op.add_column("cause", sa.Column("sample", sa.Text()))
    op.execute(
        "UPDATE cause SET sample = (SELECT substr(chunk.error, 1, 400) FROM chunk "
        "WHERE chunk.state = 'failed' AND chunk.cause = cause.key "
        "ORDER BY chunk.ended_at DESC, chunk.id DESC LIMIT 1)"
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _sqlite_triggers() if is_sqlite else _postgresql_triggers():
        op.execute(statement)


def downgrade() -> None:
    """Take them away; what a retry came to is then told of its last chunks only."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for operation in ("update", "delete"):
        of_table = "" if is_sqlite else " ON chunk"
        op.execute(f"DROP TRIGGER errand_past_{operation}{of_table}")
    if not is_sqlite:
        op.execute("DROP FUNCTION add_to_errand_past()")
    op.drop_column("cause", "sample")
    op.drop_table("errand_job")
    op.drop_table("errand_past")


def _sqlite_triggers() -> list[str]:
    """Row by row, into the one row there is: nobody else writes meanwhile."""
    columns = ", ".join(_OUTCOME)
    outcome = ", ".join(f"OLD.{name}" for name in _OUTCOME)
    here = " AND ".join(f"{name} IS OLD.{name}" for name in _OUTCOME)
    add = (
        "UPDATE errand_past SET number = number + 1, "
        "last_end = max(coalesce(last_end, OLD.ended_at), coalesce(OLD.ended_at, last_end)) "
        f"WHERE {here}; "
        f"INSERT INTO errand_past ({columns}, number, last_end) "
        f"SELECT {outcome}, 1, OLD.ended_at WHERE changes() = 0;"
    )
    ended = f"OLD.errand_id IS NOT NULL AND OLD.state IN {_ENDED}"
    return [
        "CREATE TRIGGER errand_past_update AFTER UPDATE OF errand_id ON chunk "
        f"WHEN {ended} AND OLD.errand_id IS NOT NEW.errand_id BEGIN {add} END",
        f"CREATE TRIGGER errand_past_delete AFTER DELETE ON chunk WHEN {ended} BEGIN {add} END",
    ]


def _postgresql_triggers() -> list[str]:
    """Statement by statement, into rows of its own, so that no two writers wait for each other."""

    def adding(rows: str, condition: str) -> str:
        outcome = ", ".join(f"went.{name}" for name in _OUTCOME)
        return (
            f"INSERT INTO errand_past ({', '.join(_OUTCOME)}, number, last_end) "
            f"SELECT {outcome}, count(*), max(went.ended_at) FROM {rows} "
            f"WHERE went.errand_id IS NOT NULL AND went.state IN {_ENDED}{condition} "
            "GROUP BY 1, 2, 3;"
        )

    left = " AND went.errand_id IS DISTINCT FROM came.errand_id"
    function = f"""
        CREATE FUNCTION add_to_errand_past() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN {adding("went", "")}
            ELSE {adding("went JOIN came ON came.id = went.id", left)}
            END IF;
            RETURN NULL;
        END $$"""
    seen = {"update": "OLD TABLE AS went NEW TABLE AS came", "delete": "OLD TABLE AS went"}
    triggers = [
        f"CREATE TRIGGER errand_past_{operation} AFTER {operation.upper()} ON chunk "
        f"REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION add_to_errand_past()"
        for operation, tables in seen.items()
    ]
    return [function, *triggers]
