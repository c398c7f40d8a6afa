"""Scripts and styles under addresses that change with their content, so browsers keep them.

`/static/app.1a2b3c4d.css` is `static/app.css`; the plain name works too, but is asked for again.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC_DIR = Path(__file__).parents[1] / "static"
HASHED = re.compile(r"^(?P<stem>.+)\.(?P<digest>[0-9a-f]{12})(?P<suffix>\.[a-z0-9]+)$")
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"


@cache
def digest_of(name: str) -> str:
    """The first 12 hex digits of a static file's SHA-256. Raises FileNotFoundError."""
    return hashlib.sha256((STATIC_DIR / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """The lasting address of a static file. Raises FileNotFoundError."""
    path = Path(name)
    return f"/static/{path.with_suffix('')}.{digest_of(name)}{path.suffix}"


class HashedFiles(StaticFiles):
    """Serves the files of `static/` under plain and hashed names."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, to be kept for ever when it was asked for by its true hash."""
        named = HASHED.match(path)
        plain = f"{named['stem']}{named['suffix']}" if named else path
        response = await super().get_response(plain, scope)
        kept = named is not None and _is_current(plain, named["digest"])
        response.headers["Cache-Control"] = FOR_EVER if kept else ASK_AGAIN
        return response


def _is_current(name: str, digest: str) -> bool:
    return (STATIC_DIR / name).is_file() and digest_of(name) == digest


static_route = Mount("/static", HashedFiles(directory=STATIC_DIR), name="static")
