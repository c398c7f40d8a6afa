"""`email-parser token`: API tokens from the command line.

The token itself goes to standard output alone, so that `T=$(email-parser token create ci)` works.
"""

from __future__ import annotations

import argparse

from ops.premises import actor, opened_database, settings
from ops.refusal import Refusal
from ops.tables import print_table
from store import audit
from store.accounts import Role
from store.api_tokens import make_token, revoke_token, tokens
from store.clock import utc_now
from store.database import Database


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """token create NAME [--role ROLE] | token list | token revoke NAME"""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make a token and print it, once")
    create.add_argument("name", help="what it is for, such as: nightly-import")
    create.add_argument("--role", choices=list(Role), type=Role, default=Role.OPERATOR)
    actions.add_parser("list", help="every token, without its secret")
    revoke = actions.add_parser("revoke", help="make a token useless")
    revoke.add_argument("name")


def run(args: argparse.Namespace) -> int:
    """Carry out one action. Raises Refusal, AccountError."""
    with opened_database(settings()) as database:
        if args.action == "create":
            _create(database, name=args.name, role=args.role)
        elif args.action == "list":
            _list(database)
        else:
            _revoke(database, args.name)
    return 0


def _create(database: Database, *, name: str, role: Role) -> None:
    now = utc_now()
    with database.write() as connection:
        token = make_token(connection, name=name, role=role, now=now)
        audit.record(
            connection,
            actor=actor(),
            action="token.create",
            subject=f"token:{name}",
            now=now,
            detail={"role": role},
        )
    print(token)


def _list(database: Database) -> None:
    with database.read() as connection:
        found = tokens(connection)
    print_table(
        ("name", "role", "created", "last used", "revoked"),
        [(each.name, each.role, each.created_at, each.used_at, each.revoked_at) for each in found],
    )


def _revoke(database: Database, name: str) -> None:
    now = utc_now()
    with database.write() as connection:
        if not revoke_token(connection, name, now=now):
            raise Refusal(f"there is no token named {name} that could be revoked")
        audit.record(
            connection, actor=actor(), action="token.revoke", subject=f"token:{name}", now=now
        )
