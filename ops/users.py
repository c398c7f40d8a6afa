"""`email-parser user`: accounts from the command line, also when nobody can sign in any more.

A password is asked for, or read from standard input; never an argument, which others could see.
"""

from __future__ import annotations

import argparse
import getpass
import sys

from ops.premises import actor, opened_database, settings
from ops.refusal import Refusal
from ops.tables import print_table
from store import audit
from store.accounts import (
    Role,
    accounts,
    add_account,
    end_sessions_of,
    find_account,
    make_link,
    set_password,
)
from store.clock import utc_now
from store.config import Config
from store.database import Database


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """user create NAME [--role ROLE] | user password NAME | user link NAME | user list"""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make an account; asks for its password")
    create.add_argument("name")
    create.add_argument("--role", choices=list(Role), type=Role, default=Role.VIEWER)
    password = actions.add_parser("password", help="set a password; signs the account out")
    password.add_argument("name")
    link = actions.add_parser("link", help="print a link that signs the account in once")
    link.add_argument("name")
    actions.add_parser("list", help="every account")


def run(args: argparse.Namespace) -> int:
    """Carry out one action. Raises Refusal, AccountError."""
    config = settings()
    with opened_database(config) as database:
        if args.action == "create":
            _create(database, name=args.name, role=args.role)
        elif args.action == "password":
            _password(database, args.name)
        elif args.action == "link":
            _link(database, args.name, config=config)
        else:
            _list(database)
    return 0


def _create(database: Database, *, name: str, role: Role) -> None:
    password = _asked_password()
    now = utc_now()
    with database.write() as connection:
        add_account(connection, name=name, role=role, password=password, now=now)
        audit.record(
            connection,
            actor=actor(),
            action="account.create",
            subject=f"account:{name}",
            now=now,
            detail={"role": role},
        )


def _password(database: Database, name: str) -> None:
    account_id = _require_account(database, name)
    password = _asked_password()
    now = utc_now()
    with database.write() as connection:
        set_password(connection, account_id, password)
        end_sessions_of(connection, account_id, now=now)
        audit.record(
            connection,
            actor=actor(),
            action="account.password",
            subject=f"account:{name}",
            now=now,
        )


def _link(database: Database, name: str, *, config: Config) -> None:
    account_id = _require_account(database, name)
    now = utc_now()
    with database.write() as connection:
        secret = make_link(connection, account_id, now=now)
        audit.record(
            connection, actor=actor(), action="account.link", subject=f"account:{name}", now=now
        )
    print(f"http://{config.host}:{config.port}/sign-in/{secret}")


def _list(database: Database) -> None:
    with database.read() as connection:
        found = accounts(connection)
    print_table(
        ("name", "role", "password", "state"),
        [
            (
                each.name,
                each.role,
                "set" if each.has_password else None,
                "disabled" if each.disabled else "active",
            )
            for each in found
        ],
    )


def _require_account(database: Database, name: str) -> int:
    with database.read() as connection:
        found = find_account(connection, name)
    if found is None:
        raise Refusal(f"there is no account named {name}")
    return found.id


def _asked_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise Refusal("the two passwords differ")
    return password
