"""Signing in and out. Wrong tries are slowed down by name and by address; see `web.throttle`."""

from __future__ import annotations

import logging

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from store import accounts, audit
from store.accounts import Account
from store.clock import utc_now
from web.forms import Form, own_address
from web.house import house_of
from web.notices import go
from web.pages.sign_in import LinkView, SignInView
from web.render import render
from web.security import SESSION_COOKIE, set_session
from web.throttle import Throttle

log = logging.getLogger("web")
WINDOW_SECONDS = 15 * 60
by_name = Throttle(failures=5, window_seconds=WINDOW_SECONDS)
# Several people may share an address behind a proxy.
by_address = Throttle(failures=30, window_seconds=WINDOW_SECONDS)


def sign_in(request: Request, form: Form) -> Response:
    """`POST /sign-in`."""
    name, target = form.get("name", "").strip(), own_address(form.get("next"))
    wait = max(by_name.wait_seconds(name), by_address.wait_seconds(_address(request)))
    if wait:
        view = SignInView(next=target, name=name, wait_seconds=wait)
        headers = {"Retry-After": str(int(wait) + 1)}
        return render(request, "pages/sign_in.html", view, status=429, headers=headers)
    with house_of(request).database.read() as connection:
        account = accounts.check_password(connection, name=name, password=form.get("password", ""))
    if account is None:
        return _refused(request, SignInView(next=target, name=name, wrong=True))
    by_name.forget(name)
    return _let_in(request, account, target=target, way="password")


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _refused(request: Request, view: SignInView) -> Response:
    log.warning("wrong password for %r from %s", view.name, _address(request))
    by_name.note_failure(view.name)
    by_address.note_failure(_address(request))
    return render(request, "pages/sign_in.html", view, status=401)


def _let_in(request: Request, account: Account, *, target: str, way: str) -> Response:
    now = utc_now()
    actor = f"account:{account.name}"
    with house_of(request).database.write() as connection:
        token = accounts.open_session(connection, account.id, now=now)
        audit.record(
            connection,
            actor=actor,
            action="account.sign_in",
            subject=actor,
            now=now,
            detail={"way": way},
        )
    answer = RedirectResponse(target, status_code=303)
    set_session(answer, token, secure=request.url.scheme == "https")
    return answer


def sign_in_by_link(request: Request) -> Response:
    """`POST /sign-in/{token}`."""
    with house_of(request).database.write() as connection:
        account = accounts.use_link(connection, request.path_params["token"], now=utc_now())
    if account is None or account.disabled:
        return render(request, "pages/sign_in_link.html", LinkView(used_up=True), status=410)
    return _let_in(request, account, target="/", way="link")


def sign_out(request: Request) -> Response:
    """`POST /sign-out`."""
    token = request.cookies.get(SESSION_COOKIE)
    if token is not None:
        with house_of(request).database.write() as connection:
            accounts.end_session(connection, token, now=utc_now())
    answer = go("/sign-in", notice="signed-out")
    answer.delete_cookie(SESSION_COOKIE)
    return answer
