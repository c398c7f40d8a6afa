"""Which language a visitor reads, and the catalogue for it.

Catalogues are compiled from their `.po` text when first used, so what is shown can never be
older than what is written. Formatting of numbers and times is in `web.shown`.
"""

from __future__ import annotations

import gettext
from enum import StrEnum
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import Request

LOCALE_DIR = Path(__file__).parent / "locale"
LANGUAGE_COOKIE = "language"


class Language(StrEnum):
    """A language the console speaks; the value is its ISO 639-1 code."""

    ENGLISH = "en"
    KOREAN = "ko"


def N_(message: str) -> str:  # noqa: N802 - the name translators' tools look for
    """Mark a text for the catalogue where it stands; it is translated where it is shown."""
    return message


@cache
def catalogue(language: Language) -> gettext.NullTranslations:
    """The translations of a language; English is the language the texts are written in."""
    source = LOCALE_DIR / language / "LC_MESSAGES" / "messages.po"
    if not source.is_file():
        return gettext.NullTranslations()
    compiled = BytesIO()
    with source.open("rb") as text:
        write_mo(compiled, read_po(text, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def language_of(request: Request) -> Language:
    """What the account says, else the cookie, else the browser, else English."""
    user = getattr(request.state, "user", None)
    for wish in (user.language if user else None, request.cookies.get(LANGUAGE_COOKIE)):
        if wish in set(Language):
            return Language(wish)
    return _preferred(request.headers.get("accept-language", ""))


def _preferred(accepted: str) -> Language:
    """The best of an Accept-Language header (RFC 9110, 12.5.4)."""
    wishes = sorted(map(_weighed, accepted.split(",")), key=lambda wish: -wish[1])
    for code, weight in wishes:
        if weight > 0 and code in set(Language):
            return Language(code)
    return Language.ENGLISH


def _weighed(item: str) -> tuple[str, float]:
    tag, _, parameter = item.partition(";")
    code = tag.strip().lower().partition("-")[0]
    name, _, value = parameter.partition("=")
    try:
        weight = float(value) if name.strip() == "q" else 1.0
    except ValueError:
        weight = 0.0
    return code, weight
