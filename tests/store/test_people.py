"""Accounts, links, sessions, tokens and the audit log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete, select, update

from store import accounts, api_tokens, audit, tables_people
from store.accounts import AccountError, Role
from store.clock import utc_now
from store.database import Database

PASSWORD = "correct horse"


def ann(connection: Connection, *, password: str | None = PASSWORD) -> int:
    return accounts.add_account(
        connection, name="ann", role=Role.OPERATOR, password=password, now=utc_now()
    )


def test_only_the_right_password_of_an_enabled_account_lets_in(database: Database) -> None:
    with database.write() as connection:
        ann(connection)

        right = accounts.check_password(connection, name="ann", password=PASSWORD)
        assert right is not None
        assert right.role is Role.OPERATOR
        assert accounts.check_password(connection, name="ann", password="wrong horse") is None
        assert accounts.check_password(connection, name="bob", password=PASSWORD) is None
        connection.execute(update(tables_people.account).values(disabled_at=utc_now()))
        assert accounts.check_password(connection, name="ann", password=PASSWORD) is None


def test_an_account_without_a_password_cannot_be_signed_in_to_with_one(
    database: Database,
) -> None:
    with database.write() as connection:
        ann(connection, password=None)

        assert accounts.check_password(connection, name="ann", password="") is None


@pytest.mark.parametrize(
    ("name", "password"), [("ann", "other pass"), ("bob", "short"), ("", "x" * 9)]
)
def test_a_taken_name_a_poor_password_and_no_name_are_refused(
    database: Database, name: str, password: str
) -> None:
    with database.write() as connection:
        ann(connection)

        with pytest.raises(AccountError):
            accounts.add_account(
                connection, name=name, role=Role.VIEWER, password=password, now=utc_now()
            )


def test_a_sign_in_link_works_once_and_not_after_a_day(database: Database) -> None:
    now = utc_now()
    with database.write() as connection:
        account_id = ann(connection)
        link = accounts.make_link(connection, account_id, now=now)
        used = accounts.use_link(connection, link, now=now)
        assert used is not None
        assert used.name == "ann"
        assert accounts.use_link(connection, link, now=now) is None

        late = accounts.make_link(connection, account_id, now=now)
        assert accounts.use_link(connection, late, now=now + timedelta(hours=25)) is None


def test_a_newer_link_replaces_the_older(database: Database) -> None:
    now = utc_now()
    with database.write() as connection:
        account_id = ann(connection)
        older = accounts.make_link(connection, account_id, now=now)
        newer = accounts.make_link(connection, account_id, now=now)

        assert accounts.use_link(connection, older, now=now) is None
        assert accounts.use_link(connection, newer, now=now) is not None


def test_a_session_ends_by_signing_out_or_by_age(database: Database) -> None:
    now = utc_now()
    with database.write() as connection:
        account_id = ann(connection)
        first = accounts.open_session(connection, account_id, now=now)
        second = accounts.open_session(connection, account_id, now=now)
        accounts.end_session(connection, first, now=now)

        assert accounts.account_of_session(connection, first, now=now) is None
        assert accounts.account_of_session(connection, second, now=now) is not None
        later = now + timedelta(days=accounts.SESSION_DAYS, seconds=1)
        assert accounts.account_of_session(connection, second, now=later) is None
        accounts.end_sessions_of(connection, account_id, now=now)
        assert accounts.account_of_session(connection, second, now=now) is None


def test_no_secret_is_stored_as_it_is(database: Database) -> None:
    now = utc_now()
    with database.write() as connection:
        account_id = ann(connection)
        secrets = [
            PASSWORD,
            accounts.open_session(connection, account_id, now=now),
            accounts.make_link(connection, account_id, now=now),
            api_tokens.make_token(connection, name="ci", role=Role.VIEWER, now=now),
        ]
        kept = "".join(
            repr(list(connection.execute(select(table))))
            for table in (
                tables_people.account,
                tables_people.session,
                tables_people.sign_in_link,
                tables_people.api_token,
            )
        )

    assert not any(secret in kept for secret in secrets)


def test_a_token_works_until_it_is_revoked(database: Database) -> None:
    now = utc_now()
    with database.write() as connection:
        token = api_tokens.make_token(connection, name="ci", role=Role.OPERATOR, now=now)
        bearer = api_tokens.token_bearer(connection, token)
        assert bearer is not None
        assert bearer.role is Role.OPERATOR
        assert api_tokens.token_bearer(connection, token + "x") is None

        assert api_tokens.revoke_token(connection, "ci", now=now)
        assert api_tokens.token_bearer(connection, token) is None
        assert not api_tokens.revoke_token(connection, "ci", now=now)


@pytest.mark.parametrize(
    ("has", "needs", "allowed"),
    [
        (Role.VIEWER, Role.VIEWER, True),
        (Role.VIEWER, Role.OPERATOR, False),
        (Role.OPERATOR, Role.VIEWER, True),
        (Role.OPERATOR, Role.ADMIN, False),
        (Role.ADMIN, Role.OPERATOR, True),
    ],
)
def test_each_role_includes_the_ones_before_it(has: Role, needs: Role, allowed: bool) -> None:
    assert has.allows(needs) is allowed


def three_acts(connection: Connection) -> None:
    for number in range(3):
        audit.record(
            connection,
            actor="account:ann",
            action="job.retry",
            subject=f"job:{number}",
            now=utc_now(),
            detail={"chunks": number, "이유": "다시"},
        )


def test_the_audit_log_is_whole_as_long_as_nobody_touches_it(database: Database) -> None:
    with database.write() as connection:
        three_acts(connection)

        assert audit.first_break(connection) is None
        assert [one.subject for one in audit.entries(connection)] == ["job:2", "job:1", "job:0"]
        assert [one.detail["chunks"] for one in audit.entries(connection, subject="job:1")] == [1]


def test_a_changed_entry_of_the_audit_log_is_found(database: Database) -> None:
    with database.write() as connection:
        three_acts(connection)
        second = audit.entries(connection, subject="job:1")[0].id
        connection.execute(
            update(tables_people.audit)
            .where(tables_people.audit.c.id == second)
            .values(actor="account:eve")
        )

        assert audit.first_break(connection) == second


def test_a_removed_entry_of_the_audit_log_is_found(database: Database) -> None:
    with database.write() as connection:
        three_acts(connection)
        second, third = (audit.entries(connection, subject=f"job:{n}")[0].id for n in (1, 2))
        connection.execute(delete(tables_people.audit).where(tables_people.audit.c.id == second))

        assert audit.first_break(connection) == third
