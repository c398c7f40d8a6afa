"""`GET /search`: all mail, by words and conditions, and the searches that were kept."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from store.saved import SavedSearch, saved_searches
from web.fragments.results import ResultsView, find_results
from web.house import house_of
from web.render import render
from web.security import current_user


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchView:
    """The field, what it finds, and the reader's own searches."""

    results: ResultsView
    saved: tuple[SavedSearch, ...]


def search_page(request: Request) -> Response:
    """The page. Raises BadRequest for a cursor that is not ours."""
    with house_of(request).database.read() as connection:
        saved = saved_searches(connection, owner=current_user(request).actor)
    view = SearchView(results=find_results(request), saved=saved)
    return render(request, "pages/search.html", view)
