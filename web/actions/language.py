"""Choosing a language: kept with the account, and in a cookie for whoever has none."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from store import accounts
from web.errors import BadRequest
from web.forms import Form, own_address
from web.house import house_of
from web.language import LANGUAGE_COOKIE, Language
from web.notices import go

A_YEAR = 365 * 86400


def set_language(request: Request, form: Form) -> Response:
    """`POST /language`. Raises BadRequest for a language the console does not speak."""
    wish = form.get("language", "")
    if wish not in set(Language):
        raise BadRequest("The console does not speak this language.")
    user = request.state.user
    if user is not None and user.account_id is not None:
        with house_of(request).database.write() as connection:
            accounts.set_language(connection, user.account_id, wish)
    answer = go(own_address(form.get("next")), notice="language")
    answer.set_cookie(LANGUAGE_COOKIE, wish, max_age=A_YEAR, httponly=True, samesite="lax")
    return answer
