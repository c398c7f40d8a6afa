"""One view object in, one page out: Jinja, escaped, strict, in the reader's language.

Handlers fetch and call `render`; which words and numbers look how is decided in `web.shown`,
and what a page says in its template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.requests import Request
from starlette.responses import HTMLResponse

from store.accounts import Role
from store.clock import utc_now
from web import shown, words
from web.assets import asset
from web.language import Language, catalogue, language_of
from web.notices import NOTICE_COOKIE, Notice, notice_of
from web.passed_over import passed_over
from web.phrases import said
from web.security import User
from web.shown import pieces

TEMPLATES_DIR = Path(__file__).parents[1] / "templates"
ZONE_COOKIE = "zone"
# Filters that show a time in the reader's zone.
DATED = ("moment", "minute", "zoned_minute", "day", "clock", "month_day", "hour", "zone_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """What every template may use besides its own view: who reads, how, and where."""

    user: User | None
    language: Language
    zone: tzinfo
    now: datetime
    path: str
    query: str
    notice: Notice | None
    passed_over: tuple[str, ...]  # words of the address that the page does not know

    def allows(self, role: str) -> bool:
        """True when the reader may do what needs that role."""
        return self.user is not None and self.user.role.allows(Role(role))


def zone_of(request: Request) -> tzinfo:
    """The reader's zone, UTC until it is known."""
    return shown.zone_named(request.cookies.get(ZONE_COOKIE))


def shell_of(request: Request, *, tells: bool = False) -> Shell:
    """The frame around the answer to a request; `tells` what of its address was passed over."""
    return Shell(
        user=getattr(request.state, "user", None),
        language=language_of(request),
        zone=zone_of(request),
        now=utc_now(),
        path=request.url.path,
        query=request.query_params.get("q", "") if request.url.path == "/search" else "",
        notice=notice_of(request),
        passed_over=passed_over(request) if tells else (),
    )


def render(
    request: Request,
    template: str,
    view: object,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Fill a template with a view. Raises jinja2.UndefinedError for a name the view lacks."""
    # A fragment has no place for it, and a refusal has read only as far as what it refuses.
    shell = shell_of(request, tells=template.startswith("pages/") and status < 400)
    text = environment(shell.language).get_template(template).render(view=view, shell=shell)
    answer = HTMLResponse(text, status_code=status, headers=headers)
    answer.headers["Content-Language"] = shell.language
    answer.headers["Vary"] = "Cookie, Accept-Language"
    if shell.notice is not None and template.startswith("pages/"):
        answer.delete_cookie(NOTICE_COOKIE)
    return answer


@cache
def environment(language: Language) -> Environment:
    """The templates as they read in a language."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES_DIR),
        undefined=StrictUndefined,
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    env.filters.update(_filters(language))
    env.tests["posing_as_other_than"] = shown.poses_as_other
    env.globals.update(asset=asset, words=words, pieces=pieces)
    return env


def _filters(language: Language) -> dict[str, Callable[..., Any]]:
    plain: dict[str, Callable[..., Any]] = {
        "plain": shown.plain,
        "shortened": shown.shortened,
        "utc": shown.utc,
    }
    for name in ("number", "percent", "size", "rate", "duration"):
        plain[name] = partial(_in_language, getattr(shown, name), language)
    for name in DATED:
        plain[name] = _zoned(getattr(shown, name))
    plain["ago"] = _ago
    plain["said"] = partial(_said, language)
    return plain


def _in_language(write: Callable[..., str], language: Language, value: Any) -> str:
    return write(value, language)


def _zoned(write: Callable[..., str]) -> Callable[[Context, datetime | None], str]:
    @pass_context
    def zoned(context: Context, value: datetime | None) -> str:
        shell: Shell = context["shell"]
        return write(value, shell.language, zone=shell.zone)

    return zoned


@pass_context
def _ago(context: Context, value: datetime | None) -> str:
    shell: Shell = context["shell"]
    return shown.ago(value, shell.language, now=shell.now)


def _said(language: Language, message: str) -> str:
    """A text that was marked with N_ in code, or said by another room, in the reader's language."""
    return said(message, catalogue(language).gettext)
