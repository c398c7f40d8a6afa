"""Passwords, accounts and API tokens: each change in one transaction with its audit entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from store import accounts, api_tokens, audit
from store.accounts import AccountError, Role
from store.clock import utc_now
from web.errors import BadRequest
from web.forms import Form
from web.house import house_of
from web.language import N_
from web.notices import go
from web.pages.settings import show_settings
from web.security import current_user, set_session

WRONG_PASSWORD = N_("The current password is not right.")


def change_password(request: Request, form: Form) -> Response:
    """`POST /settings/password`: also signs out every other session."""
    user = current_user(request)
    if user.account_id is None:
        raise BadRequest("An API token has no password.")
    if not _knows_password(request, form):
        return show_settings(request, trouble=WRONG_PASSWORD)
    now, account_id = utc_now(), user.account_id
    try:
        with house_of(request).database.write() as connection:
            accounts.set_password(connection, account_id, form.get("new", ""))
            accounts.end_sessions_of(connection, account_id, now=now)
            token = accounts.open_session(connection, account_id, now=now)
            _note(connection, request, action="account.password", subject=user.actor)
    except AccountError as error:
        return show_settings(request, trouble=str(error))
    answer = go("/settings", notice="password")
    set_session(answer, token, secure=request.url.scheme == "https")
    return answer


def _knows_password(request: Request, form: Form) -> bool:
    """Whoever came by a one-time link may not have a password yet."""
    name = current_user(request).name
    with house_of(request).database.read() as connection:
        account = accounts.find_account(connection, name)
        if account is not None and not account.has_password:
            return True
        known = accounts.check_password(connection, name=name, password=form.get("current", ""))
    return known is not None


def add_account(request: Request, form: Form) -> Response:
    """`POST /settings/accounts`: answers with a one-time link for the new person."""
    name, role = form.get("name", "").strip(), _role(form)

    def make(connection: Any) -> str:
        now = utc_now()
        account_id = accounts.add_account(connection, name=name, role=role, password=None, now=now)
        _note(connection, request, action="account.add", subject=f"account:{name}", role=role)
        token = accounts.make_link(connection, account_id, now=now)
        return str(request.url.replace(path=f"/sign-in/{token}", query=""))

    return _show_made(request, make)


def add_token(request: Request, form: Form) -> Response:
    """`POST /settings/tokens`: answers with the token, this once."""
    name, role = form.get("name", "").strip(), _role(form)

    def make(connection: Any) -> str:
        token = api_tokens.make_token(connection, name=name, role=role, now=utc_now())
        _note(connection, request, action="token.add", subject=f"token:{name}", role=role)
        return token

    return _show_made(request, make)


def _show_made(request: Request, make: Callable[[Any], str]) -> Response:
    try:
        with house_of(request).database.write() as connection:
            made = make(connection)
    except AccountError as error:
        return show_settings(request, trouble=str(error))
    return show_settings(request, made=made)


def revoke_token(request: Request, form: Form) -> Response:
    """`POST /settings/tokens/revoke`."""
    name = form.get("name", "")
    with house_of(request).database.write() as connection:
        if api_tokens.revoke_token(connection, name, now=utc_now()):
            _note(connection, request, action="token.revoke", subject=f"token:{name}")
    return go("/settings", notice="revoked")


def _role(form: Form) -> Role:
    try:
        return Role(form.get("role", ""))
    except ValueError:
        raise BadRequest("There is no such role.") from None


def _note(connection: Any, request: Request, *, action: str, subject: str, **detail: str) -> None:
    audit.record(
        connection,
        actor=current_user(request).actor,
        action=action,
        subject=subject,
        now=utc_now(),
        detail=detail,
    )
