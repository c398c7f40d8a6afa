"""What chunks and attempts add up to, kept where they change and end; indexes for single ones.

Revision: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SUMS = ("bytes", "bytes_done", "messages", "duplicates", "quarantined", "expected_messages")
_SUMMED = ", ".join(SUMS)
_OPERATIONS = ("insert", "update", "delete")
_INDEXES = (
    ("chunk", "ix_chunk_job_id_started_at_seq", ["job_id", "started_at", "seq"]),
    ("chunk", "ix_chunk_job_id_ended_at_seq", ["job_id", "ended_at", "seq"]),
    ("attempt", "ix_attempt_version_started_at", ["version", "started_at"]),
    ("attempt", "ix_attempt_worker_started_at", ["worker", "started_at"]),
)
_PARTIAL = (
    ("ix_attempt_uncounted", ["seen_at"], "counted IS NULL"),
    ("ix_attempt_lost", ["seen_at"], "outcome = 'lost'"),
    (
        "ix_attempt_cause",
        ["job_id", "outcome", "cause", "started_at", "chunk_id"],
        "cause IS NOT NULL",
    ),
)
_NEW_COLUMNS = (("counted", sa.Boolean), ("cause", sa.Text))


def _of(row: str, least: str) -> dict[str, str]:
    """Where a chunk is added up, and what it adds."""
    return {
        "job_id": f"{row}.job_id",
        "block": f"CASE WHEN {row}.seq = 0 THEN 0 ELSE ({row}.seq - 1) / 100 + 1 END",
        "state": f"{row}.state",
        "tries": f"{least}({row}.attempts, 2)",
        "chunks": "1",
        "bytes": f"{row}.stop - {row}.start",
        "bytes_done": f"{row}.position - {row}.start",
        "messages": f"{row}.messages",
        "duplicates": f"{row}.duplicates",
        "quarantined": f"{row}.quarantined",
        "expected_messages": f"coalesce({row}.expected_messages, 0)",
    }


def upgrade() -> None:
    """Make table and triggers, and add up what is there."""
    op.create_table(
        "block_sum",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True
        ),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("chunks", *SUMS)),
        sa.PrimaryKeyConstraint("id", name="pk_block_sum"),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        # What workers commit between the adding up and the triggers would be in neither.
        op.execute("LOCK TABLE chunk IN SHARE ROW EXCLUSIVE MODE")
    part = _of("chunk", "min" if is_sqlite else "least")
    added = ", ".join(f"sum({part[name]})" for name in ("chunks", *SUMS))
    op.execute(
        f"INSERT INTO block_sum (job_id, block, state, tries, chunks, {_SUMMED}) "
        f"SELECT {part['job_id']}, {part['block']}, {part['state']}, {part['tries']}, {added} "
        "FROM chunk GROUP BY 1, 2, 3, 4"
    )
    key = ["job_id", "block", "state", "tries"]
    op.create_index("ix_block_sum_job_id_block_state_tries", "block_sum", key)
    for statement in _sqlite_triggers() if is_sqlite else _postgresql_triggers():
        op.execute(statement)
    for table, name, columns in _INDEXES:
        op.create_index(name, table, columns)
    # Attempts of before are counted by the reconciler, little by little.
    for name, kind in _NEW_COLUMNS:
        op.add_column("attempt", sa.Column(name, kind()))
    for name, columns, where in _PARTIAL:
        only = sa.text(where)
        op.create_index(name, "attempt", columns, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    """Take them away. What charts told of attempts that are counted is counted twice then, so
    the sums go as well: what was done on deleted files is not known any more."""
    op.execute("DELETE FROM past_work")
    for name, _columns, _where in _PARTIAL:
        op.drop_index(name, "attempt")
    for name, _kind in _NEW_COLUMNS:
        op.drop_column("attempt", name)
    for table, name, _columns in _INDEXES:
        op.drop_index(name, table)
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for operation in _OPERATIONS:
        of_table = "" if is_sqlite else " ON chunk"
        op.execute(f"DROP TRIGGER block_sum_{operation}{of_table}")
    if not is_sqlite:
        op.execute("DROP FUNCTION add_to_block_sum()")
    op.drop_table("block_sum")


def _sqlite_triggers() -> list[str]:
    """Row by row, into the one row there is: nobody else writes meanwhile."""
    changing = "state, attempts, seq, start, stop, position, " + ", ".join(SUMS[2:])
    return [
        f"CREATE TRIGGER block_sum_insert AFTER INSERT ON chunk BEGIN {_put('NEW')} END",
        f"CREATE TRIGGER block_sum_delete AFTER DELETE ON chunk BEGIN {_take('OLD')} END",
        f"CREATE TRIGGER block_sum_update AFTER UPDATE OF {changing} ON chunk "
        f"BEGIN {_take('OLD')} {_put('NEW')} END",
    ]


def _here(part: dict[str, str]) -> str:
    return " AND ".join(f"{name} = {part[name]}" for name in ("job_id", "block", "state", "tries"))


def _put(row: str) -> str:
    part = _of(row, "min")
    more = ", ".join(f"{name} = {name} + ({part[name]})" for name in ("chunks", *SUMS))
    return (
        f"UPDATE block_sum SET {more} WHERE {_here(part)}; "
        f"INSERT INTO block_sum ({', '.join(part)}) SELECT {', '.join(part.values())} "
        "WHERE changes() = 0;"
    )


def _take(row: str) -> str:
    part = _of(row, "min")
    less = ", ".join(f"{name} = {name} - ({part[name]})" for name in ("chunks", *SUMS))
    return (
        f"UPDATE block_sum SET {less} WHERE {_here(part)}; "
        f"DELETE FROM block_sum WHERE {_here(part)} AND chunks = 0;"
    )


def _postgresql_triggers() -> list[str]:
    """Statement by statement, into rows of its own. Old and new rows are looked at together, so
    that what changes nothing that is added up leaves no trace."""
    part = _of("one", "least")
    sums = ", ".join(f"sum(sign * ({part[name]}))" for name in ("chunks", *SUMS))
    changed = " OR ".join(f"sum(sign * ({part[name]})) <> 0" for name in ("chunks", *SUMS))
    new, old = "SELECT 1 AS sign, chunks.* FROM came AS chunks", (
        "SELECT -1 AS sign, chunks.* FROM went AS chunks"
    )

    def adding(rows: str) -> str:
        return (
            f"INSERT INTO block_sum (job_id, block, state, tries, chunks, {_SUMMED}) "
            f"SELECT {part['job_id']}, {part['block']}, {part['state']}, {part['tries']}, {sums} "
            f"FROM ({rows}) AS one GROUP BY 1, 2, 3, 4 HAVING {changed};"
        )

    function = f"""
        CREATE FUNCTION add_to_block_sum() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN {adding(new)}
            ELSIF TG_OP = 'DELETE' THEN {adding(old)}
            ELSE {adding(f"{new} UNION ALL {old}")}
            END IF;
            RETURN NULL;
        END $$"""
    seen = {
        "insert": "NEW TABLE AS came",
        "update": "OLD TABLE AS went NEW TABLE AS came",
        "delete": "OLD TABLE AS went",
    }
    triggers = [
        f"CREATE TRIGGER block_sum_{operation} AFTER {operation.upper()} ON chunk "
        f"REFERENCING {seen[operation]} FOR EACH STATEMENT EXECUTE FUNCTION add_to_block_sum()"
        for operation in _OPERATIONS
    ]
    return [function, *triggers]
