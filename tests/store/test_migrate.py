"""Migrations give the schema that the code expects, forwards and backwards, once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Select, inspect, select, text

import store.tables_mail
import store.tables_people
import store.tables_watch  # noqa: F401
from store.database import Database
from store.ledger import balance
from store.messages import delete_range, prepare, write
from store.migrate import alembic_config, current_revision, migrate, newest_revision
from store.reading import find_message
from store.rests import rests_of
from store.search import search
from store.sql import room_of
from store.sql.tree import Token
from store.sql.vocabulary import numbers_of
from store.tables import metadata, upload
from store.tables_archive import member
from store.tables_mail import OFFSET_BITS, message_search
from tests.harness.databases import opened
from tests.harness.postgres import PostgresCluster
from tests.store.mails import NOW, a_message, keep, readings_of

BEFORE_NUMBERS = "0007"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    if request.param == "sqlite":
        with opened(f"sqlite:///{tmp_path}/empty.db") as database:
            yield database
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    cluster.create("empty_one")
    with opened(cluster.url("empty_one")) as database:
        yield database
    cluster.drop("empty_one")


def differences(connection: Connection) -> list[object]:
    """What autogenerate would change, but for the full-text index that `store.sql` makes."""
    found = compare_metadata(MigrationContext.configure(connection), metadata)
    by_hand = r"message_tokens|message_search.*tokens|\bword\b"
    return [one for one in found if not re.search(by_hand, str(one))]


def test_the_migrated_schema_is_the_one_the_code_describes(empty_database: Database) -> None:
    migrate(empty_database)

    with empty_database.read() as connection:
        assert differences(connection) == []
        assert current_revision(connection) == newest_revision()


def test_migrating_twice_changes_nothing(empty_database: Database) -> None:
    migrate(empty_database)
    migrate(empty_database)

    with empty_database.read() as connection:
        assert current_revision(connection) == newest_revision()


def test_the_schema_can_be_taken_back_and_made_again(empty_database: Database) -> None:
    migrate(empty_database)
    with empty_database.write() as connection:
        command.downgrade(alembic_config(connection), "base")
    with empty_database.read() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version", "sqlite_sequence"}

    migrate(empty_database)

    with empty_database.read() as connection:
        assert differences(connection) == []


def test_what_was_indexed_before_is_found_after_migrating_and_back(
    empty_database: Database,
) -> None:
    with empty_database.write() as connection:
        command.upgrade(alembic_config(connection), BEFORE_NUMBERS)
        index_words(connection, 7, ["before", "결제"])
        index_words(connection, 9, [])
    migrate(empty_database)
    index_words_now(empty_database, 8, {"after", "결제"})
    with empty_database.write() as connection:
        assert found(connection, "before") == [7]
        assert found(connection, "after") == [8]
        assert found(connection, "결제") == [7, 8]

        command.downgrade(alembic_config(connection), BEFORE_NUMBERS)

        assert found_before(connection, "before") == [7]
        assert found_before(connection, "after") == [8]
        assert found_before(connection, "결제") == [7, 8]
        rows = connection.execute(select(message_search.c.id, message_search.c.size)).all()
        assert sorted(rows) == [(7, 70), (8, 80), (9, 90)]


def test_words_are_given_numbers_range_by_range(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with empty_database.write() as connection:
        command.upgrade(alembic_config(connection), BEFORE_NUMBERS)
        for key in range(7):
            index_words(connection, key, ["all", f"half{key % 2}", f"one{key}"])
    revision = ScriptDirectory.from_config(alembic_config()).get_revision("0008")
    assert revision is not None
    monkeypatch.setattr(revision.module, "MESSAGES_AT_ONCE", 2)

    migrate(empty_database)

    with empty_database.read() as connection:
        assert found(connection, "all") == list(range(7))
        assert found(connection, "half1") == [1, 3, 5]
        assert [found(connection, f"one{key}") for key in range(7)] == [[key] for key in range(7)]


def test_uploads_and_ledgers_of_before_are_kept_when_archives_come(
    empty_database: Database,
) -> None:
    with empty_database.write() as connection:
        command.upgrade(alembic_config(connection), "0005")
        connection.exec_driver_sql(
            "INSERT INTO upload (id, key, filename, spool_name, state, created_at, created_by) "
            "VALUES (7, 'k', 'a.mbox', 's.mbox', 'stored', '2026-01-05 10:00:00+00:00', 'test')"
        )
        connection.exec_driver_sql(
            "INSERT INTO ledger (upload_id, start, length, kind, messages) "
            "VALUES (7, 0, 10, 'preamble', 0), (7, 10, 90, 'message', 3)"
        )
    migrate(empty_database)

    with empty_database.write() as connection:
        kept = connection.execute(select(upload.c.kind, upload.c.archive_id)).one()
        assert tuple(kept) == ("mail", None)
        assert balance(connection, 7, size=100).balances
        connection.exec_driver_sql(
            "INSERT INTO ledger (upload_id, start, length, kind, messages) "
            "VALUES (7, 100, 5, 'structure', 0)"
        )

        command.downgrade(alembic_config(connection), "0005")

        assert balance(connection, 7, size=100).messages == 3


def test_mail_of_before_has_no_list_description_and_can_be_taken_away(
    empty_database: Database,
) -> None:
    with empty_database.write() as connection:
        command.upgrade(alembic_config(connection), "0008")
    keep_as_before_descriptions(empty_database)
    migrate(empty_database)
    keep(
        empty_database,
        a_message("New.", list_id="walks.example.org", list_description="Long walks"),
        start=1000,
    )

    assert listed(empty_database, "list:walks.example.org") == [1000, 0]
    assert listed(empty_database, "list:long") == [1000]
    with empty_database.read() as connection:
        view = find_message(connection, "1-0")
        assert view is not None
        assert (view.list_id, view.list_description) == ("walks.example.org", None)
    with empty_database.write() as connection:
        assert delete_range(connection, upload_id=1, start=0, stop=5000, limit=5) == 2
    assert listed(empty_database, "walks") == []

    with empty_database.write() as connection:
        command.downgrade(alembic_config(connection), "0008")
        assert "list_description" not in column_names(connection)


def keep_as_before_descriptions(database: Database) -> None:
    """A message of a list as revision 0008 kept it."""
    batch = prepare(
        readings_of([a_message("Old.", list_id="walks.example.org")]),
        upload_id=1,
        database=database,
    )
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE message ADD COLUMN list_description text")
        write(connection, batch, now=NOW)
        connection.exec_driver_sql("ALTER TABLE message DROP COLUMN list_description")


def listed(database: Database, query: str) -> list[int]:
    """Where the messages that a search finds begin, newest first."""
    with database.read() as connection:
        hits = search(connection, query, now=NOW).hits
    return [hit.id & (1 << OFFSET_BITS) - 1 for hit in hits]


def column_names(connection: Connection) -> set[str]:
    return {column["name"] for column in inspect(connection).get_columns("message")}


ROW = "id, sort_at, sender, size, deleted_in_source"


def index_words(connection: Connection, key: int, words: Sequence[str]) -> None:
    """As the versions before 0008 wrote them."""
    columns, values = ROW, f"{key}, 0, 0, {key}0, false"
    if connection.dialect.name == "postgresql":
        columns, values = columns + ", tokens", f"{values}, '{' '.join(words)}'"
    connection.exec_driver_sql(f"INSERT INTO message_search ({columns}) VALUES ({values})")
    room_of(connection.dialect.name).index(connection, [(key, words)])


def index_words_now(database: Database, key: int, words: set[str]) -> None:
    columns, values = ROW, f"{key}, 0, 0, {key}0, false"
    if database.dialect == "postgresql":
        numbers = numbers_of(database, words)
        given = [int.from_bytes(numbers[word][4:]) for word in words]
        columns, values = columns + ", tokens", f"{values}, ARRAY{given}"
    with database.write() as connection:
        connection.exec_driver_sql(f"INSERT INTO message_search ({columns}) VALUES ({values})")
        room_of(connection.dialect.name).index(connection, [(key, words)])


def found(connection: Connection, word: str) -> list[int]:
    source, condition = room_of(connection.dialect.name).index_of(connection).source(Token(word))
    return _keys(connection, select(message_search.c.id).select_from(source).where(condition))


def found_before(connection: Connection, word: str) -> list[int]:
    if connection.dialect.name == "sqlite":
        return found(connection, word)
    lexeme = text("message_search.tokens @@ CAST(:word AS tsquery)").bindparams(word=word)
    return _keys(connection, select(message_search.c.id).where(lexeme))


def _keys(connection: Connection, wanted: Select[int]) -> list[int]:
    return sorted(connection.execute(wanted).scalars())


def test_several_processes_may_migrate_at_the_same_time(empty_database: Database) -> None:
    def one_of_several() -> None:
        with closing(Database(empty_database.url)) as database:
            migrate(database)

    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(one_of_several) for _ in range(4)]

    assert [one.exception() for one in done] == [None] * 4


def test_what_the_audit_log_knows_of_runs_is_taken_over(empty_database: Database) -> None:
    ended, retried = "2026-01-05 10:00:00", "2026-01-06 10:00:00"
    told = '{{"ended_before": "2026-01-05T10:00:00+00:00"{more}}}'
    with empty_database.write() as connection:
        command.upgrade(alembic_config(connection), "0009")
        connection.exec_driver_sql(
            "INSERT INTO upload (id, key, filename, spool_name, state, created_at, created_by) "
            f"VALUES (7, 'k', 'a.mbox', 's.mbox', 'stored', '{ended}+00:00', 'test')"
        )
        for name in ("one", "two"):
            connection.exec_driver_sql(
                "INSERT INTO job (id, upload_id, state, created_at, created_by) "
                f"VALUES ('{name}', 7, 'finished', '{ended}+00:00', 'test')"
            )
        acts = [
            ("job.retry", "one", told.format(more="")),
            ("job.retry", "gone", told.format(more="")),
            ("job.retry", "two", "{}"),
            ("errand.read_again", "two", told.format(more=', "errand": 1')),
        ]
        for number, (action, job_id, detail) in enumerate(acts):
            connection.execute(
                text(
                    "INSERT INTO audit (id, at, actor, action, subject, detail, previous_hash, "
                    "hash) VALUES (:id, :at, 'test', :action, :subject, :detail, :nothing, "
                    ":nothing)"
                ),
                {
                    "id": number + 1,
                    "at": datetime.fromisoformat(f"{retried}+00:00"),
                    "action": action,
                    "subject": f"job:{job_id}",
                    "detail": detail,
                    "nothing": b"",
                },
            )
    migrate(empty_database)

    with empty_database.read() as connection:
        rests = rests_of(connection, ["one", "two", "gone"])
    assert list(rests) == ["one"]
    assert [rest.seconds for rest in rests["one"]] == [86400]
    assert not rests["one"][0].for_reading


def test_members_of_before_are_found_by_their_upload_once_the_index_comes(
    empty_database: Database,
) -> None:
    with empty_database.write() as connection:
        command.upgrade(alembic_config(connection), "0010")
        connection.exec_driver_sql(
            "INSERT INTO upload (id, key, filename, spool_name, state, created_at, created_by, "
            "kind) VALUES (7, 'k', 'a.zip', 's.zip', 'stored', '2026-01-05 10:00:00+00:00', "
            "'test', 'archive')"
        )
        connection.exec_driver_sql(
            "INSERT INTO member (archive_id, ordinal, name, fate, upload_id) "
            "VALUES (7, 0, 'a.mbox', 'same', 3), (7, 1, 'b.html', 'skipped', NULL)"
        )
        assert "upload_id" not in indexed_of_members(connection)
    migrate(empty_database)

    with empty_database.write() as connection:
        assert "upload_id" in indexed_of_members(connection)
        kept = select(member.c.ordinal, member.c.upload_id).order_by(member.c.ordinal)
        assert [tuple(row) for row in connection.execute(kept)] == [(0, 3), (1, None)]

        command.downgrade(alembic_config(connection), "0010")

        assert "upload_id" not in indexed_of_members(connection)


def indexed_of_members(connection: Connection) -> set[str | None]:
    """Columns of members by which they are found."""
    return {one["column_names"][0] for one in inspect(connection).get_indexes("member")}
