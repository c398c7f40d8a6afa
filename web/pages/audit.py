"""`GET /audit`: who did what to what, newest first."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from store.audit import AuditEntry, entries
from web.asked import address, whole
from web.house import house_of
from web.render import render

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditView:
    """A page of the log and what it is filtered by."""

    entries: tuple[AuditEntry, ...]
    subject: str | None
    actor: str | None
    action: str | None
    first: str | None
    next: str | None


def audit_page(request: Request) -> Response:
    """The log. Raises BadRequest for a damaged link."""
    wanted = {
        name: request.query_params.get(name, "").strip()[:200] or None
        for name in ("subject", "actor", "action")
    }
    before = whole(request, "before")
    with house_of(request).database.read() as connection:
        found = entries(connection, **wanted, before=before, limit=PAGE + 1)
    shown = tuple(found[:PAGE])
    further = shown[-1].id if len(found) > PAGE else None
    view = AuditView(
        entries=shown,
        **wanted,
        first=address("/audit", **wanted) if before else None,
        next=address("/audit", **wanted, before=further) if further else None,
    )
    return render(request, "pages/audit.html", view)
