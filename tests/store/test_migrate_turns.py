"""Chunks of before get the turn that they would have been given today."""

from __future__ import annotations

from alembic import command
from sqlalchemy import select

from store.database import Database
from store.migrate import alembic_config, migrate
from store.tables import chunk
from store.turns import turn_of_plan
from tests.store.test_migrate import empty_database

__all__ = ["empty_database"]

BEFORE_TURNS = "0013"
LARGE = 1 << 30
# (upload, kind, number within its file)
CHUNKS = ((1, "plan", 0), (1, "parse", 1), (1, "parse", 2), (2, "plan", 0), (3, "plan", 0))


def test_chunks_of_before_have_the_turn_of_today(empty_database: Database) -> None:
    with empty_database.write() as connection:
        command.upgrade(alembic_config(connection), BEFORE_TURNS)
        uploads = ((1, "mail", None), (2, "archive", None), (3, "archive", 2))
        for key, kind, around in uploads:
            connection.exec_driver_sql(
                "INSERT INTO upload (id, key, filename, spool_name, state, created_at, created_by,"
                f" kind, archive_id) VALUES ({key}, 'k{key}', 'x', 's{key}', 'stored', "
                f"'2026-01-05 10:00:00+00:00', 'test', '{kind}', {around or 'NULL'})"
            )
            connection.exec_driver_sql(
                "INSERT INTO job (id, upload_id, state, created_at, created_by) "
                f"VALUES ('j{key}', {key}, 'queued', '2026-01-05 10:00:00+00:00', 'test')"
            )
        connection.exec_driver_sql(
            "INSERT INTO archive (upload_id, root_id, depth, again, read_bytes, inflated_bytes) "
            "VALUES (2, 2, 1, false, 0, 0), (3, 2, 2, false, 0, 0)"
        )
        connection.exec_driver_sql(
            "INSERT INTO chunk (id, job_id, upload_id, kind, seq, start, stop, position, state, "
            "attempts, suspect_attempts, messages, duplicates, quarantined) VALUES "
            + ", ".join(
                f"({number}, 'j{key}', {key}, '{kind}', {seq}, 0, {LARGE}, 0, 'waiting', "
                "0, 0, 0, 0, 0)"
                for number, (key, kind, seq) in enumerate(CHUNKS)
            )
        )

    migrate(empty_database)

    with empty_database.read() as connection:
        turns = connection.execute(select(chunk.c.turn).order_by(chunk.c.id)).scalars().all()
    assert turns == [
        *(0, 1, 2),
        turn_of_plan(is_archive=True, size=LARGE, is_inside=False),
        turn_of_plan(is_archive=True, size=LARGE, is_inside=True),
    ]
