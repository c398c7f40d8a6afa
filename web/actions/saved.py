"""Searches, and views of lists, that somebody keeps under a name."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from store.clock import utc_now
from store.results import QueryError
from store.saved import (
    SEARCH,
    SavedSearchError,
    forget_search,
    rename_search,
    save_search,
    save_view,
)
from web.arranged import THREAD, order_from
from web.errors import BadRequest
from web.forms import Form
from web.house import house_of
from web.kept import address_of
from web.notices import go
from web.security import current_user

LISTS = ("jobs", "audit", "errands")


def save(request: Request, form: Form) -> Response:
    """`POST /searches`. Raises BadRequest for a name or query that cannot be kept."""
    query, order = form.get("q", ""), order_from(form.get("order", ""))
    try:
        with house_of(request).database.write() as connection:
            kept = save_search(
                connection,
                owner=current_user(request).actor,
                name=form.get("name", ""),
                query=query,
                order=order,
                by_thread=form.get("group") == THREAD,
                now=utc_now(),
            )
    except (SavedSearchError, QueryError) as error:
        raise BadRequest(str(error)) from None
    return go(address_of(kept), notice="saved")


def keep(request: Request, form: Form) -> Response:
    """`POST /views`: the list on a page as its address shows it. Raises BadRequest for a page
    without a list, and for a name that cannot be kept."""
    page = form.get("page", "")
    if page not in LISTS:
        raise BadRequest("This page has no views to keep.")
    try:
        with house_of(request).database.write() as connection:
            kept = save_view(
                connection,
                owner=current_user(request).actor,
                page=page,
                name=form.get("name", ""),
                query=form.get("query", ""),
                now=utc_now(),
            )
    except SavedSearchError as error:
        raise BadRequest(str(error)) from None
    return go(address_of(kept), notice="saved-view")


def rename(request: Request, form: Form) -> Response:
    """`POST /searches/{id}/rename`: a search or a view. Raises BadRequest for a name that cannot
    be kept, and for one that is gone or somebody else's."""
    try:
        with house_of(request).database.write() as connection:
            renamed = rename_search(
                connection,
                owner=current_user(request).actor,
                search_id=request.path_params["id"],
                name=form.get("name", ""),
            )
    except SavedSearchError as error:
        raise BadRequest(str(error)) from None
    if renamed is None:
        raise BadRequest("What was saved so is not there any more.")
    return go(address_of(renamed), notice="renamed")


def forget(request: Request) -> Response:
    """`POST /searches/{id}/forget`: a search or a view; the list it was of is shown in whole."""
    with house_of(request).database.write() as connection:
        page = forget_search(
            connection, owner=current_user(request).actor, search_id=request.path_params["id"]
        )
    if page in LISTS:
        return go(f"/{page}", notice="forgotten-view")
    return go(f"/{SEARCH}", notice="forgotten")
