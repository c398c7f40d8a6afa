"""`GET /`: what needs me, what is happening, how it has been."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from web.fragments.history import HistoryView, find_history
from web.fragments.overview import OverviewView, find_overview
from web.render import render


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPageView:
    """The present and the past; a console without a past says how to begin instead."""

    now: OverviewView
    history: HistoryView | None


def overview_page(request: Request) -> Response:
    """The page."""
    now = find_overview(request)
    view = OverviewPageView(now=now, history=None if now.is_new else find_history(request))
    return render(request, "pages/overview.html", view)
