"""People: who may sign in, and as what.

Secrets are stored as hashes only: passwords by argon2id, everything random by SHA-256.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from store.reading_settings import MIN_PASSWORD_CHARS
from store.tables_people import account, session, sign_in_link

SESSION_DAYS = 14
LINK_HOURS = 24
_hasher = PasswordHasher()


@cache
def _hash_of_nobody() -> str:
    """Verified when there is no such account, so that the answer takes as long as for a wrong
    password. Made only when it is needed: it takes 64 MiB, which no command should that asks
    for no password."""
    return _hasher.hash(secrets.token_hex(16))


class AccountError(ValueError):
    """A wish that cannot be granted; the text is a sentence for the person who asked."""


class Role(StrEnum):
    """What somebody may do; each role includes the ones before it."""

    VIEWER = "viewer"  # look, search, read
    OPERATOR = "operator"  # upload, retry, cancel, delete
    ADMIN = "admin"  # accounts, tokens, settings

    def allows(self, needed: Role) -> bool:
        """True when this role includes `needed`."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may sign in."""

    id: int
    name: str
    role: Role
    language: str | None
    has_password: bool
    disabled: bool


def token_digest(token: str) -> bytes:
    """How a random secret is kept."""
    return hashlib.sha256(token.encode()).digest()


def has_accounts(connection: Connection) -> bool:
    """False on the first start."""
    return bool(connection.execute(select(func.count()).select_from(account)).scalar_one())


def add_account(
    connection: Connection, *, name: str, role: Role, password: str | None, now: datetime
) -> int:
    """Create an account. Raises AccountError for a taken name or a poor password."""
    if not name.strip() or len(name) > 100:
        raise AccountError("An account needs a name of at most 100 characters.")
    if connection.execute(select(account.c.id).where(account.c.name == name)).first():
        raise AccountError(f"There is an account named {name} already.")
    values = {
        "name": name,
        "role": role,
        "password_hash": _hashed(password) if password else None,
        "created_at": now,
    }
    inserted = connection.execute(insert(account).values(values).returning(account.c.id))
    return int(inserted.scalar_one())


def _hashed(password: str) -> str:
    if len(password) < MIN_PASSWORD_CHARS:
        raise AccountError(f"A password needs at least {MIN_PASSWORD_CHARS} characters.")
    return _hasher.hash(password)


def set_password(connection: Connection, account_id: int, password: str) -> None:
    """Replace a password. Raises AccountError for a poor one."""
    connection.execute(
        update(account).where(account.c.id == account_id).values(password_hash=_hashed(password))
    )


def set_language(connection: Connection, account_id: int, language: str | None) -> None:
    """Remember the language somebody reads."""
    connection.execute(update(account).where(account.c.id == account_id).values(language=language))


def find_account(connection: Connection, name: str) -> Account | None:
    """The account of that name."""
    return _account_where(connection, account.c.name == name)


def accounts(connection: Connection) -> list[Account]:
    """Everybody, by name."""
    rows = connection.execute(select(account).order_by(account.c.name))
    return [_as_account(row) for row in rows]


def _account_where(connection: Connection, condition: ColumnElement[bool]) -> Account | None:
    row = connection.execute(select(account).where(condition)).one_or_none()
    return _as_account(row) if row is not None else None


def _as_account(row: Row[Any]) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        language=row.language,
        has_password=row.password_hash is not None,
        disabled=row.disabled_at is not None,
    )


def check_password(connection: Connection, *, name: str, password: str) -> Account | None:
    """The account, when name and password belong together and it is not disabled."""
    row = connection.execute(select(account).where(account.c.name == name)).one_or_none()
    stored = row.password_hash if row is not None else None
    try:
        # Asked for in any case: the first time it takes long, whoever it is.
        nobody = _hash_of_nobody()
        _hasher.verify(stored or nobody, password)
    except (VerificationError, InvalidHashError):
        return None
    if row is None or stored is None or row.disabled_at is not None:
        return None
    return _as_account(row)


def open_session(connection: Connection, account_id: int, *, now: datetime) -> str:
    """Let somebody in; answers the secret for their cookie."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(session).values(
            token_hash=token_digest(token),
            account_id=account_id,
            created_at=now,
            expires_at=now + timedelta(days=SESSION_DAYS),
        )
    )
    return token


def account_of_session(connection: Connection, token: str, *, now: datetime) -> Account | None:
    """Whose cookie that is; None when it expired, was ended, or never was."""
    row = connection.execute(
        select(account)
        .join(session, session.c.account_id == account.c.id)
        .where(session.c.token_hash == token_digest(token), session.c.expires_at > now)
        .where(session.c.ended_at.is_(None), account.c.disabled_at.is_(None))
    ).one_or_none()
    return _as_account(row) if row is not None else None


def end_session(connection: Connection, token: str, *, now: datetime) -> None:
    """Sign out."""
    connection.execute(
        update(session).where(session.c.token_hash == token_digest(token)).values(ended_at=now)
    )


def end_sessions_of(connection: Connection, account_id: int, *, now: datetime) -> None:
    """Sign somebody out everywhere, as after a change of password."""
    connection.execute(
        update(session)
        .where(session.c.account_id == account_id, session.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def make_link(connection: Connection, account_id: int, *, now: datetime) -> str:
    """A secret that signs somebody in once, within a day; earlier ones stop working."""
    connection.execute(
        update(sign_in_link)
        .where(sign_in_link.c.account_id == account_id, sign_in_link.c.used_at.is_(None))
        .values(used_at=now)
    )
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(sign_in_link).values(
            token_hash=token_digest(token),
            account_id=account_id,
            expires_at=now + timedelta(hours=LINK_HOURS),
        )
    )
    return token


def link_is_open(connection: Connection, token: str, *, now: datetime) -> bool:
    """True while that link would let somebody in. Changes nothing."""
    found = connection.execute(
        select(sign_in_link.c.account_id)
        .where(sign_in_link.c.token_hash == token_digest(token))
        .where(sign_in_link.c.used_at.is_(None), sign_in_link.c.expires_at > now)
    )
    return found.first() is not None


def use_link(connection: Connection, token: str, *, now: datetime) -> Account | None:
    """The account, the first time only."""
    used = connection.execute(
        update(sign_in_link)
        .where(sign_in_link.c.token_hash == token_digest(token))
        .where(sign_in_link.c.used_at.is_(None), sign_in_link.c.expires_at > now)
        .values(used_at=now)
        .returning(sign_in_link.c.account_id)
    ).scalar_one_or_none()
    return _account_where(connection, account.c.id == used) if used is not None else None
