"""Accounts and tokens from the command line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from store import audit
from store.accounts import Role, check_password, find_account
from store.api_tokens import token_bearer
from store.database import Database
from tests.ops.conftest import Shell


@pytest.fixture
def shell(shell_in: Callable[..., Shell], sqlite_database: Database) -> Shell:
    """A shell beside an empty database."""
    return shell_in(DATABASE_URL=sqlite_database.url)


def test_a_new_token_is_printed_alone_and_works(shell: Shell, sqlite_database: Database) -> None:
    done = shell("token", "create", "nightly", "--role", "operator")

    with sqlite_database.read() as connection:
        bearer = token_bearer(connection, done.out.strip())
    assert done.out.count("\n") == 1
    assert bearer is not None
    assert (bearer.name, bearer.role) == ("nightly", Role.OPERATOR)


def test_a_token_is_listed_without_its_secret_and_revoked(
    shell: Shell, sqlite_database: Database
) -> None:
    secret = shell("token", "create", "nightly").out.strip()
    listed = shell("token", "list").out
    revoked, again = shell("token", "revoke", "nightly"), shell("token", "revoke", "nightly")

    assert "nightly" in listed
    assert secret not in listed
    assert (revoked.status, again.status) == (0, 1)
    with sqlite_database.read() as connection:
        assert token_bearer(connection, secret) is None


def test_two_tokens_cannot_share_a_name(shell: Shell) -> None:
    shell("token", "create", "nightly")

    refused = shell("token", "create", "nightly")

    assert refused.status == 1
    assert refused.out == ""
    assert "already" in refused.err


def test_an_account_is_made_with_a_password_from_standard_input(
    shell: Shell, sqlite_database: Database
) -> None:
    done = shell("user", "create", "ann", "--role", "operator", typed="a long password\n")

    assert done.status == 0, done.err
    with sqlite_database.read() as connection:
        found = check_password(connection, name="ann", password="a long password")
    assert found is not None
    assert found.role is Role.OPERATOR


def test_a_poor_password_is_refused(shell: Shell, sqlite_database: Database) -> None:
    refused = shell("user", "create", "ann", typed="short\n")

    assert refused.status == 1
    assert "at least" in refused.err
    with sqlite_database.read() as connection:
        assert find_account(connection, "ann") is None


def test_a_password_can_be_set_anew(shell: Shell, sqlite_database: Database) -> None:
    shell("user", "create", "ann", typed="a long password\n")

    shell("user", "password", "ann", typed="another password\n")

    with sqlite_database.read() as connection:
        assert check_password(connection, name="ann", password="a long password") is None
        assert check_password(connection, name="ann", password="another password")


def test_a_sign_in_link_is_printed_for_an_account_and_for_nobody_else(shell: Shell) -> None:
    shell("user", "create", "ann", typed="a long password\n")

    assert "/sign-in/" in shell("user", "link", "ann").out
    assert shell("user", "link", "bob").status == 1


def test_accounts_are_listed(shell: Shell) -> None:
    shell("user", "create", "ann", typed="a long password\n")

    rows = [line.split() for line in shell("user", "list").out.splitlines()]

    assert rows == [["name", "role", "password", "state"], ["ann", "viewer", "set", "active"]]


def test_every_act_stands_in_the_audit_log(shell: Shell, sqlite_database: Database) -> None:
    shell("user", "create", "ann", typed="a long password\n")
    shell("token", "create", "nightly")
    shell("token", "revoke", "nightly")

    with sqlite_database.read() as connection:
        entries = audit.entries(connection)
    assert [entry.action for entry in entries] == [
        "token.revoke",
        "token.create",
        "account.create",
    ]
    assert all(entry.actor.startswith("command:") for entry in entries)


def test_a_mark_is_set_from_the_command_line(shell: Shell, sqlite_database: Database) -> None:
    done = shell("mark", "0.3", "deployed")
    refused = shell("mark", "x" * 81)

    assert (done.status, done.out) == (0, "marked: 0.3 deployed\n")
    assert refused.status == 1
    assert "1 to 80 characters" in refused.err
    with sqlite_database.read() as connection:
        (entry,) = audit.entries(connection)
    assert (entry.action, entry.detail) == ("mark.set", {"text": "0.3 deployed"})
