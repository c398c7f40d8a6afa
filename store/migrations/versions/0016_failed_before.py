"""A chunk remembers that it failed before somebody had it go on; so do its sums once it is done.

Revision: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

SUMS = ("bytes", "bytes_done", "messages", "duplicates", "quarantined", "expected_messages")
_ADDED = ("chunks", *SUMS)
_KEY = ("job_id", "block", "state", "tries")
_OPERATIONS = ("insert", "update", "delete")
_CHANGING = (
    *("state", "attempts", "seq", "start", "stop", "position"),
    *("messages", "duplicates", "quarantined", "expected_messages"),
)


def _of(row: str, least: str, *, remembers: bool) -> dict[str, str]:
    """Where a chunk is added up, and what it adds; as in revision 0013 unless it `remembers`."""
    tries = f"{least}({row}.attempts, 2)"
    if remembers:
        rescued = f"{row}.state = 'done' AND {row}.failed_before"
        tries = f"CASE WHEN {rescued} THEN 2 ELSE {tries} END"
    return {
        "job_id": f"{row}.job_id",
        "block": f"CASE WHEN {row}.seq = 0 THEN 0 ELSE ({row}.seq - 1) / 100 + 1 END",
        "state": f"{row}.state",
        "tries": tries,
        "chunks": "1",
        "bytes": f"{row}.stop - {row}.start",
        "bytes_done": f"{row}.position - {row}.start",
        "messages": f"{row}.messages",
        "duplicates": f"{row}.duplicates",
        "quarantined": f"{row}.quarantined",
        "expected_messages": f"coalesce({row}.expected_messages, 0)",
    }


def upgrade() -> None:
    """No chunk of before is known to have failed: its sums stay, only what adds to them changes."""
    op.add_column("chunk", sa.Column("failed_before", sa.Boolean()))
    _make_triggers(remembers=True)


def downgrade() -> None:
    """Forget it, and add those chunks up where they belong then."""
    op.execute("UPDATE chunk SET failed_before = NULL WHERE failed_before IS NOT NULL")
    _make_triggers(remembers=False)
    op.drop_column("chunk", "failed_before")


def _make_triggers(*, remembers: bool) -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute(_postgresql_function(remembers=remembers))
        return
    for operation in _OPERATIONS:
        op.execute(f"DROP TRIGGER block_sum_{operation}")
    for statement in _sqlite_triggers(remembers=remembers):
        op.execute(statement)


def _sqlite_triggers(*, remembers: bool) -> list[str]:
    put, take = _put("NEW", remembers=remembers), _take("OLD", remembers=remembers)
    changing = ", ".join((*_CHANGING, "failed_before") if remembers else _CHANGING)
    return [
        f"CREATE TRIGGER block_sum_insert AFTER INSERT ON chunk BEGIN {put} END",
        f"CREATE TRIGGER block_sum_delete AFTER DELETE ON chunk BEGIN {take} END",
        f"CREATE TRIGGER block_sum_update AFTER UPDATE OF {changing} ON chunk "
        f"BEGIN {take} {put} END",
    ]


def _here(part: dict[str, str]) -> str:
    return " AND ".join(f"{name} = {part[name]}" for name in _KEY)


def _put(row: str, *, remembers: bool) -> str:
    part = _of(row, "min", remembers=remembers)
    more = ", ".join(f"{name} = {name} + ({part[name]})" for name in _ADDED)
    return (
        f"UPDATE block_sum SET {more} WHERE {_here(part)}; "
        f"INSERT INTO block_sum ({', '.join(part)}) SELECT {', '.join(part.values())} "
        "WHERE changes() = 0;"
    )


def _take(row: str, *, remembers: bool) -> str:
    part = _of(row, "min", remembers=remembers)
    less = ", ".join(f"{name} = {name} - ({part[name]})" for name in _ADDED)
    return (
        f"UPDATE block_sum SET {less} WHERE {_here(part)}; "
        f"DELETE FROM block_sum WHERE {_here(part)} AND chunks = 0;"
    )


def _postgresql_function(*, remembers: bool) -> str:
    """What the triggers of revision 0013 call; they stay."""
    part = _of("one", "least", remembers=remembers)
    sums = ", ".join(f"sum(sign * ({part[name]}))" for name in _ADDED)
    changed = " OR ".join(f"sum(sign * ({part[name]})) <> 0" for name in _ADDED)
    key = ", ".join(part[name] for name in _KEY)
    new, old = (
        "SELECT 1 AS sign, chunks.* FROM came AS chunks",
        "SELECT -1 AS sign, chunks.* FROM went AS chunks",
    )

    def adding(rows: str) -> str:
        return (
            f"INSERT INTO block_sum ({', '.join((*_KEY, *_ADDED))}) SELECT {key}, {sums} "
            f"FROM ({rows}) AS one GROUP BY 1, 2, 3, 4 HAVING {changed};"
        )

    return f"""
        CREATE OR REPLACE FUNCTION add_to_block_sum() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN {adding(new)}
            ELSIF TG_OP = 'DELETE' THEN {adding(old)}
            ELSE {adding(f"{new} UNION ALL {old}")}
            END IF;
            RETURN NULL;
        END $$"""
