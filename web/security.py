"""Who is asking, and what they may do.

Turns a session cookie or a bearer token into `request.state.user` and lets route tables say which
role an address needs. What every answer carries is in `web.headers`, how somebody signs in in
`web.actions.sign_in`.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from store import accounts, api_tokens
from store.accounts import Account, Role
from store.api_tokens import ApiToken
from store.clock import utc_now
from store.config import Config
from store.database import OUTAGES, Database
from web.headers import SameOriginOnly, SecurityHeaders, allowed_hosts

log = logging.getLogger("web")
SESSION_COOKIE = "session"
USE_NOTED_EVERY = timedelta(minutes=1)

Endpoint = TypeVar("Endpoint", bound=Callable[[Request], Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Whoever sends a request: an account behind a cookie, or an API token.

    `actor` is the name for the audit log. `account_id` is None for a token.
    """

    name: str
    role: Role
    actor: str
    account_id: int | None = None
    language: str | None = None


class NotSignedIn(HTTPException):
    """Nobody is known behind the request (401)."""

    def __init__(self, detail: str) -> None:
        super().__init__(401, detail, headers={"WWW-Authenticate": "Bearer"})


class NotAllowed(HTTPException):
    """Somebody is known, but their role does not reach this far (403)."""

    def __init__(self, needed: Role) -> None:
        super().__init__(403, f"This needs the role {needed}.")
        self.needed = needed


def middlewares(config: Config) -> list[Middleware]:
    """What stands in front of the routes, outermost first."""
    return [
        Middleware(SecurityHeaders),
        Middleware(TrustedHostMiddleware, allowed_hosts=allowed_hosts(config), www_redirect=False),
        Middleware(SameOriginOnly),
        Middleware(Identify),
    ]


class Identify:
    """Sets `request.state.user` (None for nobody) and `.bad_token` (one was sent and is wrong)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look the visitor up and pass on."""
        if scope["type"] == "http":
            await _identify(HTTPConnection(scope))
        await self.app(scope, receive, send)


async def _identify(connection: HTTPConnection) -> None:
    connection.state.user, connection.state.bad_token = None, False
    token = bearer_token(connection)
    cookie = connection.cookies.get(SESSION_COOKIE)
    if token is None and cookie is None:
        return
    database: Database = connection.app.state.house.database
    if token is not None:
        connection.state.user = await run_in_threadpool(_user_of_token, database, token)
        connection.state.bad_token = connection.state.user is None
    elif cookie is not None:
        connection.state.user = await run_in_threadpool(_user_of_session, database, cookie)


def bearer_token(connection: HTTPConnection) -> str | None:
    """The token of an `Authorization: Bearer` header (RFC 6750)."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _user_of_session(database: Database, cookie: str) -> User | None:
    with database.read() as connection:
        account = accounts.account_of_session(connection, cookie, now=utc_now())
    return user_of(account) if account is not None else None


def user_of(account: Account) -> User:
    """The account as the one who acts."""
    return User(
        name=account.name,
        role=account.role,
        actor=f"account:{account.name}",
        account_id=account.id,
        language=account.language,
    )


def _user_of_token(database: Database, token: str) -> User | None:
    with database.read() as connection:
        found = api_tokens.token_bearer(connection, token)
    if found is None:
        return None
    _note_use(database, found)
    return User(name=found.name, role=found.role, actor=f"token:{found.name}")


def _note_use(database: Database, token: ApiToken) -> None:
    """Remember the use, once a minute: a client that polls must not write each time."""
    now = utc_now()
    if token.used_at is None or now - token.used_at > USE_NOTED_EVERY:
        try:
            with database.write() as connection:
                api_tokens.note_token_use(connection, token.id, now=now)
        except OUTAGES as error:  # a full disk is no reason to answer nobody
            log.warning("the use of token %s could not be noted: %s", token.name, error)


def require(role: Role) -> Callable[[Endpoint], Endpoint]:
    """For route tables: `Route("/jobs", require(Role.VIEWER)(jobs_page))`.

    The endpoint, sync or async, then raises NotSignedIn or NotAllowed before it runs.
    """

    def guard(endpoint: Endpoint) -> Endpoint:
        guarded = _async_guard if iscoroutinefunction(endpoint) else _sync_guard
        return cast(Endpoint, guarded(endpoint, role))

    return guard


def _async_guard(
    endpoint: Callable[[Request], Awaitable[Response]], role: Role
) -> Callable[[Request], Awaitable[Response]]:
    @wraps(endpoint)
    async def guarded(request: Request) -> Response:
        admit(request, role)
        return await endpoint(request)

    return guarded


def _sync_guard(
    endpoint: Callable[[Request], Response], role: Role
) -> Callable[[Request], Response]:
    @wraps(endpoint)
    def guarded(request: Request) -> Response:
        admit(request, role)
        return endpoint(request)

    return guarded


def admit(request: Request, role: Role) -> User:
    """The user, if their role suffices. Raises NotSignedIn or NotAllowed."""
    user: User | None = request.state.user
    if user is None:
        wrong = request.state.bad_token
        raise NotSignedIn("This token is unknown or was revoked." if wrong else "Sign in first.")
    if not user.role.allows(role):
        raise NotAllowed(role)
    return user


def current_user(request: Request) -> User:
    """The user behind a guarded endpoint."""
    return admit(request, Role.VIEWER)


def set_session(response: Response, token: str, *, secure: bool) -> None:
    """Give the browser its session."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=accounts.SESSION_DAYS * 86400,
        httponly=True,
        samesite="lax",
        secure=secure,
    )
