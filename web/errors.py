"""Every refusal and every failure as one clear answer: problem+json under /api, a page elsewhere.

The one place of `web` where any exception is caught. Who raises what stands with the raiser.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from store.accounts import AccountError
from store.bounded import SearchTooSlow
from store.clock import utc_now
from store.database import OUTAGES, UnfitValue
from web.house import house_of
from web.language import N_, catalogue, language_of
from web.phrases import said
from web.render import render
from web.security import NotSignedIn

log = logging.getLogger("web")
PROBLEM_TYPE = "application/problem+json"
CLIENT_WENT_AWAY = 499
TRIED_AGAIN_SECONDS = 10
HARDLY_OVER = timedelta(seconds=2)
# Told with every refusal of our own, so that an open page knows it from that of a proxy before a
# console that is away.
AWAY = "X-Away"
HERE = {AWAY: "no"}
DATABASE_AWAY = N_("The database cannot be reached just now.")

# What to tell a person, by status; the detail of the exception follows where it has one.
TITLES: dict[int, str] = {
    400: N_("This request cannot be understood"),
    401: N_("Sign in first"),
    403: N_("You may not do this"),
    404: N_("There is nothing here"),
    405: N_("This address does not do that"),
    409: N_("This does not fit what is there"),
    410: N_("This is gone"),
    413: N_("This is too large"),
    429: N_("Too many tries"),
    500: N_("Something broke on our side"),
    503: N_("Not available just now"),
    507: N_("There is no room left"),
}


# Where to go on to from an address that begins so.
PLACES = {
    "/jobs/": ("/jobs", N_("To the jobs")),
    "/chunks/": ("/jobs", N_("To the jobs")),
    "/failures/": ("/failures", N_("To the failures")),
    "/errands/": ("/errands", N_("To the errands")),
    "/workers/": ("/workers", N_("To the workers")),
    "/search/": ("/search", N_("To the search")),
    "/messages/": ("/search", N_("To the search")),
    "/settings/": ("/settings", N_("To the settings")),
}
NEED_A_QUERY = ("/jobs/bulk", "/search/all", "/search/export")


class NotFound(HTTPException):
    """There is no such thing (404); `detail` names it."""

    def __init__(self, detail: str) -> None:
        super().__init__(404, detail)


class BadRequest(HTTPException):
    """What was sent cannot be used (400); `detail` is a sentence for the person."""

    def __init__(self, detail: str) -> None:
        super().__init__(400, detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorView:
    """An error page."""

    status: int
    title: str
    detail: str | None
    reference: str | None  # found again in the log
    anew: str | None  # the same page without what its address asks for
    place: tuple[str, str] | None  # (address, name) of where such things are listed
    tried_again: int | None  # seconds until the page asks for itself again
    answered_at: datetime | None  # when the database that is away last answered, if it has


def problem(
    status: int,
    detail: str | None,
    *,
    headers: Mapping[str, str] | None = None,
    **extra: Any,
) -> Response:
    """An error for programs (RFC 9457); `extra` are further members."""
    members = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, **extra}
    kept = {name: value for name, value in members.items() if value is not None}
    body = json.dumps(kept, ensure_ascii=False).encode()
    told = {**HERE, **(headers or {})}
    return Response(body, status_code=status, headers=told, media_type=PROBLEM_TYPE)


def refuse(request: Request, error: Exception) -> Response:
    """Answer an HTTPException."""
    refusal = cast(HTTPException, error)
    if is_api(request):
        detail = _told(request, refusal.detail)
        return problem(refusal.status_code, detail, headers=refusal.headers)
    if isinstance(refusal, NotSignedIn):
        return to_sign_in(request)
    return error_page(request, refusal.status_code, detail=_own_words(refusal))


def is_api(request: Request) -> bool:
    """True where a program asks: at addresses made for them, and by token at any other."""
    return _is_by_token(request) or request.url.path.startswith("/api/")


def _is_by_token(request: Request) -> bool:
    return request.headers.get("authorization", "").lower().startswith("bearer ")


def _told(request: Request, sentence: str) -> str:
    """A sentence for whoever asks: our own script shows it to a person, in the person's language.

    Programs come with a token and are told the same words wherever they run.
    """
    if _is_by_token(request):
        return sentence
    return said(sentence, catalogue(language_of(request)).gettext)


def _own_words(refusal: HTTPException) -> str | None:
    # Starlette fills in the status phrase where nobody wrote a sentence.
    try:
        phrase = HTTPStatus(refusal.status_code).phrase
    except ValueError:
        return refusal.detail
    return None if refusal.detail == phrase else refusal.detail


def to_sign_in(request: Request) -> Response:
    """Ask to sign in, and remember where to; a fragment cannot, so it makes the page do it."""
    if request.url.path.startswith("/fragments/"):
        return Response(status_code=401, headers={"HX-Refresh": "true"})
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    wanted = target if request.method == "GET" and target != "/" else None
    return RedirectResponse(f"/sign-in?next={quote(wanted)}" if wanted else "/sign-in", 303)


def error_page(
    request: Request,
    status: int,
    *,
    detail: str | None = None,
    reference: str | None = None,
    is_away: bool = False,
) -> Response:
    """An error for people."""
    title = TITLES.get(status, N_("This did not work"))
    view = ErrorView(
        status=status,
        title=title,
        detail=detail,
        reference=reference,
        anew=_anew(request) if status == HTTPStatus.BAD_REQUEST else None,
        place=_place(request.url.path),
        answered_at=_answered_at(request) if is_away else None,
        tried_again=TRIED_AGAIN_SECONDS if is_away and request.method == "GET" else None,
    )
    answer = render(request, "pages/error.html", view, status=status)
    answer.headers.update(HERE)
    return answer


def _place(path: str) -> tuple[str, str] | None:
    return next((place for begin, place in PLACES.items() if path.startswith(begin)), None)


def _anew(request: Request) -> str | None:
    """Where a question says what it asks about in its address alone, there is no page without."""
    path = request.url.path
    is_page = request.method == "GET" and path not in NEED_A_QUERY
    return path if is_page and request.url.query else None


def refuse_wish(request: Request, error: Exception) -> Response:
    """Answer a visitor's mistake whose text is a sentence for them."""
    if is_api(request):
        return problem(400, str(error))
    return error_page(request, 400, detail=str(error))


def unfit(request: Request, error: Exception) -> Response:
    """Answer a value that no database takes, such as a NUL in a name (400)."""
    log.warning("%s %s: %r", request.method, request.url.path, error)
    if is_api(request):
        return problem(400, "There is a value in this request that cannot be used.")
    return error_page(request, 400)


def too_slow(request: Request, error: Exception) -> Response:
    """Answer a search that was stopped because it took too long (503)."""
    if is_api(request):
        return problem(503, str(error), headers={"Retry-After": "10"})
    return error_page(request, 503, detail=str(error))


def away(request: Request, error: Exception) -> Response:
    """Answer that the database cannot be asked just now (503); the server logs why.

    A page asks again by itself; a page that is open already learns from the header what is away.
    """
    log.error("%s %s: %r", request.method, request.url.path, error)
    headers = {"Retry-After": str(TRIED_AGAIN_SECONDS)}
    if is_api(request):
        last = _answered_at(request)
        told = {"answered_at": last.isoformat() if last else None}
        return problem(503, DATABASE_AWAY, headers=headers, **told)
    answer = error_page(request, 503, detail=DATABASE_AWAY, is_away=True)
    answer.headers.update(headers | {AWAY: "database"})
    return answer


def _answered_at(request: Request) -> datetime | None:
    """When the database last answered; None where that is unknown, or hardly over.

    One that takes no writing answers whoever reads: "a moment ago" would say nothing of it.
    """
    last = house_of(request).database.answered_at
    return last if last and utc_now() - last >= HARDLY_OVER else None


def fail(request: Request, error: Exception) -> Response:
    """Answer our own bug: say so, and where to look; the server logs the traceback."""
    if isinstance(error, OUTAGES):  # met before any route, by whoever asked who it is
        return away(request, error)
    reference = secrets.token_hex(4)
    log.error("reference %s: %s %s: %r", reference, request.method, request.url.path, error)
    if is_api(request):
        return problem(500, "Something broke on our side.", reference=reference)
    return error_page(request, 500, reference=reference)


def went_away(_request: Request, _error: Exception) -> Response:
    """The client left in the middle; nobody reads this answer."""
    return Response(status_code=CLIENT_WENT_AWAY)


exception_handlers: dict[Any, Callable[[Request, Exception], Response]] = {
    HTTPException: refuse,
    AccountError: refuse_wish,
    SearchTooSlow: too_slow,
    UnfitValue: unfit,
    ClientDisconnect: went_away,
    **dict.fromkeys(OUTAGES, away),
    Exception: fail,
}
