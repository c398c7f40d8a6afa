"""`GET /search`: all mail, by words and conditions, and the searches that were kept."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from store.own_labels import known_own_labels
from store.saved import SEARCH
from web.arranged import search_address
from web.fragments.results import ResultsView, find_results
from web.house import house_of
from web.kept import KeptViews, kept_views
from web.render import render


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchView:
    """The field, what it finds, and the reader's own searches."""

    results: ResultsView
    kept: KeptViews
    labels: tuple[str, ...]  # that people have put on, to choose from


def search_page(request: Request) -> Response:
    """The page. Raises BadRequest for a cursor that is not ours."""
    results = find_results(request)
    here = search_address(results.query, results.arranged)
    with house_of(request).database.read() as connection:
        labels = known_own_labels(connection)
    view = SearchView(results=results, kept=kept_views(request, SEARCH, here), labels=labels)
    return render(request, "pages/search.html", view)
