"""`GET /settings`: one's own language and password; for administrators accounts and tokens."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from store.accounts import Account, Role, accounts
from store.api_tokens import ApiToken, tokens
from store.reading_settings import MIN_PASSWORD_CHARS
from web.house import house_of
from web.render import render
from web.security import current_user


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsView:
    """The page. `made` is a secret that is shown this once: a token or a sign-in link."""

    has_account: bool
    min_password_chars: int
    accounts: tuple[Account, ...]
    tokens: tuple[ApiToken, ...]
    roles: tuple[Role, ...]
    made: str | None = None
    trouble: str | None = None


def settings_page(request: Request) -> Response:
    """The page as it opens."""
    return show_settings(request)


def show_settings(
    request: Request, *, made: str | None = None, trouble: str | None = None
) -> Response:
    """The page, with a fresh secret, or with what was wrong with a wish (then 400)."""
    user = current_user(request)
    everyone: list[Account] = []
    issued: list[ApiToken] = []
    if user.role.allows(Role.ADMIN):
        with house_of(request).database.read() as connection:
            everyone, issued = accounts(connection), tokens(connection)
    view = SettingsView(
        has_account=user.account_id is not None,
        min_password_chars=MIN_PASSWORD_CHARS,
        accounts=tuple(everyone),
        tokens=tuple(issued),
        roles=tuple(Role),
        made=made,
        trouble=trouble,
    )
    return render(request, "pages/settings.html", view, status=400 if trouble else 200)
