"""The two ways in, as pages: a password form, and a one-time link with a button.

Opening a page changes nothing: mail programs and chat tools open links by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from store.accounts import link_is_open
from store.clock import utc_now
from web.forms import own_address
from web.house import house_of
from web.render import render


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInView:
    """The form and what went wrong with the last try. `next` is where to go afterwards."""

    next: str
    name: str = ""
    wrong: bool = False
    wait_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """A one-time link: still to be used, or used up."""

    used_up: bool


def sign_in_page(request: Request) -> Response:
    """`GET /sign-in`."""
    target = own_address(request.query_params.get("next"))
    if request.state.user is not None:
        return RedirectResponse(target, status_code=303)
    return render(request, "pages/sign_in.html", SignInView(next=target))


def sign_in_link_page(request: Request) -> Response:
    """`GET /sign-in/{token}`; 410 for one that was used, is too old, is not the newest, or never
    was."""
    with house_of(request).database.read() as connection:
        is_open = link_is_open(connection, request.path_params["token"], now=utc_now())
    view = LinkView(used_up=not is_open)
    return render(request, "pages/sign_in_link.html", view, status=200 if is_open else 410)
