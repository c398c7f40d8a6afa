"""API tokens: what a program may do. Only hashes are kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from store.accounts import AccountError, Role, token_digest
from store.tables_people import api_token


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token's name and powers; the token itself is known only to whoever was given it."""

    id: int
    name: str
    role: Role
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


def make_token(connection: Connection, *, name: str, role: Role, now: datetime) -> str:
    """An API token; shown now and never again. Raises AccountError for a taken name."""
    if not name.strip() or len(name) > 100:
        raise AccountError("A token needs a name of at most 100 characters.")
    if connection.execute(select(api_token.c.id).where(api_token.c.name == name)).first():
        raise AccountError(f"There is a token named {name} already.")
    token = f"ep_{secrets.token_urlsafe(32)}"
    connection.execute(
        insert(api_token).values(
            token_hash=token_digest(token), name=name, role=role, created_at=now
        )
    )
    return token


def token_bearer(connection: Connection, token: str) -> ApiToken | None:
    """What a bearer token may do; None when it is unknown or revoked."""
    row = connection.execute(
        select(api_token).where(
            api_token.c.token_hash == token_digest(token), api_token.c.revoked_at.is_(None)
        )
    ).one_or_none()
    return _as_token(row) if row is not None else None


def note_token_use(connection: Connection, token_id: int, *, now: datetime) -> None:
    """Remember when a token was last used."""
    connection.execute(update(api_token).where(api_token.c.id == token_id).values(used_at=now))


def tokens(connection: Connection) -> list[ApiToken]:
    """Every token, revoked ones too, by name."""
    return [
        _as_token(row) for row in connection.execute(select(api_token).order_by(api_token.c.name))
    ]


def revoke_token(connection: Connection, name: str, *, now: datetime) -> bool:
    """Make a token useless; False when there was none to revoke."""
    revoked = connection.execute(
        update(api_token)
        .where(api_token.c.name == name, api_token.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return revoked.rowcount == 1


def _as_token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        created_at=row.created_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
    )
